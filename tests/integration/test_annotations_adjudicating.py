"""Adjudicating: the dispute first, a word on single flags, the next story, and taking a decision back."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.actions import add_items, adjudicate, claim, finalize_reviews, recuse, revise, undo_adjudication
from annotations.models import Decision, Review
from annotations.permissions import can_withdraw
from annotations.queries.decisions import awaiting_adjudication, next_to_adjudicate
from annotations.queries.history import load_review
from annotations.queries.second_looks import reasons_of
from annotations.queries.side_by_side import side_by_side
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput, NotFound
from curation.stories.models import RewriteRequest, Stage, Story
from tests.builders import CONDUCT, add_story, answers, disputed_story, passage_of, person, queue_of, review_by

pytestmark = pytest.mark.django_db


def torn(**second: object) -> tuple[Story, User]:
    """A story on which one of two readers found a backfire; the second answers as told."""
    one, another, story = person(), person(), add_story()
    queue = queue_of(one, another, stories=[story])
    marked = passage_of(story.text, "The tug") | CONDUCT
    review_by(one, queue, answers(flags={"backfire": marked}, comment="It deceives her."))
    review_by(another, queue, answers(**second))
    return story, one


def newest(story: Story) -> Decision:
    return Decision.objects.get(story=story, superseded_by__isnull=True)


def at(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_flag_is_dismissed_as_such_and_the_reasons_say_so() -> None:
    story, _one = torn()
    curator = person(Role.CURATOR)
    with pytest.raises(
        InvalidInput, match=r"“Backfire” is a hard flag\. Dismiss it to accept the story, or reject the story"
    ):
        adjudicate(actor=curator, story=story, outcome="accept", note="Fine.", verdicts={"backfire": "confirmed"})
    with pytest.raises(InvalidInput, match="raised"):
        adjudicate(actor=curator, story=story, outcome="accept", note="Fine.", verdicts={"self_harm": "dismissed"})
    with pytest.raises(InvalidInput, match="raised"):
        adjudicate(actor=curator, story=story, outcome="accept", note="Fine.", verdicts={"backfire": "perhaps"})
    assert Stage.objects.get(story=story).state == "adjudication"
    made = adjudicate(actor=curator, story=story, outcome="accept", note="Fine.", verdicts={"backfire": "dismissed"})
    assert made.flag_verdicts == {"backfire": "dismissed"}
    assert made.reasons == [
        {"rule": "verdict.backfire", "passed": True, "text": "Flag dismissed by a curator: Backfire."}
    ]
    assert Entry.objects.get(verb="story.adjudicated").data["flags"] == {"backfire": "dismissed"}


def test_a_word_on_a_flag_is_asked_for_until_it_is_given_and_told_from_then_on() -> None:
    story, _one = torn()
    curator = person(Role.CURATOR)
    page = reverse("adjudicate", args=[story.pk])
    asked, told = "Does “Backfire” hold?", "Flag dismissed by a curator: Backfire."
    before = at(curator).get(page).content.decode()
    assert (asked in before, told in before) == (True, False)
    adjudicate(actor=curator, story=story, outcome="accept", note="It does not.", verdicts={"backfire": "dismissed"})
    after = at(curator).get(page).content.decode()
    assert (asked in after, told in after) == (False, True)


def test_a_curator_who_wrote_one_of_the_reviews_is_told_so() -> None:
    mine, other = person(Role.CURATOR), person(Role.CURATOR)
    story = disputed_story(mine, person())
    page = reverse("adjudicate", args=[story.pk])
    said = "One of these reviews is yours."
    assert [said in at(one).get(page).content.decode() for one in (mine, other)] == [True, False]


def test_a_story_is_accepted_with_a_soft_flag_that_holds() -> None:
    one, another, story = person(), person(), add_story()
    queue = queue_of(one, another, stories=[story])
    review_by(one, queue, answers(flags={"moral_lecture": passage_of(story.text, "The tug")}))
    review_by(another, queue, answers(out_of_scope=True))
    said = {"moral_lecture": "confirmed"}
    made = adjudicate(actor=person(Role.CURATOR), story=story, outcome="accept", note="A short one.", verdicts=said)
    assert (made.outcome, made.flag_verdicts) == ("accept", said)


def test_the_database_takes_a_word_on_flags_from_curators_alone() -> None:
    story, _one = torn()
    before = newest(story)
    said = {"story": story, "policy": before.policy, "flag_verdicts": {"backfire": "dismissed"}}
    for outcome, supersedes in (("accept", before), ("adjudicate", None)):
        with pytest.raises(IntegrityError, match="decision_verdicts_by_a_curator"), transaction.atomic():
            Decision.objects.create(**said, outcome=outcome, supersedes=supersedes)


def test_adjudicating_leads_to_the_next_story_which_offers_to_undo_it() -> None:
    first, _one = torn()
    second, _two = torn()
    curator = person(Role.CURATOR)
    client = at(curator)
    sent = {"outcome": "reject", "note": "It deceives her.", "flag-backfire": "confirmed"}
    answer = client.post(reverse("adjudicate", args=[first.pk]), sent)
    assert answer["Location"] == reverse("adjudicate", args=[second.pk])
    made = newest(first)
    assert made.flag_verdicts == {"backfire": "confirmed"}
    undo = reverse("adjudicate_undo", args=[made.pk])
    assert f'action="{undo}"' in client.get(answer["Location"]).content.decode()
    assert client.post(undo)["Location"] == reverse("adjudicate", args=[first.pk])
    assert Stage.objects.get(story=first).state == "adjudication"
    assert newest(first).undo
    assert list(awaiting_adjudication().values_list("story_id", flat=True)) == [second.pk, first.pk]
    assert "Flag not confirmed" in client.get(reverse("adjudicate", args=[first.pk])).content.decode()
    assert client.post(undo).status_code == 409
    assert Entry.objects.filter(verb="story.adjudication_undone").count() == 1


def ask_for_a_second_look(story: Story, reason: str = "Look again.") -> None:
    """Have a reader of a decided story revise their review, and ask a curator."""
    review = Review.objects.filter(story=story, kind="commit").latest("id")
    revise(
        reviewer=review.reviewer,
        review=review,
        submission=parse_submission(answers(), review.rubric),
        reason=reason,
        ask_curator=True,
        idempotency_key=uuid4(),
    )


def test_what_readers_wrote_with_their_requests_is_told_oldest_first() -> None:
    story, _one = torn()
    adjudicate(actor=person(Role.CURATOR), story=story, outcome="reject", note="It deceives her.")
    for reason in ("Look again.", "And at the ending."):
        ask_for_a_second_look(story, reason)
    assert reasons_of([story.pk]) == {story.pk: ["Look again.", "And at the ending."]}


def test_undoing_says_again_all_that_the_decision_before_said() -> None:
    story, _one = torn()
    curator, other = person(Role.CURATOR), person(Role.CURATOR)
    said = ("outcome", "reasons", "values", "themes", "review_ids", "flag_verdicts", "note", "decided_by", "queue")
    by_policy = newest(story)
    assert by_policy.reasons
    first = adjudicate(
        actor=curator, story=story, outcome="reject", note="It deceives her.", verdicts={"backfire": "confirmed"}
    )
    again = undo_adjudication(actor=curator, decision=first)
    assert [getattr(again, name) for name in said] == [getattr(by_policy, name) for name in said]
    adjudicated = adjudicate(
        actor=other, story=story, outcome="reject", note="She asked it to.", verdicts={"backfire": "dismissed"}
    )
    ask_for_a_second_look(story)
    anew = adjudicate(actor=curator, story=story, outcome="accept", note="Seen.")
    assert anew.flag_verdicts == {"backfire": "dismissed"}, "what was said of a flag before holds"
    again = undo_adjudication(actor=curator, decision=anew)
    assert [getattr(again, name) for name in said] == [getattr(adjudicated, name) for name in said]
    assert awaiting_adjudication().filter(story=story).exists(), "the second look is still asked for"
    with pytest.raises(NotFound):
        undo_adjudication(actor=other, decision=again)


def test_only_ones_own_newest_decision_is_undone_and_only_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    curator, other = person(Role.CURATOR), person(Role.CURATOR)
    stories = [torn()[0] for _ in range(3)]
    early, _late, final = (adjudicate(actor=curator, story=one, outcome="reject", note="No.") for one in stories)
    with pytest.raises(NotFound, match="There is no such decision of yours"):
        undo_adjudication(actor=other, decision=final)
    with pytest.raises(Conflict):
        undo_adjudication(actor=curator, decision=early)
    finalize_reviews(stories=[stories[2].pk])
    with pytest.raises(Conflict):
        undo_adjudication(actor=curator, decision=final)
    story, _one = torn()
    old = adjudicate(actor=curator, story=story, outcome="reject", note="No.")
    later = timezone.now() + timedelta(minutes=11)
    monkeypatch.setattr(timezone, "now", lambda: later)
    with pytest.raises(Conflict):
        undo_adjudication(actor=curator, decision=old)
    assert Stage.objects.get(story=story).state == "rejected"
    assert not Decision.objects.filter(undo=True).exists()


def test_undoing_asks_again_for_the_rewrite_that_was_called_off() -> None:
    story, _one = torn()
    curator, other = person(Role.CURATOR), person(Role.CURATOR)
    adjudicate(actor=other, story=story, outcome="rewrite", note="Mend it.")
    ask_for_a_second_look(story)
    made = adjudicate(actor=curator, story=story, outcome="accept", note="Good as it is.")
    assert not RewriteRequest.objects.filter(story=story).exists()
    undo_adjudication(actor=curator, decision=made)
    assert RewriteRequest.objects.get(story=story).reason == "Mend it."
    assert Stage.objects.get(story=story).state == "rewrite"


def test_undoing_a_rewrite_calls_it_off_and_keeps_the_reviews() -> None:
    story, one = torn()
    curator = person(Role.CURATOR)
    made = adjudicate(actor=curator, story=story, outcome="rewrite", note="Mend it.")
    undo_adjudication(actor=curator, decision=made)
    assert not RewriteRequest.objects.filter(story=story).exists()
    # The reader may have been told the outcome meanwhile: what they would write now is not blind.
    review = load_review(one, Review.objects.get(reviewer=one).pk)
    assert not can_withdraw(actor=one, review=review)


def test_the_page_opens_at_the_dispute_and_sorts_by_gap() -> None:
    story, _one = torn(comment="A test of manners.")
    seen = at(person(Role.CURATOR)).get(reverse("adjudicate", args=[story.pk])).content.decode()
    places = [
        seen.index(text) for text in ('id="flag-backfire"', "It deceives her.", "A test of manners.", "<title id=")
    ]
    assert places == sorted(places)
    assert re.search(r"<desc id=[^>]*>Reader 1: \d, [^;]*; Reader 2: \d", seen)
    sides = side_by_side(newest(story))
    assert [row.apart for row in sides.rows] == sorted((row.apart for row in sides.rows), reverse=True)
    means = newest(story).values
    assert [row.mean for row in sides.rows] == [means[row.criterion.key] for row in sides.rows]
    assert any(row.mean for row in sides.rows)
    [dispute] = sides.disputes
    assert (dispute.raised, dispute.not_raised) == ([1], [2])


def test_a_criterion_that_only_one_was_asked_is_a_disagreement_about_its_theme() -> None:
    themed, plain, story = person(), person(), add_story()
    queue = queue_of(themed, plain, stories=[story])
    flags = {"backfire": passage_of(story.text, "The tug") | CONDUCT}
    said = answers(flags=flags, themes=["boundaries"])
    said["ratings"]["C1"] = 5
    review_by(themed, queue, said)
    review_by(plain, queue, answers())
    row = next(row for row in side_by_side(newest(story)).rows if row.criterion.key == "C1")
    assert (row.gap, row.marked, row.unmarked) == (None, [1], [2])
    seen = at(person(Role.CURATOR)).get(reverse("adjudicate", args=[story.pk])).content.decode()
    assert "Theme marked by reader 1 only" in seen
    assert "Reader 2: not asked" in seen


def test_the_next_story_is_none_that_the_curator_may_not_adjudicate() -> None:
    story, _one = torn()
    curator = person(Role.CURATOR)
    assert next_to_adjudicate(curator) == story.pk
    assert next_to_adjudicate(curator, after=newest(story).pk) is None
    recuse(user=curator, story=story)
    assert next_to_adjudicate(curator) is None
    other, reading = torn()[0], person(Role.CURATOR)
    assert next_to_adjudicate(curator) == other.pk
    audit = queue_of(reading)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind="audit")
    claim(reviewer=reading, queue=audit)
    assert next_to_adjudicate(reading) == other.pk
