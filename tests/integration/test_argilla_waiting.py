"""Answers that wait are tried again once that may help, however many they are."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.actions import add_member, claim, close_queue, pass_on, pause_queue, reopen_queue, save_draft
from annotations.models import Review
from curation.accounts.actors import SYSTEM
from curation.argilla import carrying
from curation.argilla.actions import map_account, sync_link
from curation.argilla.models import ArgillaAnswer, ArgillaPerson, ArgillaRecord
from curation.argilla.pulling import pull
from tests.argilla.answering import Linked
from tests.argilla.running import Argilla
from tests.builders import add_story, default_rubric, person, queue_of, review_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def linked(argilla: Argilla) -> Linked:
    """A queue of four stories, linked and synced once."""
    made = Linked(argilla, queue_of(stories=[add_story() for _ in range(4)]))
    assert made.synced().fault == ""
    return made


def counted_here_too(linked: Linked) -> None:
    """Have somebody review a story here, and answer about it there."""
    annie, there = linked.reader()
    here = review_by(annie, linked.queue)
    linked.answer(there, ArgillaRecord.objects.get(item=here.assignment.item_id).record, linked.rated())
    linked.synced()


def statements_of_a_round(linked: Linked) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert linked.synced().fault == ""
    return len(asked)


def test_a_round_takes_the_same_statements_however_many_answers_wait(linked: Linked) -> None:
    counted_here_too(linked)
    one = statements_of_a_round(linked)
    for _ in range(3):
        counted_here_too(linked)
    assert ArgillaAnswer.objects.filter(state="waiting").count() == 4
    assert statements_of_a_round(linked) == one


def test_the_pause_doubles_up_to_the_longest(linked: Linked) -> None:
    counted_here_too(linked)
    pauses = []
    for _ in range(11):
        tried = ArgillaAnswer.objects.get()
        assert tried.next_at is not None
        assert tried.tried_at is not None
        pauses.append(tried.next_at - tried.tried_at)
        # As if that pause were over.
        ArgillaAnswer.objects.update(tried_at=F("tried_at") - pauses[-1], next_at=F("next_at") - pauses[-1])
        linked.synced()
    assert [one / timedelta(minutes=1) for one in pauses] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]


def test_what_waits_for_a_member_or_a_turn_comes_in_with_the_next_round(linked: Linked) -> None:
    annie, there = linked.reader()
    annie.memberships.all().delete()
    bert, other = linked.reader()
    assignment = claim(reviewer=bert, queue=linked.queue)
    assert assignment is not None
    save_draft(reviewer=bert, assignment=assignment, data={"ratings": {}}, version=0)
    record = ArgillaRecord.objects.get(item=assignment.item_id).record
    for who in (there, other):
        linked.answer(who, record, linked.rated())
    linked.synced()
    # As if tried so often that the next pause is long.
    ArgillaAnswer.objects.update(next_at=timezone.now() + timedelta(hours=5))
    linked.synced()
    assert not Review.objects.exists()
    add_member(actor=SYSTEM, queue=linked.queue, user=annie)
    pass_on(reviewer=bert, assignment=assignment, reason="Too close to home.")
    linked.synced()
    assert Review.objects.get().reviewer == annie
    assert "passed on this story" in ArgillaAnswer.objects.get(state="waiting").reason


def test_what_only_its_writer_can_mend_is_tried_when_somebody_asks(linked: Linked) -> None:
    _annie, there = linked.reader()
    theme = linked.questions()["themes"]["settings"]["options"][0]["value"]
    linked.answer(there, linked.records()[0]["id"], linked.rated(themes=[theme]))
    linked.synced()
    first = ArgillaAnswer.objects.get()
    assert (first.reason.partition(":")[0], first.next_at) == ("Still to rate", None)
    linked.synced()
    assert ArgillaAnswer.objects.get().tried_at == first.tried_at
    sync_link(actor=SYSTEM, link=linked.link)
    linked.synced()
    assert ArgillaAnswer.objects.get().tried_at > first.tried_at


def test_a_queue_that_is_shut_takes_answers_once_it_is_open_again(linked: Linked) -> None:
    admin, queue = person("admin"), linked.queue
    pause_queue(actor=admin, queue=queue)
    annie, there = linked.reader()
    linked.answer(there, linked.records()[0]["id"], linked.rated())
    linked.synced()
    assert "The queue is paused" in ArgillaAnswer.objects.get().reason
    counted = statements_of_a_round(linked)
    close_queue(actor=admin, queue=queue)
    _bert, other = linked.reader()
    linked.answer(other, linked.records()[1]["id"], linked.rated())
    linked.synced()
    assert "The queue is closed" in ArgillaAnswer.objects.order_by("-pk")[0].reason
    assert (statements_of_a_round(linked), Review.objects.count()) == (counted, 0)
    reopen_queue(actor=admin, queue=queue)
    linked.synced()
    assert (Review.objects.count(), Review.objects.filter(reviewer=annie, kind="commit").count()) == (2, 1)


def test_what_is_settled_while_a_round_goes_on_comes_in_at_once(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    annie = person()
    add_member(actor=SYSTEM, queue=linked.queue, user=annie)
    there = linked.argilla.person(linked.workspace, username=f"other-{annie.username}")
    linked.answer(there, linked.records()[0]["id"], linked.rated())

    def pull_and_settle(*told: Any) -> int:
        found = pull(*told)
        map_account(actor=SYSTEM, account=ArgillaPerson.objects.get(account=there.id), person=annie)
        return found

    monkeypatch.setattr(carrying, "pull", pull_and_settle)
    assert linked.synced().found == 1
    assert linked.link.next_at <= timezone.now(), "it is due again before its minute is over"
    monkeypatch.setattr(carrying, "pull", pull)
    linked.synced()
    assert (Review.objects.get().reviewer, ArgillaAnswer.objects.get().state) == (annie, "review")
    assert linked.link.next_at > timezone.now()


def test_a_rating_of_a_theme_that_is_not_chosen_is_not_lost(linked: Linked) -> None:
    _anna, there = linked.reader()
    record = linked.records()[0]["id"]
    criterion = default_rubric().criteria.get(key="C1")
    assert linked.questions()["C1"]["title"] == f"C1 {criterion.name} (only with its theme)"
    linked.answer(there, record, linked.rated(4, C1=2))
    linked.synced()
    said = f"C1 {criterion.name} is rated there, and its theme {criterion.theme.name} is not chosen."
    assert said in ArgillaAnswer.objects.get().reason
    # Where no AI is in the story nothing is rated.
    linked.answer(there, record, linked.rated(4, C1=2, no_ai="yes"))
    linked.synced()
    assert Review.objects.live_commits().get().out_of_scope
    linked.answer(there, record, linked.rated(4, C1=2, themes=[criterion.theme.key]))
    linked.synced()
    review = Review.objects.live_commits().get()
    assert review.ratings.get(criterion=criterion).value == 2
