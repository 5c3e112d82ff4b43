"""A queue that is reviewed on a real Argilla server: stories are sent there, and what is answered becomes reviews."""

import secrets
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.actions import Hit, add_items, block_later
from annotations.models import Decision, Item, Recusal, Review
from curation.accounts.actors import SYSTEM
from curation.argilla import asking, client, pushing, shaping
from curation.argilla.actions import end_link, map_account, sync_link
from curation.argilla.carrying import claim
from curation.argilla.models import ArgillaAnswer, ArgillaPerson, ArgillaRecord, Link
from curation.core.errors import Conflict, InvalidInput
from curation.scoring.models import Score
from curation.stories.actions.tags import add_tag
from curation.stories.models import Stage
from curation.stories.models.tag import TagKind
from tests.argilla.answering import Linked
from tests.argilla.running import Argilla
from tests.builders import add_story, check, default_rubric, person, queue_of, review_by, scored_stories

pytestmark = pytest.mark.django_db
TEXT = "The tug 🚢 waited for the harbour master. Nobody came, and it went out alone."


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give work back at once where something is in the way."""
    monkeypatch.setattr(client, "TRIES", 1)


@pytest.fixture
def linked(argilla: Argilla) -> Linked:
    """A queue of two stories, linked and synced once."""
    made = Linked(argilla, queue_of(stories=[add_story(TEXT), add_story()]))
    assert made.synced().fault == ""
    return made


def states() -> list[tuple[str, str]]:
    return list(ArgillaAnswer.objects.order_by("pk").values_list("there", "state"))


def test_a_queue_becomes_a_dataset_with_the_rubric_as_questions(linked: Linked) -> None:
    rubric, link = default_rubric(), linked.link
    dataset = linked.argilla.call("GET", f"datasets/{link.dataset}")
    assert (dataset["status"], dataset["distribution"]) == ("ready", {"strategy": "overlap", "min_submitted": 2})
    questions = linked.questions()
    for criterion in rubric.criteria.all():
        one = questions[criterion.key]
        assert (one["required"], one["settings"]["type"]) == (criterion.theme_id is None, "rating")
        assert ({"value": 0} in one["settings"]["options"]) is criterion.na_allowed
        assert criterion.anchors[0] in dataset["guidelines"]
    assert {name for name, one in questions.items() if one["settings"]["type"] != "rating"} == {
        "no_ai", "themes", "flags", "passages", "comment",
    }  # fmt: skip
    records = {one["external_id"]: one for one in linked.records()}
    for item in Item.objects.select_related("story"):
        record = records[f"exempla-{item.pk}"]
        assert (record["fields"]["text"], record["metadata"]["words"]) == (item.story.text, item.story.n_words)
        assert record["suggestions"] == []
    assert linked.synced().sent == 0
    check([late := add_story()])
    add_items(actor=SYSTEM, queue=linked.queue, stories=[late])
    assert (linked.synced().sent, len(linked.records())) == (1, 3)


def asked_there(linked: Linked) -> dict[str, str | None]:
    """What the records there say is to be rated as well, by their texts."""
    return {one["fields"]["text"]: one["fields"].get("asked") for one in linked.records()}


def test_readers_there_are_told_what_the_tags_of_a_story_ask_for(argilla: Argilla) -> None:
    tagged, plain = add_story(TEXT), add_story()
    add_tag(actor=SYSTEM, story=tagged, kind=TagKind.THEME, key="boundaries")
    # What no rubric asks about, and a principle of the same name.
    add_tag(actor=SYSTEM, story=plain, kind=TagKind.THEME, key="weather")
    add_tag(actor=SYSTEM, story=plain, kind=TagKind.PRINCIPLE, key="boundaries")
    linked = Linked(argilla, queue_of(stories=[tagged, plain]))
    assert linked.synced().fault == ""
    criterion = default_rubric().criteria.get(key="C1")
    said = f"Its tags say that it shows the theme {criterion.theme.name}: rate C1 {criterion.name} as well."
    assert asked_there(linked) == {TEXT: said, plain.text: None}
    _anna, there = linked.reader()
    record = next(one for one in linked.records() if one["fields"]["text"] == TEXT)
    linked.answer(there, record["id"], linked.rated(4, C1=4))
    assert (linked.synced().found, states()) == (1, [("submitted", "review")])

    add_tag(actor=SYSTEM, story=plain, kind=TagKind.THEME, key="boundaries")
    assert linked.synced().fault == ""
    assert asked_there(linked) == {TEXT: said, plain.text: said}
    # The answer is there still, and nothing is told twice.
    assert [len(one["responses"]) for one in linked.records() if one["id"] == record["id"]] == [1]
    changed = sorted(one["updated_at"] for one in linked.records())
    linked.synced()
    assert sorted(one["updated_at"] for one in linked.records()) == changed


def test_a_dataset_of_before_takes_no_other_field_and_goes_on(
    argilla: Argilla, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = add_story(TEXT)
    add_tag(actor=SYSTEM, story=story, kind=TagKind.THEME, key="boundaries")
    linked = Linked(argilla, queue_of(stories=[story]))
    with monkeypatch.context() as before:
        # As of a rubric none of whose criteria belongs to a theme.
        for module in (asking, shaping):
            before.setattr(module, "themes_that_ask", lambda _spec: frozenset())
        assert linked.synced().fault == ""
    check([late := add_story()])
    add_tag(actor=SYSTEM, story=late, kind=TagKind.THEME, key="boundaries")
    add_items(actor=SYSTEM, queue=linked.queue, stories=[late])
    assert (linked.synced().fault, asked_there(linked)) == ("", {TEXT: None, late.text: None})


def test_a_record_that_was_deleted_there_is_not_told_again(argilla: Argilla) -> None:
    story = add_story(TEXT)
    linked = Linked(argilla, queue_of(stories=[story]))
    linked.synced()
    linked.argilla.call("DELETE", f"records/{linked.records()[0]['id']}")
    add_tag(actor=SYSTEM, story=story, kind=TagKind.THEME, key="boundaries")
    assert (linked.synced().fault, linked.records()) == ("", [])
    assert ArgillaRecord.objects.get().gone_at is not None


def test_answers_become_reviews_and_decide_with_those_from_here(linked: Linked) -> None:
    anna, there = linked.reader()
    bert, _ = linked.reader()
    record = next(one for one in linked.records() if one["fields"]["text"] == TEXT)
    start = TEXT.index("harbour")
    passage = {"label": "flag:" + hard_flag(), "start": start, "end": start + len("harbour")}
    given = linked.rated(4, comment="Calm.", flags=[hard_flag()], passages=[passage])
    theme = linked.questions()["themes"]["settings"]["options"][0]["value"]
    of_theme = default_rubric().criteria.filter(theme__key=theme)
    given |= {"themes": [theme], **{one.key: 0 if one.na_allowed else 3 for one in of_theme}}
    linked.answer(there, record["id"], given)
    assert linked.synced().found == 1
    review = Review.objects.get()
    assert (review.reviewer, review.origin, review.blind, review.kind) == (anna, "argilla", True, "commit")
    assert (review.comment, review.themes, [one.flag.key for one in review.flags.all()]) == (
        "Calm.",
        [theme],
        [hard_flag()],
    )
    assert [(one.start, one.quote) for one in review.spans.all()] == [(start, "harbour")]
    for one in of_theme:
        assert review.ratings.get(criterion=one).value == (None if one.na_allowed else 3)
    # Its words are the review's alone now.
    assert ArgillaAnswer.objects.get().values == {}
    review_by(bert, linked.queue)
    assert Decision.objects.filter(story=review.story).exists()
    assert linked.synced().found == 0


def hard_flag() -> str:
    return str(default_rubric().flags.filter(severity="hard", asks_conduct=False, safety=False)[0].key)


def test_a_change_is_a_record_of_its_own(linked: Linked) -> None:
    _anna, there = linked.reader()
    record = linked.records()[0]["id"]
    for value in (2, 5):
        linked.answer(there, record, linked.rated(value))
        assert linked.synced().found == 1
    first, second = Review.objects.order_by("pk")
    assert (hasattr(first, "withdrawal"), second.attempt, states()) == (True, 2, [("submitted", "review")] * 2)
    linked.answer(there, record, None, "discarded")
    linked.synced()
    assert not Review.objects.live_commits().exists()
    linked.answer(there, record, linked.rated(3))
    linked.synced()
    assert set(Review.objects.live_commits().get().ratings.values_list("value", flat=True)) == {3}
    assert states()[2:] == [("discarded", "kept"), ("submitted", "review")]


def test_drafts_and_discards_are_kept_with_their_state(linked: Linked) -> None:
    _anna, there = linked.reader()
    first, second = (one["id"] for one in linked.records())
    linked.answer(there, first, {"comment": "Not done."}, "draft")
    linked.answer(there, second, None, "discarded")
    linked.synced()
    assert sorted(states()) == [("discarded", "kept"), ("draft", "kept")]
    assert ArgillaAnswer.objects.get(there="draft").values["said"] == {"comment": {"value": "Not done."}}
    assert not Review.objects.exists()


def test_a_person_on_both_sides_counts_once(linked: Linked) -> None:
    anna, there = linked.reader()
    here = review_by(anna, linked.queue)
    record = ArgillaRecord.objects.get(item=here.assignment.item_id).record
    linked.answer(there, record, linked.rated())
    linked.synced()
    assert (Review.objects.count(), states()) == (1, [("submitted", "waiting")])
    assert "a person counts once" in ArgillaAnswer.objects.get().reason


def test_whose_an_account_is_is_settled_once_by_a_curator(linked: Linked) -> None:
    there = linked.argilla.person(linked.workspace)
    record = linked.records()[0]["id"]
    linked.answer(there, record, linked.rated())
    linked.synced()
    account = ArgillaPerson.objects.get(account=there.id)
    assert (account.person, account.username, states()) == (None, there.username, [("submitted", "waiting")])
    anna, other = linked.reader()
    linked.synced()
    curator = person("curator")
    with pytest.raises(Conflict, match="belongs to this person already"):
        map_account(actor=curator, account=account, person=anna)
    with pytest.raises(InvalidInput, match="cannot review"):
        map_account(actor=curator, account=account, person=person("researcher"))
    map_account(actor=curator, account=ArgillaPerson.objects.get(account=other.id), ignored=True)
    map_account(actor=curator, account=account, person=anna)
    linked.synced()
    assert Review.objects.get().reviewer == anna


def test_an_e_mail_address_says_who_somebody_is_and_a_name_does_not(linked: Linked) -> None:
    tail = secrets.token_hex(4)
    mailed, named, closed, twice = person(), person(username=f"Named-{tail}"), person(), (person(), person())
    closed.is_active = False
    for who, email in ((mailed, "Mail"), (closed, "closed"), (twice[0], "twice"), (twice[1], "twice")):
        who.email = f"{email}-{tail}@Example.org"
        who.save()
    names = (f"mail-{tail}@example.org", f"named-{tail}", f"closed-{tail}@example.org", f"twice-{tail}@example.org")
    accounts = [linked.argilla.person(linked.workspace, username=name) for name in names]
    linked.synced()
    whose = [ArgillaPerson.objects.get(account=one.id).person for one in accounts]
    assert whose == [mailed, None, closed, None]
    client = Client()
    client.force_login(person("curator"))
    page = reverse("argilla_people", args=[linked.link.pk])
    # Offered, and settled by one press.
    offered = f'value="{named.username}"'
    assert offered in client.get(page).content.decode()
    account = ArgillaPerson.objects.get(account=accounts[1].id)
    client.post(reverse("argilla_account", args=[account.pk]), {"person": named.username})
    account.refresh_from_db()
    assert account.person == named
    assert offered not in client.get(page).content.decode()


def test_offsets_are_held_to_our_text_and_never_moved(linked: Linked) -> None:
    _anna, there = linked.reader()
    _bert, other = linked.reader()
    record = next(one for one in linked.records() if one["fields"]["text"] == TEXT)
    start = TEXT.index("harbour")
    label = f"criterion:{default_rubric().criteria.all()[0].key}"
    # One more, as a browser counts that takes the ship for two.
    shifted = {"label": label, "start": start + 1, "end": start + 8}
    linked.answer(there, record["id"], linked.rated(passages=[shifted]))
    linked.synced()
    assert "within a word" in ArgillaAnswer.objects.get().reason
    assert not Review.objects.exists()
    linked.answer(there, record["id"], linked.rated(passages=[{**shifted, "start": start, "end": start + 7}]))
    linked.argilla.call("PATCH", f"records/{record['id']}", json={"fields": {"text": TEXT[1:]}})
    linked.answer(other, record["id"], linked.rated(passages=[shifted]))
    linked.synced()
    reasons = list(ArgillaAnswer.objects.filter(state="waiting").values_list("reason", flat=True))
    assert len(reasons) == 2
    assert all("not that of the story here" in one for one in reasons)


def test_with_a_judge_nothing_from_there_is_blind(argilla: Argilla) -> None:
    (story,) = scored_stories(1)
    linked = Linked(argilla, queue_of(stories=[story]), judge=judge_of(story))
    anna, there = linked.reader()
    linked.synced()
    record = linked.records()[0]
    assert record["suggestions"]
    assert {one["type"] for one in record["suggestions"]} == {"model"}
    # Whoever may have seen them reviews the story blind no more, before they answer.
    assert Recusal.objects.filter(user=anna, story=story, saw="scores").exists()
    linked.answer(there, record["id"], linked.rated())
    linked.synced()
    review = Review.objects.get()
    assert (review.kind, review.blind, review.origin) == ("extra", False, "argilla")
    assert (Decision.objects.count(), Item.objects.get().seats_left) == (0, 2)
    linked.answer(there, record["id"], linked.rated(1))
    linked.synced()
    later = Review.objects.get(kind="revision")
    assert (later.revises, later.blind, later.reason) == (review, False, "Changed in Argilla.")


def judge_of(story: Any) -> Any:
    return Score.objects.filter(story=story)[0].judge_version.judge


def test_a_push_that_was_cut_off_is_gone_on_with(argilla: Argilla, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "A_PART", 2)
    linked = Linked(argilla, queue_of(stories=[add_story() for _ in range(5)]))
    linked.synced(pushes=False)
    # At the second part, once it is carried out: its answer is lost.
    argilla.order(**{"break": "after", "after": 1, "only": "PUT"})
    assert "not be reached" in linked.synced(pulls=False).fault
    assert (linked.link.state, ArgillaRecord.objects.count()) == ("pending", 2)
    argilla.start()
    assert linked.synced().fault == ""
    assert (ArgillaRecord.objects.count(), len(linked.records())) == (5, 5)
    assert len({one["external_id"] for one in linked.records()}) == 5


def test_a_pull_that_was_cut_off_begins_where_it_stopped(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    _anna, there = linked.reader()
    for one in linked.records():
        linked.answer(there, one["id"], linked.rated())
    page = client.Argilla.page
    monkeypatch.setattr(
        client.Argilla, "page", lambda self, dataset, offset, include: page(self, dataset, offset=offset, limit=1)
    )
    Link.objects.update(activity="")
    # Of the dataset, its questions, the people and two pages, the last one.
    linked.argilla.order(refuse=503, times=99, after=4, only="GET")
    assert "fault of its own" in linked.synced().fault
    assert (linked.link.read_to, Review.objects.count()) == (1, 1)
    linked.argilla.order()
    assert linked.synced().found == 1
    assert (linked.link.read_to, Review.objects.count(), ArgillaAnswer.objects.count()) == (0, 2, 2)
    monkeypatch.setattr(client.Argilla, "page", page)
    Link.objects.update(read_at=None)
    assert (linked.synced().found, Review.objects.count()) == (0, 2)


def test_a_link_that_is_asked_to_wait_waits(linked: Linked) -> None:
    linked.argilla.order(refuse=429, times=99, wait=1800)
    assert "asks to wait" in linked.synced().fault
    assert (linked.link.state, (linked.link.next_at - timezone.now()).total_seconds() > 1700) == ("pending", True)


def test_what_is_deleted_there_stays_here(linked: Linked) -> None:
    _anna, there = linked.reader()
    first, second = linked.records()
    linked.answer(there, first["id"], linked.rated())
    linked.synced()
    linked.argilla.call("DELETE", f"users/{there.id}")
    linked.argilla.call("DELETE", f"records/{second['id']}")
    sync_link(actor=SYSTEM, link=linked.link)
    assert linked.synced().fault == ""
    assert (Review.objects.count(), ArgillaRecord.objects.filter(gone_at=None).count()) == (1, 1)
    linked.argilla.call("DELETE", f"datasets/{linked.link.dataset}")
    assert "not there any more" in linked.synced().fault
    assert (linked.link.state, Review.objects.count()) == ("failed", 1)


def test_a_story_that_is_blocked_is_deleted_there(linked: Linked) -> None:
    story = Item.objects.order_by("pk")[0].story
    block_later(story=story, hit=Hit("test", "It names somebody.", "1"))
    linked.synced()
    assert [one["fields"]["text"] for one in linked.records()] != [story.text]
    assert (len(linked.records()), Stage.objects.get(story=story).state) == (1, "blocked")


def test_a_key_without_rights_and_a_name_that_is_taken_say_so(argilla: Argilla) -> None:
    name, workspace = argilla.workspace()
    reader = argilla.person(workspace)
    linked = Linked(argilla, queue_of(stories=[add_story()]), key=reader.key)
    assert "no workspace" in linked.synced().fault
    other = Linked(argilla, queue_of(stories=[add_story()]), name="taken")
    argilla.call("POST", "datasets", json={"name": "taken", "workspace_id": other.workspace})
    assert "has a dataset taken already" in other.synced().fault
    assert (other.link.state, name != "") == ("failed", True)


def test_a_dataset_that_was_made_and_whose_answer_was_lost_is_found_again(argilla: Argilla) -> None:
    linked = Linked(argilla, queue_of(stories=[add_story()]))
    argilla.order(**{"break": "after", "only": "POST"})
    assert "not be reached" in linked.synced().fault
    argilla.start()
    assert linked.synced().fault == ""
    found = argilla.call("GET", "me/datasets", workspace_id=linked.workspace)["items"]
    assert [one["id"] for one in found] == [linked.link.dataset]


def test_two_at_once_do_the_work_of_one(linked: Linked) -> None:
    Link.objects.update(next_at="2020-01-01T00:00Z")
    held = claim(linked.link.pk)
    assert held is not None
    assert claim(linked.link.pk) is None
    with pytest.raises(Conflict, match="A worker is at it"):
        end_link(actor=SYSTEM, link=linked.link)
    held[1].give_back()
    end_link(actor=SYSTEM, link=linked.link)
    assert claim(linked.link.pk) is None
