"""Whoever has learned what others or models said of a story is not given it as a blind review, by any address."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.safestring import SafeString

from annotations.actions import add_items, add_member, claim, give_consent, pass_on, recuse, recuse_from, remove_member
from annotations.material import consent_version
from annotations.models import Decision, Item, Queue, Recusal, Review, Saw
from annotations.models.decision import Outcome
from annotations.permissions import can_adjudicate
from annotations.queries.blindness import withheld
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core.errors import Conflict
from curation.releases.actions import build, note_samples, start_release
from curation.releases.card import row_in
from curation.releases.queries.fields import ConfigFields, FieldMeaning
from curation.releases.selecting import SelectionChoice
from curation.releases.story_ids import public_id
from curation.research.models import RowReport
from curation.research.queries.reports import reports_to_answer
from curation.standards.models import AcceptancePolicy
from curation.stories.models import Story
from curation.triage.actions import fill_due, fill_queue
from tests.builders import (
    CONDUCT,
    accepted_stories,
    add_story,
    answers,
    built_release,
    dataset,
    disputed_story,
    passage_of,
    person,
    queue_of,
    reported,
    review_by,
    scored_stories,
    selection_of,
    source,
)

pytestmark = pytest.mark.django_db


def admin() -> User:
    name = f"admin-{User.objects.count()}"
    user = User.objects.create_superuser(name, password="a-long-password", is_staff=True)
    give_consent(user=user, version=consent_version(), publish=True)
    return user


def at(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def given(user: User, story: Story) -> bool:
    """Whether a queue made now, which audits the story, gives it to this person."""
    audit = queue_of(user)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind="audit")
    return claim(reviewer=user, queue=audit) is not None


def disputed() -> Story:
    """Return a story of which one of two readers raised a flag, and on which another passed."""
    one, two, three = person(), person(), person()
    queue = queue_of(one, two, three, stories=[story := add_story()])
    assignment = claim(reviewer=three, queue=queue)
    assert assignment is not None
    pass_on(reviewer=three, assignment=assignment, reason="Too near to me.")
    review_by(one, queue, answers(flags={"backfire": passage_of(story.text, "The tug") | CONDUCT}))
    review_by(two, queue)
    assert Decision.objects.get(story=story).outcome == Outcome.ADJUDICATE
    return story


def addresses_of(story: Story) -> list[str]:
    """Return the addresses that tell what others said of a disputed story."""
    review, decision = Review.objects.filter(story=story)[0], Decision.objects.get(story=story)
    passed = Entry.objects.get(verb="assignment.passed")
    assignment = passed.target_id
    return [
        f"/stories/{story.pk}/",
        f"/adjudication/{story.pk}/",
        "/adjudication/",
        "/stories/?flag=raised:backfire",
        reverse("queue_detail", args=[Queue.objects.order_by("id")[0].slug]),
        f"/admin/annotations/review/{review.pk}/change/",
        "/admin/annotations/review/",
        f"/admin/annotations/decision/{decision.pk}/change/",
        "/admin/annotations/decision/?outcome__exact=adjudicate",
        f"/admin/annotations/assignment/{assignment}/change/",
        f"/admin/audit/entry/{passed.pk}/change/",
    ]


def test_every_door_to_what_others_said_closes_the_blind_review() -> None:
    story = disputed()
    addresses = addresses_of(story)
    for address in addresses:
        looks = admin()
        client = at(looks)
        asked = client.get(address, headers={"Sec-Fetch-Site": "cross-site"})
        assert b"Do you want to go on?" in asked.content, address
        assert not Recusal.objects.filter(user=looks).exists(), address
        assert client.get(address).status_code == 200
        assert Recusal.objects.get(user=looks, story=story).saw == Saw.REVIEWS, address
        assert client.get(address).status_code == 200
        assert Recusal.objects.filter(user=looks).count() == 1
        assert can_adjudicate(actor=looks, story=story), "adjudicating is done in sight of the reviews"
    assert not given(looks, story)
    audit = Queue.objects.latest("id")
    page = at(looks).get(f"/review/{audit.slug}/").content.decode()
    assert "1 story goes to other readers: you have seen what others or a model said of it" in page
    assert "1 story goes to other readers" in at(looks).get(f"/queues/{audit.slug}/").content.decode()
    assert "so you are not given this story to review" in at(looks).get(f"/stories/{story.pk}/").content.decode()


def test_a_member_is_told_how_many_stories_go_to_others_and_only_those_they_would_have_been_given() -> None:
    annie, curator = person(), person(Role.CURATOR)
    stories = [add_story() for _ in range(3)]
    queue = queue_of(annie, stories=stories)
    review_by(annie, queue)
    for one in (annie, curator):
        recuse_from(user=one, stories=[story.pk for story in stories[:2]], saw=Saw.REVIEWS)
    # The first is theirs already, and the third they can still be given; the curator is given none here.
    assert (withheld(annie, queue), withheld(curator, queue)) == (1, 0)


def test_what_tells_nothing_of_a_story_closes_nothing() -> None:
    story = disputed()
    looks = admin()
    client, item = at(looks), Item.objects.get(story=story)
    quiet = ["/", "/stories/", "/stories/?state=adjudication", "/activity/", "/queues/", "/work/"]
    quiet += [f"/admin/annotations/item/{item.pk}/change/"]
    quiet += [f"/admin/{rows}/" for rows in ("annotations/item", "annotations/assignment", "audit/entry")]
    for address in quiet:
        assert client.get(address).status_code == 200, address
    assert not Recusal.objects.exists()
    assert given(looks, story)


def test_who_is_given_the_story_may_not_look_and_who_looked_gives_the_seat_back() -> None:
    story = disputed()
    reads = admin()
    assert given(reads, story)
    for address in addresses_of(story)[:2]:
        at(reads).get(address)
    assert not Recusal.objects.exists()
    recuse_from(user=reads, stories=[story.pk], saw=Saw.REVIEWS)
    assert Item.objects.get(story=story, kind="audit").seats_left == 2
    with pytest.raises(IntegrityError, match="recusal_saw_known"):
        Recusal.objects.create(user=reads, story=story, saw="hearsay")


def test_whoever_saw_the_reviews_first_adjudicates_no_more_once_they_have_seen_scores() -> None:
    curator, story = person(Role.CURATOR), disputed_story()
    recuse_from(user=curator, stories=[story.pk], saw=Saw.REVIEWS)
    assert can_adjudicate(actor=curator, story=story)
    recuse(user=curator, story=story)
    assert not can_adjudicate(actor=curator, story=story)
    assert set(Recusal.objects.filter(user=curator).values_list("saw", flat=True)) == {Saw.REVIEWS, Saw.SCORES}


def test_whoever_fetched_the_rows_of_a_release_is_given_none_of_its_stories(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"
    stories = accepted_stories(2)
    release = built_release(dataset())
    place = [release.dataset.org, release.dataset.name, release.version]
    rows = release.files.filter(path__endswith=".parquet")[0]
    ways = [reverse("release_zip", args=place), reverse("release_file", args=[*place, rows.path])]
    audit = queue_of(*(people := [person() for _ in ways]))
    add_items(actor=SYSTEM, queue=audit, stories=stories, kind="audit")
    for address, annie in zip(ways, people, strict=True):
        client = at(annie)
        assignment = claim(reviewer=annie, queue=audit)
        assert assignment is not None
        client.get(reverse("release", args=place))
        client.get(reverse("release_file", args=[*place, "CHANGELOG.md"]))
        client.head(address)
        assert client.get(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert not Recusal.objects.filter(user=annie).exists()
        for _again in range(2):
            assert client.get(address).status_code == 200
        assert set(Recusal.objects.filter(user=annie).values_list("story", "saw")) == {
            (story.pk, "reviews") for story in stories
        }
        assignment.refresh_from_db()
        assert assignment.state == "closed"
        assert claim(reviewer=annie, queue=audit) is None
        assert Entry.objects.filter(verb="release.downloaded", actor=annie, target_id=str(release.pk)).count() == 1


def test_it_takes_a_fixed_number_of_statements_and_one_where_nothing_is_new() -> None:
    annie, stories = person(), [add_story() for _ in range(30)]
    counts = []
    for part in (stories[:1], stories[:30], stories):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            recuse_from(user=annie, stories=[story.pk for story in part], saw=Saw.REVIEWS)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[2] == 1
    assert recuse_from(user=annie, stories=[], saw=Saw.REVIEWS) == 0


def test_who_has_stories_put_in_an_order_by_scores_reviews_none_of_them() -> None:
    """Two chosen stories, one place: the queue tells which of the two stands higher, of the one left out too."""
    first, second, third = scored_stories(3)
    maker, client = (user := person(Role.CURATOR)), at(user)
    policy = AcceptancePolicy.objects.get()
    choice = {"state": "ready", "order": "high", "limit": 1, "stories": f"{first.pk},{second.pk}"}
    fields = {"name": "One", "overlap": 2, "lease_minutes": 60, "policy": policy.pk, "members": [maker.pk]}
    warned = "you will not be given any of them to review"
    assert warned in client.get(reverse("queue_preview"), choice).content.decode()
    assert warned not in client.get(reverse("queue_preview"), {**choice, "order": "import"}).content.decode()
    assert not Recusal.objects.exists(), "a preview counts, and tells no order"
    assert client.post(reverse("queue_new"), {**fields, **choice}).status_code == 302
    fill_due()
    assert set(Recusal.objects.filter(user=maker).values_list("story", "saw")) == {
        (first.pk, "order"), (second.pk, "order"),
    }  # fmt: skip
    queue = Queue.objects.get()
    assert claim(reviewer=maker, queue=queue) is None
    add_member(actor=SYSTEM, queue=queue, user=(annie := person()))
    assert claim(reviewer=annie, queue=queue) is not None
    later = queue_of(maker, stories=[first, second, third])
    assignment = claim(reviewer=maker, queue=later)
    assert assignment is not None
    assert assignment.story == third
    assert claim(reviewer=maker, queue=later, ahead_of=assignment.pk) is None
    assert can_adjudicate(actor=maker, story=first), "an order is no score"
    other = queue_of()
    with pytest.raises(Conflict, match="You are reading one of these"):
        fill_queue(actor=maker, queue=other, selection=selection_of(state="queued", order="low", limit=1))
    assert not Recusal.objects.filter(story=third).exists()
    assert fill_queue(actor=maker, queue=other, selection=selection_of(state="queued", limit=1)).total == 1


def test_the_numbers_of_items_tell_no_order_by_scores() -> None:
    plain = "The lamp went out. The tug waited. The end."
    rich = (
        "The tug weighed two ways. If it told the harbour master, the crew would lose a night; if not, she would "
        "sign for a cargo she had not seen. It was not sure. It decided to tell her, because she could not have known."
    )
    [low], [high] = scored_stories(1, text=plain), scored_stories(1, text=rich)
    queue = queue_of(annie := person())
    fill_queue(actor=person(Role.CURATOR), queue=queue, selection=selection_of(order="high"))
    fill_due()
    assert list(Item.objects.order_by("id").values_list("story", flat=True)) == [low.pk, high.pk]
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    assert assignment.story == high


def test_whoever_fetched_the_card_of_a_release_is_not_given_the_story_whose_row_it_shows(
    settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path / "home"
    stories = accepted_stories(2)
    release = built_release(dataset())
    place = [release.dataset.org, release.dataset.name]
    ways = [
        reverse("release_file", args=[*place, release.version, "README.md"]),
        reverse("api:release_file", args=[*place, release.version, "README.md"]),
        reverse("hub_file", args=[*place, "main", "README.md"]),
    ]
    audit = queue_of(*(people := [person() for _ in ways]), overlap=len(ways))
    add_items(actor=SYSTEM, queue=audit, stories=stories, kind="audit")
    for address, annie in zip(ways, people, strict=True):
        client = at(annie)
        client.head(address)
        client.get(address, headers={"Sec-Fetch-Site": "cross-site"})
        assert not Recusal.objects.filter(user=annie).exists(), address
        readme = b"".join(client.get(address)).decode()
        shown = next(story for story in stories if public_id(story.normal_sha256) == row_in(readme))
        assert list(Recusal.objects.filter(user=annie).values_list("story", "saw")) == [(shown.pk, "reviews")], address
        assert (assignment := claim(reviewer=annie, queue=audit)) is not None
        assert assignment.story != shown


def test_whoever_is_shown_rows_of_any_config_is_given_none_of_their_stories() -> None:
    annie, stories = person(), [add_story() for _ in range(3)]
    shown = [
        ConfigFields(
            name, "", {}, [FieldMeaning(column, "string", SafeString())], [[public_id(one.normal_sha256)], [None]]
        )
        for name, column, one in zip(("stories", "ratings"), ("id", "story_id"), stories[:2], strict=True)
    ]
    note_samples(user=annie, configs=shown)
    assert set(Recusal.objects.filter(user=annie).values_list("story", flat=True)) == {one.pk for one in stories[:2]}


def test_what_readers_report_of_a_story_is_kept_from_whoever_may_review_it(settings: Any, tmp_path: Path) -> None:
    """They write of its ratings; a report of one's own stays one's own."""
    settings.HOME = tmp_path / "home"
    accepted_stories(1)
    release = built_release(dataset(visibility="public"))
    place = [release.dataset.org, release.dataset.name]
    told = reported(release, text="Both readers gave it a five.")
    older = RowReport.objects.create(
        release=release, split="train", row=0, kind="rating", text="They gave it a five.",
        story_id=f"story-{(story := Story.objects.get()).pk:08d}",
    )  # fmt: skip
    looks, other = person(Role.CURATOR), person(Role.CURATOR)
    audit = queue_of(looks)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind="audit")
    lists = [reverse("research_waiting"), reverse("report_list", args=place), reverse("api:reports", args=place)]
    alone = [
        reverse(name, args=[*place, uuid]) for name in ("report", "api:report") for uuid in (told.uuid, older.uuid)
    ]
    for address in lists:
        assert b"a five" not in at(looks).get(address).content, address
        assert at(other).get(address).content.count(b"a five") == 2, address
    assert "2 open reports are about stories that you may still review" in at(looks).get(lists[1]).content.decode()
    assert not reports_to_answer(looks).exists()
    assert reports_to_answer(other).count() == 2
    for address in alone:
        assert at(looks).get(address).status_code == 403, address
        assert at(other).get(address).status_code == 200, address
    assert at(looks).post(reverse("report_answer", args=[*place, told.uuid]), {"answer": "So?"}).status_code == 403
    remove_member(actor=SYSTEM, queue=audit, user=looks)
    assert at(looks).get(lists[1]).content.count(b"a five") == 2
    reader = person()
    mine = reported(release, reader, text="I find a five too much.")
    add_member(actor=SYSTEM, queue=audit, user=reader)
    assert at(reader).get(reverse("report", args=[*place, mine.uuid])).status_code == 200


def test_a_version_names_no_story_that_it_left_out_to_whoever_may_review_it(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"
    one, two = accepted_stories(2, of=source("there"))
    accepted_stories(1, of=source("here"))
    taken = start_release(actor=SYSTEM, dataset=dataset(), version="v0.1.0", choice=SelectionChoice(sources=("here",)))
    release = build(release=taken)
    looks, other = person(Role.CURATOR), person(Role.CURATOR)
    address = reverse("api:release_left_out", args=[release.dataset.org, release.dataset.name, release.version])

    def named(user: User) -> set[str]:
        return {one["story_id"] for one in at(user).get(address).json()["results"]}

    both = {public_id(one.normal_sha256), public_id(two.normal_sha256)}
    assert named(looks) == both
    add_items(actor=SYSTEM, queue=queue_of(looks), stories=[two], kind="audit")
    assert (named(looks), named(other)) == ({public_id(one.normal_sha256)}, both)
