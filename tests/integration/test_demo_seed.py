"""The demonstration workspace: made by real actions, whole, and never in a workspace that is in use."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotations.models import Decision, Item, Review
from curation.accounts.models import User
from curation.demo import samples, seed
from curation.releases.models import Release, ReleaseItem
from curation.stories.models import Stage, Story
from tests.builders import person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXEMPLA_DEMO_PASSWORD", "a-demo-password")


def test_the_demonstration_is_whole_and_made_once() -> None:
    seed.seed()
    assert Story.objects.count() == len(samples.slugs())
    assert Review.objects.count() == 2 * sum(bool(samples.reviews(slug)) for slug in samples.slugs())
    states = set(Stage.objects.values_list("state", flat=True))
    assert states == {"queued", "adjudication", "accepted", "rejected", "rewrite"}
    release = Release.objects.get()
    assert (str(release.dataset), release.version, release.state) == ("exempla/samples", "v0.1.0", "built")
    accepted = set(Decision.objects.filter(outcome="accept").values_list("story_id", flat=True))
    assert set(ReleaseItem.objects.values_list("story_id", flat=True)) == accepted
    assert Item.objects.filter(seats_left=2).count() == sum(not samples.reviews(slug) for slug in samples.slugs())
    assert all(user.check_password("a-demo-password") for user in User.objects.all())
    call_command("seed_demo")
    assert Story.objects.count() == len(samples.slugs())


def test_a_planted_story_is_not_accepted() -> None:
    seed.seed()
    for slug in ("eleven-passengers", "the-umbrella-room", "kilometre-612", "forty-kilos-of-plums"):
        assert Decision.objects.get(story__original_id=slug).outcome == "reject"
    assert Decision.objects.get(story__original_id="the-scholarship-list").outcome == "rewrite"


def test_a_workspace_in_use_is_left_alone() -> None:
    person()
    with pytest.raises(CommandError, match="in use"):
        call_command("seed_demo")
    call_command("seed_demo", if_new=True)
    assert not Story.objects.exists()


def test_stopped_half_way_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    enter = seed.enter_reviews
    entered = []

    def stop_at_the_third(**arguments: object) -> None:
        if len(entered) == 2:
            raise KeyboardInterrupt
        entered.append(arguments["story"])
        enter(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(seed, "enter_reviews", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        seed.seed()
    monkeypatch.setattr(seed, "enter_reviews", enter)
    seed.seed()
    assert Review.objects.count() == 2 * sum(bool(samples.reviews(slug)) for slug in samples.slugs())
