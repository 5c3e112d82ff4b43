"""The builders of tests: each state is the one that the rooms' own actions lead to, with all that comes with it."""

import pytest

from annotations.models import Decision, Item
from curation.accounts.models import Role
from curation.stories.models import Stage, Story
from tests import builders

pytestmark = pytest.mark.django_db


def state(story: Story) -> str:
    return Stage.objects.get(story=story).state


def outcomes(story: Story) -> list[str]:
    return list(Decision.objects.filter(story=story).order_by("id").values_list("outcome", flat=True))


def test_a_checked_story_has_its_checks() -> None:
    (story,) = builders.checked_stories(1)
    assert state(story) == "checked"
    assert set(story.checks.values_list("kind", flat=True)) >= {"near_duplicate"}


def test_a_blocked_story_says_what_blocks_it_and_goes_into_a_queue_once_a_curator_lets_it_on() -> None:
    story = builders.blocked_story()
    assert state(story) == "blocked"
    assert story.checks.filter(verdict="block").exists()
    builders.queue_of(stories=[story])
    assert state(story) == "queued"


def test_a_disputed_story_waits_for_a_curator_who_adjudicates_it() -> None:
    assert state(builders.disputed_story()) == "adjudication"
    story = builders.adjudicated_story(builders.person(Role.CURATOR), "reject")
    assert (state(story), outcomes(story)) == ("rejected", ["adjudicate", "reject"])


def test_a_reopened_story_is_in_review_again_with_all_its_decisions() -> None:
    story = builders.reopened_story(builders.person())
    assert (state(story), outcomes(story)) == ("queued", ["accept", "reopened"])


def test_an_expired_assignment_has_given_its_seat_back() -> None:
    reviewer = builders.person()
    queue = builders.queue_of(reviewer, stories=[builders.add_story()])
    assert builders.expired_assignment(reviewer, queue).state == "expired"
    assert Item.objects.get(queue=queue).seats_left == 2
