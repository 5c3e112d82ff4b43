"""A pass that is taken back: the seat, the reason, and what else the reviewer holds."""

import pytest
from django.test import Client

from annotations.actions import claim, close_queue, pass_on, recuse, save_draft, take_pass_back
from annotations.models import Assignment, Draft, Item, Queue
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core.errors import Conflict
from tests.builders import add_story, expired_assignment, person, queue_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def annie() -> User:
    return person()


@pytest.fixture
def ben() -> User:
    return person()


@pytest.fixture
def queue(annie: User, ben: User) -> Queue:
    stories = [add_story(title=title) for title in ("The Weir", "Two Spoons", "The Door")]
    return queue_of(annie, ben, stories=stories, overlap=1, slug="night")


@pytest.fixture
def passed(annie: User, queue: Queue) -> Assignment:
    """Annie's assignment at the first story, with something marked, passed on."""
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    save_draft(reviewer=annie, assignment=assignment, data={"comment": "so far"}, version=0)
    pass_on(reviewer=annie, assignment=assignment, reason="Too long today")
    assignment.refresh_from_db()
    return assignment


def seats_left(assignment: Assignment) -> int:
    return Item.objects.get(pk=assignment.item_id).seats_left


def test_the_story_is_theirs_again_with_all_that_was_marked(annie: User, queue: Queue, passed: Assignment) -> None:
    assert seats_left(passed) == 1
    take_pass_back(reviewer=annie, assignment=passed)
    take_pass_back(reviewer=annie, assignment=passed)
    passed.refresh_from_db()
    assert (passed.state, passed.pass_reason, passed.ended_at) == ("active", "", None)
    assert seats_left(passed) == 0
    held = claim(reviewer=annie, queue=queue)
    assert held == passed
    assert Draft.objects.get(assignment=passed).data["comment"] == "so far"
    assert Entry.objects.filter(verb="assignment.pass_taken_back", actor=annie).count() == 1


def test_nobody_holds_three_and_what_is_marked_is_kept(annie: User, queue: Queue, passed: Assignment) -> None:
    reading = claim(reviewer=annie, queue=queue)
    assert reading is not None
    ahead = claim(reviewer=annie, queue=queue, ahead_of=reading.pk)
    assert ahead is not None
    take_pass_back(reviewer=annie, assignment=passed)
    states = dict(Assignment.objects.values_list("story__title", "state"))
    assert states == {"The Weir": "active", "Two Spoons": "active", "The Door": "expired"}
    assert seats_left(ahead) == 1


def test_what_was_marked_in_the_story_ahead_is_not_given_back(annie: User, queue: Queue, passed: Assignment) -> None:
    reading = claim(reviewer=annie, queue=queue)
    assert reading is not None
    ahead = claim(reviewer=annie, queue=queue, ahead_of=reading.pk)
    assert ahead is not None
    save_draft(reviewer=annie, assignment=ahead, data={"comment": "so far"}, version=0)
    take_pass_back(reviewer=annie, assignment=passed)
    assert set(Assignment.objects.values_list("state", flat=True)) == {"active"}


def test_a_turn_that_ran_out_can_be_passed_on_too(annie: User, queue: Queue) -> None:
    assignment = expired_assignment(annie, queue)
    pass_on(reviewer=annie, assignment=assignment, reason="Too long today")
    assignment.refresh_from_db()
    assert (assignment.state, assignment.pass_reason) == ("passed", "Too long today")
    next_one = claim(reviewer=annie, queue=queue)
    assert next_one is not None
    assert next_one.story_id != assignment.story_id


def test_it_stays_passed_when_the_seat_is_taken(annie: User, ben: User, queue: Queue, passed: Assignment) -> None:
    taken = claim(reviewer=ben, queue=queue)
    assert taken is not None
    assert taken.story_id == passed.story_id
    with pytest.raises(Conflict, match="Another reader has this story"):
        take_pass_back(reviewer=annie, assignment=passed)
    passed.refresh_from_db()
    assert (passed.state, passed.pass_reason) == ("passed", "Too long today")


def test_it_stays_passed_for_who_may_not_read_it(annie: User, ben: User, queue: Queue, passed: Assignment) -> None:
    with pytest.raises(Conflict):
        take_pass_back(reviewer=ben, assignment=passed)
    recuse(user=annie, story=passed.story)
    with pytest.raises(Conflict):
        take_pass_back(reviewer=annie, assignment=passed)


def test_a_closed_queue_gives_nothing_back(annie: User, queue: Queue, passed: Assignment) -> None:
    close_queue(actor=person(Role.CURATOR), queue=queue)
    with pytest.raises(Conflict):
        take_pass_back(reviewer=annie, assignment=passed)
    passed.refresh_from_db()
    assert passed.state != "active"


def test_the_page_offers_it_to_who_passed_and_says_why_not(
    client: Client, annie: User, ben: User, queue: Queue, passed: Assignment
) -> None:
    undo = f"/review/night/{passed.pk}/pass/undo/"
    client.force_login(annie)
    assert client.post(undo).status_code == 302
    assert undo not in client.get(f"/review/night/?passed={passed.pk}").content.decode(), "it is theirs again"
    passed.refresh_from_db()
    assert (passed.state, passed.pass_reason) == ("active", "")
    pass_on(reviewer=annie, assignment=passed, reason="Too long after all")
    client.force_login(ben)
    assert undo not in client.get(f"/review/night/?passed={passed.pk}").content.decode()
    assert client.post(undo).status_code == 404
    client.force_login(annie)
    assert client.get(undo).status_code == 405
    for key in ("x", "9" * 30, "", "²"):
        assert undo not in client.get("/review/night/", {"passed": key}).content.decode()
    assert undo in client.get(f"/review/night/?passed={passed.pk}").content.decode()
    Item.objects.filter(pk=passed.item_id).update(seats_left=0)
    page = client.post(undo, follow=True)
    assert "Another reader has this story by now" in page.content.decode()
