"""Release quality: who is given a released story to rate once more, and what that says and does not touch."""

from pathlib import Path
from typing import Any

import pytest
from django.db import Error, transaction
from django.test import Client
from django.urls import reverse

from annotations.actions import add_items, add_member, claim, recuse_from, shut_story
from annotations.counting import Use
from annotations.models import Decision, Item, Queue, Review, Saw
from annotations.models.queue import ItemKind
from annotations.queries.audits import audited
from annotations.queries.blindness import involvement_of
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.releases.actions import build, draw_rerating, note_download, start_release
from curation.releases.models import Release, ReratingSample
from curation.releases.queries import quality as measuring
from curation.releases.queries.quality import newest_measured, release_quality
from curation.releases.selecting import SelectionChoice
from curation.standards.models import Rubric
from curation.stories.models import Stage
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def released(stories: int, *readers: User) -> Release:
    builders.accepted_stories(stories, *readers)
    return builders.built_release(builders.dataset())


def drawn(release: Release, stories: int, *readers: User, overlap: int = 1) -> Queue:
    queue = draw_rerating(actor=SYSTEM, release=release, name="Second reading", stories=stories, overlap=overlap).queue
    for reader in readers:
        add_member(actor=SYSTEM, queue=queue, user=reader)
    return queue


def test_nobody_is_given_a_story_who_rated_it_or_has_seen_its_ratings() -> None:
    rated, other, fresh, downloads, looks = (builders.person() for _ in range(5))
    release = released(1, rated, other)
    queue = drawn(release, 1, rated, fresh, downloads, looks, overlap=2)
    story = Item.objects.get(queue=queue).story
    assert involvement_of(fresh, story.pk).open_to
    note_download(user=downloads, release=release)
    recuse_from(user=looks, stories=[story.pk], saw=Saw.REVIEWS)
    for person in (rated, downloads, looks):
        assert claim(reviewer=person, queue=queue) is None
        assert not involvement_of(person, story.pk).open_to
    assert claim(reviewer=fresh, queue=queue) is not None


def test_stories_are_drawn_by_chance() -> None:
    release = released(20)
    stories = list(release.items.order_by("story").values_list("story", flat=True))
    found = sorted(Item.objects.filter(queue=drawn(release, 10)).values_list("story", flat=True))
    assert len(found) == 10
    # By chance about once in a hundred thousand times.
    assert found not in (stories[:10], stories[10:])


def test_stories_that_were_sent_to_rewrite_are_neither_drawn_nor_counted() -> None:
    (accepted,) = builders.accepted_stories(1)
    builders.adjudicated_story(builders.person(Role.CURATOR), "rewrite")
    choice = SelectionChoice(rewrites=True)
    release = build(release=start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0", choice=choice))
    assert release.items.count() == 2
    queue = drawn(release, 2)
    assert Item.objects.get(queue=queue).story == accepted
    assert ReratingSample.objects.get().of == 1


def test_a_story_that_left_its_queue_unread_counts_as_lost() -> None:
    release, fresh = released(2), builders.person()
    queue = drawn(release, 2, fresh)
    read = builders.review_by(fresh, queue)
    shut_story(story_id=Item.objects.filter(queue=queue).exclude(story=read.story).get().story_id)
    found = audited(release.rubric, queues=[queue.pk], most=10, kind=ItemKind.RERATING)
    assert (found.stories, found.lost) == ([read.story_id], 1)


def test_whoever_rated_it_under_another_rubric_is_not_given_it_either() -> None:
    elsewhere, fresh = builders.person(), builders.person()
    release = released(1, builders.person(), builders.person())
    queue = drawn(release, 1, elsewhere, fresh, overlap=2)
    story = Item.objects.get(queue=queue).story
    rate_under_another_rubric(elsewhere, story.pk)
    assert claim(reviewer=elsewhere, queue=queue) is None
    assert not involvement_of(elsewhere, story.pk).open_to
    normal = builders.queue_of(elsewhere)
    add_items(actor=SYSTEM, queue=normal, stories=[story], kind=ItemKind.AUDIT)
    assert involvement_of(elsewhere, story.pk).open_to, "in an audit by the first rubric they still may"
    assert claim(reviewer=fresh, queue=queue) is not None


def rate_under_another_rubric(reader: User, story: int) -> None:
    """Store a review of theirs by a copy of the rubric."""
    first = Review.objects.filter(story=story, kind="commit").select_related("assignment", "rubric").earliest("pk")
    rubric = Rubric.objects.create(name="Another", version=1)
    assignment = first.assignment
    assignment.pk, assignment.reviewer, assignment.rubric, assignment.seat, assignment.state = (
        None,
        reader,
        rubric,
        5,
        "submitted",
    )
    assignment.save(force_insert=True)
    first.pk, first.assignment, first.reviewer, first.rubric = None, assignment, reader, rubric
    first.idempotency_key = "00000000-0000-4000-8000-000000000001"
    first.save(force_insert=True)


def test_a_re_rating_touches_no_decision_and_no_later_release() -> None:
    readers = builders.person(), builders.person()
    release = released(2, *readers)
    queue = drawn(release, 2, harsh := builders.person())
    for _ in range(2):
        builders.review_by(harsh, queue, builders.answers(1))
    assert set(Stage.objects.values_list("state", flat=True)) == {"accepted"}
    assert Decision.objects.count() == 2
    assert {use: Review.objects.counting(use).filter(reviewer=harsh).count() for use in Use} == {
        Use.DECISION: 0, Use.AGREEMENT: 0, Use.LABELS: 0, Use.RELEASE: 0, Use.QUALITY: 2,
    }  # fmt: skip
    builders.accepted_stories(1, *readers)
    later = builders.built_release(release.dataset, "v0.2.0")
    assert later.frozen["counts"]["reviews"] == 6
    assert not later.dataset.pseudonyms.filter(user=harsh).exists()


def test_the_estimate_is_the_share_accepted_anew_and_the_mean_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LEAST_RERATED", 3)
    release = released(5, builders.person(), builders.person())
    reader = builders.person()
    assert release_quality(release) is None
    queue = drawn(release, 4, reader)
    nothing = release_quality(release)
    assert nothing is not None
    assert (nothing.drawn, nothing.of, nothing.rated, nothing.measured) == (4, 5, 0, False)
    for value in (5, 4, 2):
        builders.review_by(reader, queue, builders.answers(value))
    found = release_quality(release)
    assert found is not None
    assert (found.rated, round(found.accepted.value, 4)) == (3, 0.6667), "2 is below what the policy asks for"
    assert found.accepted.low < 0.5 < found.accepted.high
    assert round(found.differences["B1"].value, 4) == round((5 + 4 + 2) / 3 - 4, 4)
    assert found.differences["B1"].low <= found.differences["B1"].value <= found.differences["B1"].high
    builders.accepted_stories(1)
    later = builders.built_release(release.dataset, "v0.2.0")
    assert later.frozen["quality"]["version"] == "v0.1.0"
    assert later.frozen["quality"]["rated"] == 3
    assert release.frozen["quality"] is None
    assert newest_measured(release.dataset) is not None


def test_too_few_re_ratings_give_no_difference() -> None:
    release = released(1, builders.person(), builders.person())
    reader = builders.person()
    builders.review_by(reader, drawn(release, 1, reader))
    found = release_quality(release)
    assert found is not None
    assert (found.as_data()["differences"]["B1"]["value"], found.as_data()["accepted"]["value"]) == (None, 1.0)


def test_freezing_another_release_leaves_those_who_rate_again_at_it() -> None:
    release = released(1, builders.person(), builders.person())
    reader = builders.person()
    queue = drawn(release, 1, reader)
    assignment = claim(reviewer=reader, queue=queue)
    builders.accepted_stories(1)
    builders.built_release(release.dataset, "v0.2.0")
    assert assignment is not None
    assignment.refresh_from_db()
    assert assignment.state == "active"


def test_a_story_is_drawn_for_a_release_once_and_only_by_who_may_release_it() -> None:
    release = released(3, builders.person(), builders.person())
    for role in (Role.ANNOTATOR, Role.RESEARCHER):
        with pytest.raises(NotAllowed):
            draw_rerating(actor=builders.person(role), release=release, name="A", stories=1)
    first = draw_rerating(actor=SYSTEM, release=release, name="A", stories=2)
    second = draw_rerating(actor=SYSTEM, release=release, name="B", stories=50)
    assert (first.stories, second.stories, second.of) == (2, 1, 3)
    with pytest.raises(Conflict, match="drawn already"):
        draw_rerating(actor=SYSTEM, release=release, name="C", stories=1)
    assert not Queue.objects.filter(name="C").exists()
    with pytest.raises(InvalidInput):
        draw_rerating(actor=SYSTEM, release=release, name="D", stories=0)
    with pytest.raises(Error), transaction.atomic():
        ReratingSample.objects.update(stories=1)


def test_the_page_says_not_measured_until_it_is_and_lets_curators_draw() -> None:
    release = released(2, builders.person(), builders.person())
    args = [release.dataset.org, release.dataset.name, release.version]
    here, client = reverse("release_quality", args=args), Client()
    client.force_login(builders.person(Role.RESEARCHER))
    page = client.get(here).content.decode()
    assert "Not measured." in page
    assert "Have some rated once more" not in page
    client.force_login(builders.person(Role.CURATOR))
    assert client.post(here, {"name": "", "stories": "0", "overlap": "2"}).status_code == 422
    answer = client.post(here, {"name": "Second reading", "stories": "2", "overlap": "1"})
    assert answer.headers["Location"] == reverse("queue_detail", args=["second-reading"])
    assert "2 stories of v0.1.0 are to be rated once more." in client.get(here).content.decode()
    reader, queue = builders.person(), Queue.objects.get(slug="second-reading")
    add_member(actor=SYSTEM, queue=queue, user=reader)
    builders.review_by(reader, queue)
    dataset = client.get(reverse("dataset", args=args[:2])).content.decode()
    assert "would accept 100%" in dataset
    assert "too few to say" in dataset


def test_whoever_was_shown_rows_of_a_version_is_not_given_their_stories() -> None:
    reader = builders.person()
    release = released(1, builders.person(), builders.person())
    queue, client = drawn(release, 1), Client()
    client.force_login(reader)
    args = [release.dataset.org, release.dataset.name, release.version]
    assert client.get(reverse("release", args=args)).status_code == 200
    add_member(actor=SYSTEM, queue=queue, user=reader)
    assert claim(reviewer=reader, queue=queue) is None
