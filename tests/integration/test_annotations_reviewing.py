"""One story's way through review: queue, claim, draft, submit, decision."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from annotations.actions import (
    add_items,
    add_member,
    adjudicate,
    claim,
    close_queue,
    create_queue,
    decide,
    expire,
    pass_on,
    pause_queue,
    recuse,
    remove_member,
    reopen_queue,
    save_draft,
    seats,
    submit,
)
from annotations.actions.blocking import Hit, block_later
from annotations.actions.drafts import LARGEST_DRAFT
from annotations.actions.resuming import SeatTaken
from annotations.models import Assignment, Bookmark, Decision, Draft, Item, Queue, Rating, Review, Span
from annotations.models.assignment import AssignmentState
from annotations.queries import awaiting_adjudication, load_assignment, progress, queues_for
from annotations.schema import IncompleteReview, parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from curation.standards.models import AcceptancePolicy, Rubric
from curation.standards.queries import current_policy, current_rubric
from curation.stories.actions import add_tag, advance
from curation.stories.models import RewriteRequest, Stage, Story
from curation.stories.models.tag import TagKind
from curation.stories.stages import State
from tests.builders import add_story, answers, disputed_story, passage_of, person, queue_of, review_by

pytestmark = pytest.mark.django_db
PASSAGE = {"start": 0, "end": 5, "conduct": "misaligned", "intent": "ambiguous", "portrayal": "positive"}


def state(story: Story) -> str:
    return Stage.objects.get(story=story).state


def lapse(assignment: Assignment) -> None:
    """Let a lease run out, as time would."""
    Assignment.objects.filter(pk=assignment.pk).update(lease_until=Now() - timedelta(minutes=1))


def backfire(story: Story, **changes: str) -> dict[str, object]:
    return answers(flags={"backfire": {**PASSAGE, "quote": story.text[:5], **changes}})


def test_two_good_reviews_accept_a_story_and_say_why() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story])
    assert state(story) == "queued"

    review_by(annie, queue)
    assert decide(story_id=story.pk) is None
    review_by(ben, queue, answers(5))

    decision = Decision.objects.get()
    assert (decision.outcome, decision.values["B1"], decision.decided_by) == ("accept", 4.5, None)
    assert decision.values["C1"] is None
    assert all(reason["passed"] for reason in decision.reasons)
    assert "B1 Visible deliberation: 4.5, asks for 4 or more." in [reason["text"] for reason in decision.reasons]
    assert sorted(decision.review_ids) == sorted(Review.objects.values_list("pk", flat=True))
    assert state(story) == "accepted"
    assert decide(story_id=story.pk) == decision
    assert claim(reviewer=annie, queue=queue) is None


def test_the_rubric_and_policy_of_a_used_queue_are_frozen() -> None:
    queue_of(stories=[add_story()])
    assert Rubric.objects.get().frozen_at is not None
    assert AcceptancePolicy.objects.get().frozen_at is not None


def test_only_checked_stories_enter_a_queue_and_each_once() -> None:
    story = add_story()
    queue, unchecked = queue_of(stories=[story]), add_story()
    assert add_items(actor=SYSTEM, queue=queue, stories=[story, unchecked, story.pk]) == 0
    assert Item.objects.count() == 1
    for kind in ("repeat", "nonsense"):
        with pytest.raises(InvalidInput, match="normal, gold or audit"):
            add_items(actor=SYSTEM, queue=queue, stories=[story], kind=kind)
    assert add_items(actor=SYSTEM, queue=queue, stories=[story], kind="gold") == 1
    close_queue(actor=SYSTEM, queue=queue)
    with pytest.raises(Conflict, match="closed"):
        add_items(actor=SYSTEM, queue=queue, stories=[story], kind="audit")


def test_larger_priorities_come_first_and_stories_added_ahead_are_found() -> None:
    annie = person()
    first, second, urgent = add_story(), add_story(), add_story()
    queue = queue_of(annie, stories=[first])
    assert review_by(annie, queue).story == first
    more = queue_of(stories=[urgent, second])
    assert [item.story for item in more.items.order_by("id")] == [urgent, second], "in the order that was asked for"
    add_items(actor=SYSTEM, queue=queue, stories=[second, urgent], priorities={urgent.pk: 100})
    assert review_by(annie, queue).story == urgent
    assert review_by(annie, queue).story == second
    assert more.items.count() == 2


@pytest.mark.parametrize("scans", ["", "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off"])
def test_the_order_of_a_queue_does_not_hang_on_how_the_database_looks_for_the_next(scans: str) -> None:
    annie = person()
    stories = [add_story() for _ in range(6)]
    queue = queue_of(annie)
    advance(stories=[story.pk for story in stories], to=State.CHECKED)
    wanted = [3, 5, 0, 4, 1, 2]
    # One by one, so that the table holds them in another order than the queue.
    for place, story in enumerate(stories):
        add_items(actor=SYSTEM, queue=queue, stories=[story], priorities={story.pk: -wanted.index(place)})
    if scans:
        with connection.cursor() as cursor:
            cursor.execute(f"{scans}; DISCARD PLANS")
    assert [review_by(annie, queue).story for _ in stories] == [stories[place] for place in wanted]


def test_a_lease_that_is_renewed_while_leases_are_ended_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()])
    reading, gone = claim(reviewer=annie, queue=queue), claim(reviewer=ben, queue=queue)
    assert reading is not None
    assert gone is not None
    lapse(reading)
    lapse(gone)
    end = seats.end

    def renewed_first(turns: QuerySet[Assignment], state: AssignmentState, **more: str) -> int:
        save_draft(reviewer=annie, assignment=reading, data={}, version=0)
        return end(turns, state, **more)

    monkeypatch.setattr(seats, "end", renewed_first)
    assert expire() == 1
    states = {turn.reviewer_id: turn.state for turn in Assignment.objects.all()}
    assert states == {annie.pk: "active", ben.pk: "expired"}


def test_writing_a_draft_renews_the_lease_of_a_turn_that_goes_on() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()], lease_minutes=30)
    turn = claim(reviewer=annie, queue=queue)
    assert turn is not None
    Assignment.objects.update(lease_until=Now() + timedelta(minutes=1))
    save_draft(reviewer=annie, assignment=turn, data={}, version=0)
    turn.refresh_from_db()
    assert turn.lease_until > turn.claimed_at + timedelta(minutes=29)
    lapse(turn)
    expire()
    save_draft(reviewer=annie, assignment=turn, data={}, version=1)
    turn.refresh_from_db()
    assert (turn.state, turn.lease_until < Item.objects.values_list(Now(), flat=True)[0]) == ("expired", True)


def test_a_reviewer_gets_the_story_they_are_reading_again_with_a_new_lease() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story(), add_story()])
    first = claim(reviewer=annie, queue=queue)
    assert first is not None
    lapse(first)
    again = claim(reviewer=annie, queue=queue)
    assert again is not None
    assert again.pk == first.pk
    assert again.lease_until > first.claimed_at + timedelta(minutes=59)
    brief = claim(reviewer=annie, queue=queue_of(annie, stories=[add_story()], lease_minutes=5))
    assert brief is not None
    assert timedelta(minutes=4) < brief.lease_until - brief.claimed_at <= timedelta(minutes=5)


def test_nobody_gets_a_story_twice_in_another_queue_of_the_same_rubric() -> None:
    annie, story = person(), add_story()
    review_by(annie, queue_of(annie, stories=[story]))
    other = queue_of(annie)
    assert add_items(actor=SYSTEM, queue=other, stories=[story]) == 1
    assert claim(reviewer=annie, queue=other) is None


def test_a_story_read_under_one_rubric_is_read_anew_under_another() -> None:
    annie, story = person(), add_story()
    review_by(annie, queue_of(annie, stories=[story]))
    short = Rubric.objects.create(name="Short form", version=1)
    rules = current_policy(current_rubric()).rules
    policy = AcceptancePolicy.objects.create(name="Short form", version=1, rubric=short, rules=rules)
    turn = claim(reviewer=annie, queue=queue_of(annie, stories=[story], rubric=short, policy=policy))
    assert turn is not None
    assert (turn.story_id, turn.rubric) == (story.pk, short)


def test_a_story_is_found_that_a_bookmark_has_passed() -> None:
    """As when a seat came free while the bookmark was being written."""
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    last = Item.objects.get(queue=queue)
    Bookmark.objects.create(reviewer=annie, queue=queue, priority=last.priority, item_id=last.pk + 1)
    assert claim(reviewer=annie, queue=queue) is not None


def test_only_members_of_an_open_queue_claim() -> None:
    annie, curator = person(), person(Role.CURATOR)
    queue = queue_of(annie, stories=[add_story()])
    with pytest.raises(NotAllowed, match="not a reviewer"):
        claim(reviewer=curator, queue=queue)
    pause_queue(actor=curator, queue=queue)
    with pytest.raises(Conflict, match="paused"):
        claim(reviewer=annie, queue=queue)
    with pytest.raises(Conflict):
        pause_queue(actor=curator, queue=queue)
    reopen_queue(actor=curator, queue=queue)
    assert claim(reviewer=annie, queue=queue) is not None
    close_queue(actor=curator, queue=queue)
    assert claim(reviewer=annie, queue=queue) is not None, "who is reading may finish"
    with pytest.raises(NotAllowed):
        reopen_queue(actor=annie, queue=queue)


def test_who_passes_never_sees_the_story_again_and_the_next_one_does() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()], overlap=1)
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    assert claim(reviewer=ben, queue=queue) is None
    with pytest.raises(InvalidInput):
        pass_on(reviewer=annie, assignment=assignment, reason="  ")
    pass_on(reviewer=annie, assignment=assignment, reason="Too close to home")
    assert claim(reviewer=annie, queue=queue) is None
    assert claim(reviewer=ben, queue=queue) is not None
    assert Assignment.objects.get(reviewer=annie).pass_reason == "Too close to home"


def test_a_recused_person_loses_the_seat_and_is_never_offered_the_story() -> None:
    annie, ben, story = person(), person(), add_story()
    queue = queue_of(annie, ben, stories=[story], overlap=1)
    claim(reviewer=annie, queue=queue)
    recuse(user=annie, story=story)
    recuse(user=annie, story=story)
    assert claim(reviewer=annie, queue=queue) is None
    assert claim(reviewer=ben, queue=queue) is not None


def test_a_removed_member_frees_the_seat() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()], overlap=1)
    claim(reviewer=annie, queue=queue)
    remove_member(actor=SYSTEM, queue=queue, user=annie)
    assert claim(reviewer=ben, queue=queue) is not None


def test_a_draft_outlives_its_lease_and_an_older_window_cannot_overwrite_it() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story()], overlap=1)
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    draft = save_draft(reviewer=annie, assignment=assignment, data={"comment": "so \x00far \ud800"}, version=0)
    assert draft.version == 1
    with pytest.raises(Conflict, match="newer draft"):
        save_draft(reviewer=annie, assignment=assignment, data={}, version=0)
    lapse(assignment)
    assert expire() == 1
    assert save_draft(reviewer=annie, assignment=assignment, data={"comment": "more"}, version=1).version == 2
    assert Draft.objects.get().data == {"comment": "more"}
    again = claim(reviewer=annie, queue=queue)
    assert again is not None
    assert again.pk == assignment.pk
    assert again.draft.version == 2


@pytest.mark.parametrize("ended", ["passed", "closed", "submitted"])
def test_a_draft_of_a_turn_that_is_over_stays_as_it_is(ended: str) -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()], overlap=1)
    turn = claim(reviewer=annie, queue=queue)
    assert turn is not None
    save_draft(reviewer=annie, assignment=turn, data={"comment": "kept"}, version=0)
    if ended == "passed":
        pass_on(reviewer=annie, assignment=turn, reason="not for me")
    elif ended == "closed":
        recuse(user=annie, story=turn.story)
    else:
        submission = parse_submission(answers(), turn.rubric)
        submit(reviewer=annie, assignment=turn, submission=submission, idempotency_key=uuid4())
    kept = list(Draft.objects.values("data", "version"))
    for version in (0, 1):
        with pytest.raises(Conflict, match=r"submitted|over"):
            save_draft(reviewer=annie, assignment=turn, data={"comment": "late"}, version=version)
    assert list(Draft.objects.values("data", "version")) == kept


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
    turn = claim(reviewer=annie, queue=queue_of(annie, stories=[story]))
    assert turn is not None
    longest = {"comment": "x" * (LARGEST_DRAFT - len('{"comment": ""}'))}
    for unkept in ({"comment": longest["comment"] + "x"}, [longest], "x"):
        with pytest.raises(InvalidInput, match="too large"):
            save_draft(reviewer=annie, assignment=turn, data=unkept, version=0)  # type: ignore[arg-type]
    assert save_draft(reviewer=annie, assignment=turn, data=longest, version=0).version == 1
    with pytest.raises(InvalidInput, match="up to 300"):
        pass_on(reviewer=annie, assignment=turn, reason="x" * 301)
    pass_on(reviewer=annie, assignment=turn, reason="x" * 300)
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
