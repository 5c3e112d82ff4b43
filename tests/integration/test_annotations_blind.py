"""Whoever has yet to judge a story blind learns nothing of what others said of it, by no address of the site."""

import re
from collections.abc import Iterator
from datetime import timedelta
from difflib import ndiff
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.actions import (
    add_items,
    add_member,
    claim,
    recuse,
    remove_member,
    submit,
)
from annotations.models import Assignment, Decision, Item, Queue, Review
from annotations.models.decision import Outcome
from annotations.queries.blindness import involvement_of
from annotations.queries.kept_back import entries_kept_from
from annotations.queries.rewrites import rewrite_requests_for
from annotations.schema import parse_submission
from annotations.visibility import may_be_given, must_judge_blind
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.actions import record
from curation.audit.kinds import KINDS
from curation.audit.models import Entry
from curation.pages.ordering import ORDERS
from curation.standards.models import Flag
from curation.stories.models import Stage, Story
from curation.stories.stages import State
from tests.builders import (
    CONDUCT,
    accepted_stories,
    add_story,
    adjudicated_story,
    answers,
    built_release,
    dataset,
    disputed_story,
    passage_of,
    person,
    queue_of,
    review_by,
    scored_stories,
)
from tests.integration.test_who_may import address_of, routes, row_of, rows, workspace

# Times, tokens, and counts that are sums over the many stories of a queue, of a person or of a day.
SUMS = [
    (r'name="csrfmiddlewaretoken" value="[^"]*"', "TOKEN"),
    (r'X-CSRFToken[^}]*\}', "TOKEN"),
    (r'nonce="[^"]*"', "NONCE"),
    (r"\d{1,2}(:\d{2}){1,2}(\.\d+)?( ?[ap]\.?m\.?)?|noon|midnight", "TIME"),
    (r'<time datetime="[^"]*">[^<]*</time>', "TIME"),
    (r'value="\d+"(\s+aria-label="Reviews done")', r"SUM\1"),
    (r'name="idempotency_key" value="[^"]*"', "KEY"),
    (r"(\d+|an?) (second|minute|hour)s?(, \d+ \w+)? (ago|from now)|now(?=<)", "TIME"),
    (r"\d+ of \d+ stor(y is|ies are) done, \d+ (is|are) left", "SUM"),
    (r'<span class="meta">\d+ reviews?</span>', "SUM"),
    (r"\d+ of \d+ reviews? (is|are) in,\s+\d+ (story is|stories are) being read now", "SUM"),
]  # fmt: skip


def plain(answer: Any) -> str:
    """Return an answer's code and text without what differs from one moment to the next."""
    body = b"".join(answer) if answer.streaming else answer.content
    if body[:2] == b"PK":
        return f"{answer.status_code} a zip"
    text = re.sub(r"\s+", " ", body.decode(errors="replace"))
    for pattern, instead in SUMS:
        text = re.sub(pattern, instead, text)
    return f"{answer.status_code} {answer.headers.get('Location', '')}\n" + text.replace("> <", ">\n<")


def get(client: Client, address: str) -> str:
    """Get an address, and leave everything as it was."""
    with transaction.atomic():
        said = plain(client.get(address))
        transaction.set_rollback(True)
    return said


def post(client: Client, address: str, data: dict[str, str]) -> str:
    """Ask an address that answers a POST with figures, and leave everything as it was."""
    with transaction.atomic():
        said = plain(client.post(address, data))
        transaction.set_rollback(True)
    return said


def asked_by_post(kept: dict[Any, Any]) -> list[tuple[str, dict[str, str]]]:
    """Return what answers a POST with figures of stories, by several selections."""
    new = reverse("release_new", args=[kept["org"], kept["name"]])
    selections: list[dict[str, str]] = [{}, {"rewrites": "on"}, {"tiers": "gold"}, {"one_per_cluster": "on"}]
    return [
        (place, {"selection": "1", "preview": "1", **selection})
        for place in (f"{new}preview/", f"{new}?all")
        for selection in selections
    ]


def filters(flags: list[str]) -> Iterator[str]:
    """Yield the addresses that ask for an order, a filter or a count."""
    for flag in flags:
        yield f"/stories/?flag=raised:{flag}"
    for state in State.values:
        yield f"/stories/?state={state}"
    for order in ORDERS:
        yield f"/stories/?sort={order}"
    for kind in ("", *KINDS):
        yield f"/activity/?kind={kind}"
    for state in ("ready", "queued"):
        yield f"/queues/new/preview/?state={state}&order=high&limit=1"
    yield "/work/?flagged=on"
    yield "/admin/annotations/assignment/?state__exact=submitted"
    yield "/admin/annotations/decision/?outcome__exact=adjudicate"
    for row in ("item", "review", "assignment", "decision"):
        yield f"/admin/annotations/{row}/?story__exact=1"
        yield f"/admin/annotations/{row}/?o=-2"
    yield "/admin/annotations/item/?priority__gte=1"
    yield "/admin/annotations/review/?out_of_scope__exact=0"
    yield "/admin/stories/story/?stage__state=adjudication"
    yield "/admin/stories/story/?reviews__isnull=False"


def walked(kept: dict[Any, Any], stories: list[Story], queues: list[Queue], flags: list[str]) -> list[str]:
    """Return every address to walk: those about the workspace, and those about these stories and their rows."""
    table = rows()
    opens = {row for row, (get, _post, _strangers) in table.items() if {*get} & {"200", "200/302"} or "302" in get}
    found = {address_of(pattern, kept) for route, pattern in routes() if row_of(route, table) in opens}
    for story in stories:
        found |= {f"/stories/{story.pk}/", f"/adjudication/{story.pk}/"}
        for model in admin.site._registry:
            names = {field.name for field in model._meta.get_fields()}
            if "story" in names:
                about = model._default_manager.filter(story=story.pk)
                place = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
                found |= {f"{place}/{row.pk}/{page}" for row in about for page in ("change/", "history/")}
    for queue in queues:
        found |= {f"/queues/{queue.slug}/", f"/queues/{queue.slug}/add/"}
    newest = Entry.objects.order_by("-pk").values_list("pk", flat=True)[:10]
    found |= {f"/admin/audit/entry/{pk}/change/" for pk in newest}
    return sorted((found | set(filters(flags))) - {"/accounts/logout/", "/admin/logout/"})


def commit(reviewer: User, assignment: Assignment, data: dict[str, Any]) -> Review:
    """Submit a review of the story of an assignment."""
    submission = parse_submission(data, assignment.rubric)
    return submit(reviewer=reviewer, assignment=assignment, submission=submission, idempotency_key=uuid4())


@pytest.mark.long
@pytest.mark.django_db
def test_no_address_tells_of_a_colleagues_commit(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One story is still to be decided; the other is decided by the commit, while an audit of it goes on."""
    settings.HOME = tmp_path
    # What waits longer for a worker than a moment is said on pages, and this test takes longer than that.
    monkeypatch.setattr("curation.core.leases.waiting.SOON", timedelta(days=1))
    for room in ("overview.under_way", "pages.views.scoring"):
        monkeypatch.setattr(f"curation.{room}.stalled", lambda: False)
    _people, kept = workspace(tmp_path)
    one, two = person(), person()
    looking = {
        "curator who reads": person(Role.CURATOR),
        "admin who reads": User.objects.create_superuser("reads", password="a-long-password", is_staff=True),
        "admin who may claim": User.objects.create_superuser("may-claim", password="a-long-password", is_staff=True),
    }
    undecided, torn, *rest = scored_stories(5)
    shared = queue_of(one, *looking.values(), stories=[undecided, *rest], overlap=5)
    normal = queue_of(one, two, stories=[torn, *rest])
    audit = queue_of(*looking.values(), overlap=5)
    add_items(actor=SYSTEM, queue=audit, stories=[torn], kind="audit")
    add_items(actor=SYSTEM, queue=audit, stories=[add_story()], kind="audit")
    for name, user in looking.items():
        if name.endswith("reads"):
            held = [claim(reviewer=user, queue=queue) for queue in (shared, audit)]
            assert [assignment.story for assignment in held if assignment] == [undecided, torn]
    first, second = claim(reviewer=one, queue=shared), claim(reviewer=one, queue=normal)
    review_by(two, normal)
    assert first is not None
    assert second is not None
    assert (first.story, second.story) == (undecided, torn)
    flags = ["backfire", "villain_trope"]
    assert Flag.objects.filter(key__in=flags).count() == len(flags)
    raised = answers(1, flags={"backfire": passage_of(undecided.text, "The tug") | CONDUCT}, comment="It deceives.")
    clients = {name: Client(raise_request_exception=False) for name in looking}
    for name, client in clients.items():
        client.force_login(looking[name])

    def look() -> dict[tuple[str, str], str]:
        asked = {
            (name, f"POST {address} {data}"): post(client, address, data)
            for name, client in clients.items()
            if name != "admin who may claim"
            for address, data in asked_by_post(kept)
        }
        return asked | {
            (name, address): get(client, address)
            for name, client in clients.items()
            for address in addresses
            if name != "curator who reads" or not address.startswith("/admin/")
            # What else an admin is shown does not differ between the two.
            if name != "admin who reads" or address.startswith(("/admin/", "/stories/"))
        }

    # First as it is afterwards, so that the addresses of the rows that the commit makes are known.
    with transaction.atomic():
        commit(one, first, raised)
        commit(one, second, {**raised, "spans": [{**raised["spans"][0], **passage_of(torn.text, "The tug")}]})
        assert Decision.objects.get(story=torn).outcome == Outcome.ADJUDICATE
        # Within one transaction all is done at one time; a colleague's commit comes later than what was before it.
        Stage.objects.filter(story=torn).update(changed_at=timezone.now() + timedelta(minutes=1))
        addresses = walked(kept, [undecided, torn], [shared, normal, audit], flags)
        after = look()
        transaction.set_rollback(True)
    before = look()
    told = {}
    for key, said in before.items():
        if said != after[key]:
            lines = ndiff(said.splitlines(), after[key].splitlines())
            told[key] = [line[:300] for line in lines if line[:1] in "+-"][:8]
    assert told == {}, "\n".join(f"{name}: {address}: {lines}" for (name, address), lines in told.items())


@pytest.mark.django_db
def test_a_curator_in_the_queue_is_told_kindly_and_sees_all_once_out_of_it() -> None:
    curator, one, two = person(Role.CURATOR), person(), person()
    story = add_story()
    queue = queue_of(one, two, stories=[story])
    review_by(one, queue, answers(flags={"backfire": passage_of(story.text, "The tug") | CONDUCT}))
    review_by(two, queue)
    audit = queue_of(curator)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind="audit")
    client = Client()
    client.force_login(curator)
    listed = f'/adjudication/{story.pk}/"'
    assert "You may still be given this story" in client.get(f"/stories/{story.pk}/").content.decode()
    assert "In review" in client.get(f"/stories/{story.pk}/").content.decode()
    refused = client.get(reverse("adjudicate", args=[story.pk]))
    assert (refused.status_code, "leave that queue" in refused.content.decode()) == (403, True)
    assert client.post(reverse("adjudicate", args=[story.pk]), {"outcome": "accept", "note": "x"}).status_code == 403
    assert listed not in client.get("/adjudication/").content.decode()
    remove_member(actor=SYSTEM, queue=audit, user=curator)
    assert "Reader 2" in client.get(f"/stories/{story.pk}/").content.decode()
    assert client.get(reverse("adjudicate", args=[story.pk])).status_code == 200
    assert listed in client.get("/adjudication/").content.decode()
    add_member(actor=SYSTEM, queue=audit, user=curator)
    assert claim(reviewer=curator, queue=audit) is None, "has seen what others said"
    assert listed in client.get("/adjudication/").content.decode()
    assert Stage.objects.get(story=story).state == State.ADJUDICATION


@pytest.mark.django_db
def test_what_others_did_with_a_story_or_its_rows_is_kept_from_who_may_be_given_it() -> None:
    curator, other, story = person(Role.CURATOR), person(Role.CURATOR), disputed_story()
    audit = queue_of(curator)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind="audit")
    review, decision = Review.objects.all()[0], Decision.objects.get()
    told = [record(actor=other, verb="x", target=row) for row in (story, review.assignment, review, decision)]
    record(actor=curator, verb="x", target=story)
    record(actor=other, verb="x", target=audit)
    assert set(Entry.objects.filter(entries_kept_from(curator), verb="x")) == set(told)


@pytest.mark.django_db
def test_whoever_cannot_write_their_review_again_judges_it_blind_no_more() -> None:
    annie, story = person(), add_story()
    review_by(annie, queue_of(annie, stories=[story]))
    assert involvement_of(annie, story.pk).blind
    recuse(user=annie, story=story)
    assert not involvement_of(annie, story.pk).blind


@pytest.mark.django_db
def test_no_request_for_a_rewrite_tells_of_a_story_that_its_reader_may_be_given() -> None:
    curator, story = person(Role.CURATOR), adjudicated_story(person(Role.CURATOR), "rewrite")
    assert [one.story for one in rewrite_requests_for(curator)] == [story]
    add_items(actor=SYSTEM, queue=queue_of(curator), stories=[story], kind="audit")
    assert not rewrite_requests_for(curator).exists()


@pytest.mark.django_db
def test_a_release_to_come_names_no_story_that_its_reader_has_yet_to_judge(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"
    curator, made = person(Role.CURATOR), dataset()
    accepted_stories(1)
    built_release(made)
    (story,) = accepted_stories(1, title="The harbour at dusk")
    client = Client()
    client.force_login(curator)
    address = reverse("release_new", args=[made.org, made.name])
    assert "The harbour at dusk" in client.get(address).content.decode()
    add_items(actor=SYSTEM, queue=queue_of(curator), stories=[story], kind="audit")
    assert "The harbour at dusk" not in client.get(address).content.decode()


@pytest.mark.django_db
def test_the_back_office_neither_shows_nor_searches_a_priority() -> None:
    root = User.objects.create_superuser("root", password="a-long-password", is_staff=True)
    queue = queue_of(person(), stories=[story := add_story()])
    item = Item.objects.get(queue=queue, story=story)
    Item.objects.filter(pk=item.pk).update(priority=318)
    client = Client()
    client.force_login(root)
    page = client.get(reverse("admin:annotations_item_change", args=[item.pk])).content.decode()
    assert "318" not in page
    assert "riority" not in page
    for asked in ("priority=318", "priority__gte=300", "story__stage__state=queued"):
        assert client.get(reverse("admin:annotations_item_changelist") + "?" + asked).status_code == 400
    assert client.get(reverse("admin:annotations_item_changelist") + f"?queue__id__exact={queue.pk}").status_code == 200


def test_the_rule_of_blindness_as_a_whole_table() -> None:
    both = (False, True)
    given = [row for row in product(both, repeat=4) if may_be_given(**dict(zip(
        ("member", "seat_free", "recused", "had"), row, strict=True)))]  # fmt: skip
    assert given == [(True, True, False, False)]
    names = ("reading", "given", "committed", "decided", "recused")
    free = [row for row in product(both, repeat=5) if not must_judge_blind(**dict(zip(names, row, strict=True)))]
    assert all(not reading and not given for reading, given, *_rest in free)
    assert [(c, d, r) for _reading, _given, c, d, r in free] == [
        (False, False, False), (False, False, True), (False, True, False), (False, True, True),
        (True, False, True), (True, True, False), (True, True, True),
    ]  # fmt: skip
