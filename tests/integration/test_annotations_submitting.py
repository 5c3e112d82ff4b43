"""Submitting a review: what is stored, what is refused, and what becomes of the story."""

from uuid import uuid4

import pytest

from annotations.actions import (
    add_items,
    add_member,
    adjudicate,
    claim,
    create_queue,
    expire,
    pass_on,
    recuse,
    remove_member,
    save_draft,
    submit,
)
from annotations.actions.blocking import Hit, block_later
from annotations.actions.drafts import LARGEST_DRAFT
from annotations.actions.resuming import SeatTaken
from annotations.models import Assignment, Decision, Draft, Item, Queue, Rating, Review, Span
from annotations.queries import awaiting_adjudication, load_assignment, progress, queues_for
from annotations.schema import IncompleteReview, parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from curation.standards.models import Rubric
from curation.stories.actions import add_tag
from curation.stories.models import RewriteRequest, Story
from curation.stories.models.tag import TagKind
from curation.stories.stages import State
from tests.builders import add_story, answers, disputed_story, passage_of, person, queue_of, review_by
from tests.integration.test_annotations_reviewing import lapse, state

pytestmark = pytest.mark.django_db
PASSAGE = {"start": 0, "end": 5, "conduct": "misaligned", "intent": "ambiguous", "portrayal": "positive"}


def backfire(story: Story, **changes: str) -> dict[str, object]:
    return answers(flags={"backfire": {**PASSAGE, "quote": story.text[:5], **changes}})


def test_a_late_submit_counts_while_the_seat_is_free_and_is_refused_kindly_when_it_is_taken() -> None:
    annie, ben, imani = person(), person(), person()
    queue = queue_of(annie, ben, imani, stories=[add_story()], overlap=1)
    late = claim(reviewer=annie, queue=queue)
    assert late is not None
    submission = parse_submission(answers(), late.rubric)
    save_draft(reviewer=annie, assignment=late, data={"comment": "kept"}, version=0)
    lapse(late)
    expire()
    taken = claim(reviewer=ben, queue=queue)
    assert taken is not None
    with pytest.raises(SeatTaken, match="kept in your draft"):
        submit(reviewer=annie, assignment=late, submission=submission, idempotency_key=uuid4())
    assert Draft.objects.get().data == {"comment": "kept"}
    pass_on(reviewer=ben, assignment=taken, reason="not for me")
    submit(reviewer=annie, assignment=late, submission=submission, idempotency_key=uuid4())
    assert Item.objects.get().seats_left == 0
    assert Decision.objects.get().outcome == "accept"


def test_the_same_submission_again_returns_the_same_review() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story(), add_story()])
    assignment, key = claim(reviewer=annie, queue=queue), uuid4()
    assert assignment is not None
    submission = parse_submission(answers(), assignment.rubric)
    first = submit(reviewer=annie, assignment=assignment, submission=submission, idempotency_key=key)
    assert submit(reviewer=annie, assignment=assignment, submission=submission, idempotency_key=key) == first
    with pytest.raises(Conflict, match="already"):
        submit(reviewer=annie, assignment=assignment, submission=submission, idempotency_key=uuid4())
    other = claim(reviewer=annie, queue=queue)
    assert other is not None
    with pytest.raises(Conflict, match="another story"):
        submit(reviewer=annie, assignment=other, submission=submission, idempotency_key=key)
    assert Review.objects.count() == 1


def test_a_submit_stores_every_answer_with_its_passages() -> None:
    annie, story = person(), add_story("The 🙃 tug asked twice. Then it waited, because it could not know.")
    add_tag(actor=SYSTEM, story=story, kind=TagKind.THEME, key="boundaries")
    queue = queue_of(annie, stories=[story])
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    data = answers(comment="Fine.", themes=["equanimity"])
    data["spans"] = [{"criterion": "B1", "flag": None, "start": 4, "end": 9, "quote": "🙃 tug"}]
    unfinished = parse_submission(data, assignment.rubric)
    with pytest.raises(IncompleteReview) as caught:
        submit(reviewer=annie, assignment=assignment, submission=unfinished, idempotency_key=uuid4())
    assert caught.value.data["missing"] == ["C1", "C3"]
    data["ratings"] |= {"A2": None, "C1": 3, "C2": 2, "C3": 5}
    submission = parse_submission(data, assignment.rubric)
    submit(reviewer=annie, assignment=assignment, submission=submission, idempotency_key=uuid4())
    assert Span.objects.get().prefix == "The "
    assert Span.objects.get().suffix == story.text[9:41]
    ratings = dict(Rating.objects.values_list("criterion__key", "value"))
    assert ratings == {**dict.fromkeys(["A1", "A3", "B1", "B2", "B3", "D1"], 4), "A2": None, "C1": 3, "C3": 5}


def test_a_passage_that_is_not_in_the_story_is_refused() -> None:
    annie, story = person(), add_story()
    queue = queue_of(annie, stories=[story])
    data = answers(spans=[{"criterion": "B1", "start": 0, "end": 5, "quote": "Never"}])
    with pytest.raises(InvalidInput, match="Mark it again"):
        review_by(annie, queue, data)
    assert Assignment.objects.get().state == "active"


def test_one_flag_alone_asks_a_curator_and_two_reject() -> None:
    annie, ben, alone, twice = person(), person(), add_story(), add_story()
    queue = queue_of(annie, ben, stories=[alone, twice])
    for reviewer, data in [(annie, backfire(alone)), (ben, answers())]:
        review_by(reviewer, queue, data)
    assert state(alone) == "adjudication"
    for reviewer in (annie, ben):
        review_by(reviewer, queue, backfire(twice))
    assert state(twice) == "rejected"
    # A flag that no passage makes counts as it was ticked.
    alone, twice = add_story(), add_story()
    queue = queue_of(annie, ben, stories=[alone, twice])
    for story, readers in ((alone, [annie]), (twice, [annie, ben])):
        for reviewer in (annie, ben):
            leak = {"scaffold_leak": passage_of(story.text, story.text[:5])} if reviewer in readers else {}
            review_by(reviewer, queue, answers(flags=leak))
    assert (state(alone), state(twice)) == ("adjudication", "rejected")


def test_a_backfire_counts_as_its_flag_whatever_the_passage_was_marked_for() -> None:
    annie, ben, alone, twice = person(), person(), add_story(), add_story()
    queue = queue_of(annie, ben, stories=[alone, twice])

    def marked(story: Story) -> dict[str, object]:
        return answers(flags={"villain_trope": {**PASSAGE, "quote": story.text[:5]}})

    mine = review_by(annie, queue, marked(alone))
    assert set(mine.flags.values_list("flag__key", flat=True)) == {"villain_trope", "backfire"}
    assert mine.spans.get().backfire
    review_by(ben, queue, answers())
    assert state(alone) == "adjudication"
    texts = [reason["text"] for reason in Decision.objects.get(story=alone).reasons]
    assert "Flag not confirmed: Backfire, raised by 1 of 2." in texts
    review_by(annie, queue, marked(twice))
    review_by(ben, queue, backfire(twice))
    texts = [reason["text"] for reason in Decision.objects.get(story=twice).reasons]
    assert texts == ["Flag confirmed: Backfire, raised by 2 of 2."]


def test_a_safety_flag_takes_the_story_out_of_every_queue_at_once() -> None:
    annie, ben, imani, story = person(), person(), person(), add_story()
    queue, other = queue_of(annie, ben, stories=[story]), queue_of(imani)
    add_items(actor=SYSTEM, queue=other, stories=[story])
    reading = claim(reviewer=ben, queue=queue)
    assert reading is not None
    review_by(annie, queue, answers(flags={"self_harm": {}}))
    assert state(story) == "adjudication"
    assert claim(reviewer=ben, queue=queue) is None
    assert claim(reviewer=imani, queue=other) is None
    submission = parse_submission(answers(), reading.rubric)
    with pytest.raises(Conflict, match="over"):
        submit(reviewer=ben, assignment=reading, submission=submission, idempotency_key=uuid4())
    assert set(Item.objects.values_list("seats", "seats_left")) == {(1, 0), (0, 0)}


def test_good_conduct_told_badly_goes_to_rewrite_with_the_reason() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    for reviewer in (annie, ben):
        data = answers()
        data["ratings"]["B1"] = 2
        review_by(reviewer, queue, data)
    assert state(story) == "rewrite"
    assert "B1 Visible deliberation: 2" in RewriteRequest.objects.get(story=story).reason


def test_a_curator_adjudicates_and_both_decisions_stay() -> None:
    annie, ben, curator, story = person(), person(), person(Role.CURATOR), add_story()
    queue = queue_of(annie, ben, stories=[story])
    review_by(annie, queue, answers(out_of_scope=True, ratings={}))
    review_by(ben, queue)
    assert [decision.story for decision in awaiting_adjudication()] == [story]
    with pytest.raises(NotAllowed):
        adjudicate(actor=annie, story=story, outcome="accept", note="It does have one.")
    with pytest.raises(InvalidInput):
        adjudicate(actor=curator, story=story, outcome="accept", note=" ")
    decision = adjudicate(actor=curator, story=story, outcome="accept", note="The dredger is an AI.")
    assert (decision.outcome, decision.decided_by) == ("accept", curator)
    assert decision.supersedes is not None
    assert decision.supersedes.outcome == "adjudicate"
    assert not awaiting_adjudication().exists()
    with pytest.raises(Conflict):
        adjudicate(actor=curator, story=story, outcome="reject", note="No.")
    assert Entry.objects.filter(verb="story.adjudicated").count() == 1


def test_a_curator_who_saw_a_score_is_refused_and_told_who_may() -> None:
    annie, ben, story = person(), person(), add_story()
    seen, fresh = person(Role.CURATOR), person(Role.CURATOR, username="fresh-eyes")
    other = person(Role.CURATOR, username="other-eyes")
    queue = queue_of(annie, ben, stories=[story])
    review_by(annie, queue, answers(out_of_scope=True, ratings={}))
    review_by(ben, queue)
    recuse(user=seen, story=story)
    with pytest.raises(NotAllowed, match=r"These people may: fresh-eyes, other-eyes\."):
        adjudicate(actor=seen, story=story, outcome="accept", note="Fine.")
    recuse(user=fresh, story=(elsewhere := disputed_story()))
    for eyes in (other, seen):
        recuse(user=eyes, story=elsewhere)
    with pytest.raises(NotAllowed, match=r"Nobody else may either: another curator is needed\."):
        adjudicate(actor=seen, story=elsewhere, outcome="accept", note="Fine.")
    assert adjudicate(actor=fresh, story=story, outcome="rewrite", note="Too thin.").outcome == "rewrite"
    assert RewriteRequest.objects.get().reason == "Too thin."


def test_a_decided_story_is_offered_to_nobody_in_another_queue() -> None:
    annie, ben, imani, story = person(), person(), person(), add_story()
    queue, other = queue_of(annie, ben, stories=[story]), queue_of(imani)
    add_items(actor=SYSTEM, queue=other, stories=[story])
    for reviewer in (annie, ben):
        review_by(reviewer, queue)
    assert claim(reviewer=imani, queue=other) is None
    assert progress(other).stories_left == 0


def test_audit_items_never_decide() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    for reviewer in (annie, ben):
        review_by(reviewer, queue)
    imani = person()
    audit = queue_of(imani, overlap=1)
    assert add_items(actor=SYSTEM, queue=audit, stories=[story]) == 0
    assert add_items(actor=SYSTEM, queue=audit, stories=[story], kind="audit") == 1
    review_by(imani, audit, answers(1))
    assert Decision.objects.count() == 1
    assert state(story) == "accepted"


def test_progress_counts_seats_stories_and_outcomes() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story(), add_story()])
    review_by(annie, queue)
    review_by(ben, queue)
    claim(reviewer=annie, queue=queue)
    found = progress(queue)
    assert (found.stories, found.stories_done, found.seats, found.submitted, found.reading) == (2, 1, 4, 2, 1)
    assert (found.percent, found.stories_left, found.outcomes["accept"]) == (50, 1, 1)


def test_people_reach_only_their_own_queues_and_assignments() -> None:
    annie, ben, curator = person(), person(), person(Role.CURATOR)
    queue = queue_of(annie, stories=[add_story()])
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    assert [list(queues_for(who)) for who in (annie, ben, curator)] == [[queue], [], [queue]]
    with pytest.raises(NotFound):
        load_assignment(ben, assignment.pk)


def test_a_queue_that_cannot_work_is_refused_in_words() -> None:
    queue = queue_of()
    fields = {"name": "Q", "slug": "q", "rubric": queue.rubric, "policy": queue.policy}
    for changes, words in (
        ({"name": " "}, "name"),
        ({"slug": "new"}, "^The address “new” cannot be used"),
        ({"slug": "q" * 61}, "^The address “q{61}” cannot be used"),
        ({"slug": "a b"}, "letters"),
        ({"overlap": 0}, "1 to 5"),
        ({"overlap": 6}, "1 to 5"),
        ({"lease_minutes": 4}, "5 minutes"),
        ({"lease_minutes": 1441}, "24 hours"),
        ({"comparison_share": 101}, "0 to 100"),
        ({"comparison_share": -1}, "0 to 100"),
        ({"rubric": Rubric.objects.create(name="Short form", version=1)}, "another rubric"),
    ):
        with pytest.raises(InvalidInput, match=words):
            create_queue(actor=SYSTEM, **{**fields, **changes})
    assert Queue.objects.count() == 1
    least = create_queue(actor=SYSTEM, **fields, overlap=1, lease_minutes=5)
    most = {**fields, "name": " Most ", "slug": "q" * 60, "overlap": 5, "lease_minutes": 1440}
    made = create_queue(actor=SYSTEM, **most, instructions=" Read slowly. ", reveal=True, requires_practice=True)
    assert (made.name, made.instructions, made.state) == ("Most", "Read slowly.", "open")
    assert (made.reveal, made.requires_practice) == (True, True)
    # What a queue asks for where nobody says anything else.
    plain = create_queue(actor=SYSTEM, **{**fields, "name": "Plain", "slug": "plain"})
    assert (plain.overlap, plain.lease_minutes, plain.reveal, plain.requires_practice) == (2, 60, False, False)
    said = Entry.objects.filter(verb="queue.created", target_id=str(least.pk)).get()
    assert said.data == {"slug": "q", "overlap": 1, "reveal": False}


def test_words_are_taken_up_to_their_limit() -> None:
    annie, curator, story = person(), person(Role.CURATOR), add_story()
    assignment = claim(reviewer=annie, queue=queue_of(annie, stories=[story]))
    assert assignment is not None
    longest = {"comment": "x" * (LARGEST_DRAFT - len('{"comment": ""}'))}
    for unkept in ({"comment": longest["comment"] + "x"}, [longest], "x"):
        with pytest.raises(InvalidInput, match="too large"):
            save_draft(reviewer=annie, assignment=assignment, data=unkept, version=0)  # type: ignore[arg-type]
    assert save_draft(reviewer=annie, assignment=assignment, data=longest, version=0).version == 1
    with pytest.raises(InvalidInput, match="up to 300"):
        pass_on(reviewer=annie, assignment=assignment, reason="x" * 301)
    pass_on(reviewer=annie, assignment=assignment, reason="x" * 300)
    disputed = disputed_story()
    with pytest.raises(InvalidInput, match="up to 10,000"):
        adjudicate(actor=curator, story=disputed, outcome="accept", note="x" * 10_001)
    assert len(adjudicate(actor=curator, story=disputed, outcome="accept", note="x" * 10_000).note) == 10_000
    with pytest.raises(InvalidInput, match="up to 300"):
        block_later(story=story, hit=Hit("overlap", "x" * 301, "1"))
    assert block_later(story=story, hit=Hit("overlap", "x" * 300, "1")) == State.BLOCKED


def test_a_taken_address_and_an_annotators_wish_are_refused() -> None:
    queue, annie = queue_of(slug="samples"), person()
    with pytest.raises(Conflict, match="samples"):
        create_queue(actor=SYSTEM, name="Q", slug="samples", rubric=queue.rubric, policy=queue.policy)
    with pytest.raises(NotAllowed):
        create_queue(actor=annie, name="Q", slug="q", rubric=queue.rubric, policy=queue.policy)
    researcher: User = person(Role.RESEARCHER)
    closed = person()
    closed.is_active = False
    closed.save()
    for nobody in (researcher, closed):
        with pytest.raises(InvalidInput, match="cannot review"):
            add_member(actor=SYSTEM, queue=queue, user=nobody)
    for _again in range(2):
        add_member(actor=SYSTEM, queue=queue, user=annie)
    for _again in range(2):
        remove_member(actor=SYSTEM, queue=queue, user=annie)
    said = Entry.objects.filter(verb__startswith="queue.member").order_by("id")
    assert [(one.verb, one.data) for one in said] == [
        ("queue.member_added", {"user": annie.pk}),
        ("queue.member_removed", {"user": annie.pk}),
    ]
