"""A review whose seat was given on can be kept as an extra one, which counts nowhere."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.actions import claim, expire, pass_on, recuse, remove_member, resume, save_draft, shut_story, submit
from annotations.actions.resuming import SeatTaken
from annotations.models import Assignment, Decision, Item, Queue, Review
from annotations.queries.decisions import blind_commits, evidence
from annotations.schema import parse_submission
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.calibration.queries.labels import blind_ratings
from curation.core.errors import Conflict
from curation.releases.models import ReleaseItem
from tests.builders import add_story, answers, built_release, dataset, person, queue_of, review_by
from tests.integration.test_annotations_statements import form

pytestmark = pytest.mark.django_db


@pytest.fixture
def annie() -> User:
    return person()


@pytest.fixture
def ben() -> User:
    return person()


@pytest.fixture
def queue(annie: User, ben: User) -> Queue:
    return queue_of(annie, ben, stories=[add_story(title="The Weir")], overlap=1)


@pytest.fixture
def late(annie: User, ben: User, queue: Queue) -> Assignment:
    """Annie's assignment, after its lease ran out and its place went to Ben."""
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    Assignment.objects.update(lease_until=Now() - timedelta(minutes=1))
    expire()
    assert claim(reviewer=ben, queue=queue) is not None
    return assignment


@pytest.fixture
def keep(annie: User, late: Assignment) -> Callable[..., Review]:
    key = uuid4()

    def run(*, or_extra: bool = True) -> Review:
        submission = parse_submission(answers(1), late.rubric)
        return submit(reviewer=annie, assignment=late, submission=submission, idempotency_key=key, or_extra=or_extra)

    return run


def test_it_is_kept_only_when_asked_for_and_only_once(keep: Callable[..., Review], late: Assignment) -> None:
    with pytest.raises(SeatTaken, match="extra review"):
        keep(or_extra=False)
    extra = keep()
    assert extra.kind == "extra"
    assert keep() == extra == keep(or_extra=False)
    late.refresh_from_db()
    assert late.state == "closed"
    assert Item.objects.get().seats_left == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            assignment=late, story=late.story, reviewer=late.reviewer, rubric=late.rubric, kind="extra",
            idempotency_key=uuid4(),
        )  # fmt: skip


def test_it_is_a_real_review_while_the_seat_is_free(annie: User, queue: Queue) -> None:
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    Assignment.objects.update(lease_until=Now() - timedelta(minutes=1))
    expire()
    review = submit(
        reviewer=annie,
        assignment=assignment,
        submission=parse_submission(answers(), assignment.rubric),
        idempotency_key=uuid4(),
        or_extra=True,
    )
    assert review.kind == "commit"
    assert Decision.objects.exists()


def test_it_counts_in_no_decision_label_or_release(
    keep: Callable[..., Review], late: Assignment, ben: User, queue: Queue
) -> None:
    extra = keep()
    assert not Decision.objects.exists()
    commit = review_by(ben, queue)
    decision = Decision.objects.get()
    assert (decision.outcome, decision.review_ids) == ("accept", [commit.pk])
    assert list(blind_commits(late.story_id, late.rubric_id)) == [commit]
    assert evidence(late.story_id, late.rubric_id).review_ids == [commit.pk]
    assert set(blind_ratings(late.rubric).values_list("review", flat=True)) == {commit.pk}
    built_release(dataset())
    assert ReleaseItem.objects.get().review_ids == [commit.pk]
    assert extra.ratings.exists()


def test_a_safety_flag_in_it_is_heard_all_the_same(late: Assignment, annie: User, ben: User, queue: Queue) -> None:
    submission = parse_submission(answers(flags={"self_harm": {}}), late.rubric)
    submit(reviewer=annie, assignment=late, submission=submission, idempotency_key=uuid4(), or_extra=True)
    decision = Decision.objects.get()
    assert (decision.outcome, decision.review_ids) == ("adjudicate", [])
    assert Assignment.objects.get(reviewer=ben).state == "closed"
    assert claim(reviewer=ben, queue=queue) is None


def test_nobody_gets_the_story_again_after_it(
    keep: Callable[..., Review], annie: User, ben: User, queue: Queue
) -> None:
    keep()
    remove_member(actor=SYSTEM, queue=queue, user=ben)
    assert Item.objects.get().seats_left == 1
    assert claim(reviewer=annie, queue=queue) is None


def test_who_can_no_longer_judge_blind_keeps_neither(
    keep: Callable[..., Review], annie: User, late: Assignment
) -> None:
    recuse(user=annie, story=late.story)
    with pytest.raises(Conflict, match="no longer review it blind"):
        keep()
    assert not Review.objects.exists()


def test_who_left_the_queue_keeps_neither(keep: Callable[..., Review], annie: User, queue: Queue) -> None:
    remove_member(actor=SYSTEM, queue=queue, user=annie)
    with pytest.raises(Conflict, match="no longer in its queue"):
        keep()


def test_once_the_story_is_purged_nothing_is_kept_of_it(keep: Callable[..., Review], late: Assignment) -> None:
    shut_story(story_id=late.story_id)
    with pytest.raises(Conflict, match="Your turn at this story is over"):
        keep()
    assert not Review.objects.exists()


def test_the_page_offers_it_and_the_story_page_shows_it_as_extra(
    late: Assignment, annie: User, ben: User, queue: Queue
) -> None:
    client = Client()
    client.force_login(annie)
    address, sent = reverse("review_submit", args=[queue.slug, late.pk]), form(answers(2, comment="Too calm."))
    page = client.post(address, {**sent, "comment": "Too calm."}).content.decode()
    assert "Keep as an extra review" in page
    assert "Too calm." in page
    assert client.post(address, {**sent, "comment": "Too calm.", "extra": "on"}).status_code == 302
    assert Review.objects.get().kind == "extra"
    curator = person(Role.CURATOR)
    client.force_login(curator)
    story = reverse("story_detail", args=[late.story_id])
    assert "Too calm." not in client.get(story).content.decode()
    review_by(ben, queue)
    shown = client.get(story).content.decode()
    assert "Extra reviews" in shown
    assert "Too calm." in shown


def drafted(reviewer: User, assignment: Assignment) -> None:
    """Something marked at an assignment, whose lease is over or not."""
    save_draft(reviewer=reviewer, assignment=assignment, data=answers(2, comment="Half way."), version=0)


def test_what_was_marked_can_be_found_again_and_kept(annie: User, ben: User, queue: Queue, late: Assignment) -> None:
    client = Client()
    client.force_login(annie)
    room, address = reverse("review", args=[queue.slug]), reverse("review_assignment", args=[queue.slug, late.pk])
    assert address not in client.get(room).content.decode()
    drafted(annie, late)
    for page in (room, reverse("my_work")):
        told = client.get(page).content.decode()
        assert "<bdi>The Weir</bdi>" in told
        assert address in told
    found = client.get(address)
    assert found.status_code == 409
    assert "Half way." in found.content.decode()
    assert "Keep as an extra review" in found.content.decode()
    client.force_login(ben)
    assert client.get(address).status_code == 404
    client.force_login(annie)
    client.post(reverse("review_submit", args=[queue.slug, late.pk]), {**form(answers(3)), "extra": "on"})
    assert Review.objects.get().kind == "extra"
    assert address not in client.get(room).content.decode()


def test_a_turn_that_goes_on_has_a_lease_of_its_own(annie: User, ben: User, late: Assignment) -> None:
    pass_on(reviewer=ben, assignment=Assignment.objects.get(reviewer=ben), reason="Not for me.")
    resume(reviewer=annie, assignment=late)
    assert Assignment.objects.get(pk=late.pk).lease_until > timezone.now() + timedelta(minutes=30)
    assert expire() == 0


def test_opening_it_goes_on_where_the_seat_is_free_again(
    annie: User, ben: User, queue: Queue, late: Assignment
) -> None:
    drafted(annie, late)
    taken = Assignment.objects.get(reviewer=ben)
    pass_on(reviewer=ben, assignment=taken, reason="Not for me.")
    client = Client()
    client.force_login(annie)
    address = reverse("review_assignment", args=[queue.slug, late.pk])
    page = client.get(address, follow=True)
    assert page.redirect_chain == [(reverse("review", args=[queue.slug]), 302)]
    assert "Half way." in page.content.decode()
    assignment = Assignment.objects.get(pk=late.pk)
    assert assignment.state == "active"
    assert assignment.lease_until > timezone.now() + timedelta(minutes=30)
    assert client.get(address).status_code == 302
    review_by(annie, queue)
    assert client.get(address).status_code == 409
