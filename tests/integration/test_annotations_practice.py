"""Practice: stories in the review room that leave no review behind, feedback, and queues that require it."""

from dataclasses import replace

import pytest
from django.db import ProgrammingError, connection
from django.test import Client
from django.urls import reverse

from annotations.actions import claim, set_practice
from annotations.actions.practising import NotPractised
from annotations.models import Assignment, PracticeAttempt, Review
from annotations.practising import Done, PracticeStory, practice_stories
from annotations.queries.practice import as_done, has_practised, is_new, latest_attempts
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core.errors import NotAllowed
from curation.stories.models import Story
from tests.builders import add_story, default_rubric, person, practised, queue_of, review_by

pytestmark = pytest.mark.django_db


def at(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sheet(story: PracticeStory, *, by: int = 0, flags: bool = True) -> dict[str, object]:
    """The page's form, with the expert's ratings moved `by` towards the middle."""
    moved = {key: verdict.value for key, verdict in story.ratings.items()}
    for key, value in moved.items():
        if value is not None and by:
            moved[key] = value - by if value > 3 else value + by
    fields: dict[str, object] = {f"rating_{key}": value or "na" for key, value in moved.items()}
    raised = [flag for flag in story.flags if flags]
    fields |= {"theme": list(story.themes), "flag": [flag["key"] for flag in raised], "active_seconds": "60"}
    for flag in raised:
        fields[f"passage_{flag['key']}"] = flag["quote"]
        fields |= {f"{name}_{flag['key']}": flag.get(name, "") for name in ("conduct", "intent", "portrayal")}
    return fields


def rate(client: Client, story: PracticeStory, **how: bool | int) -> str:
    response = client.post(reverse("practice_story", args=[story.number]), sheet(story, **how), follow=True)  # type: ignore[arg-type]
    assert response.status_code == 200
    return response.content.decode()


def test_the_round_is_walked_through_story_by_story_and_passed() -> None:
    default_rubric()
    annie = person()
    client, stories = at(annie), practice_stories()
    assert "Start" in client.get(reverse("practice")).content.decode()
    for story in stories[:-1]:
        seen = rate(client, story)
        assert "Every rating is the expert’s" in seen
        assert reverse("practice_story", args=[story.number + 1]) in seen
        assert not has_practised(annie)
    assert f"{len(stories) - 1} of {len(stories)} stories rated" in client.get(reverse("practice")).content.decode()
    assert "you have passed the practice round" in rate(client, stories[-1])
    assert has_practised(annie)
    assert "Practised" in client.get("/").content.decode()
    assert not Review.objects.exists()
    assert not Assignment.objects.exists()
    assert not Story.objects.exists()


def test_feedback_says_where_and_why() -> None:
    default_rubric()
    client, story = at(person()), practice_stories()[3]
    assert client.get(reverse("practice_feedback", args=[4])).status_code == 302
    seen = rate(client, story, by=2, flags=False)
    assert "it replaced the handset, in the records" in seen
    assert "the expert raised it" in seen
    assert "≠" in seen
    assert "Kind intent does not save it." in seen
    assert 'title="Backfire"' in seen


def test_a_theme_that_was_not_marked_counts_as_missed() -> None:
    default_rubric()
    client, story = at(person()), practice_stories()[4]
    fields = sheet(story) | {"theme": []}
    seen = client.post(reverse("practice_story", args=[5]), fields, follow=True).content.decode()
    assert "not asked: the theme was not marked" in seen
    assert PracticeAttempt.objects.get().within_one == 7


def test_it_can_be_repeated_and_stays_passed() -> None:
    default_rubric()
    annie = person()
    client, stories = at(annie), practice_stories()
    for story in stories:
        rate(client, story, flags=False)
    seen = client.get(reverse("practice")).content.decode()
    assert "you missed the one flag that matters" in seen
    assert not has_practised(annie)
    rate(client, stories[3])
    assert has_practised(annie)
    for story in stories:
        rate(client, story, by=2)
    assert has_practised(annie)
    assert PracticeAttempt.objects.count() == 2 * len(stories) + 1


def test_an_unfinished_sheet_is_shown_again_with_what_was_sent() -> None:
    default_rubric()
    client = at(person())
    address = reverse("practice_story", args=[1])
    answer = client.post(address, {"rating_A1": "4"})
    assert answer.status_code == 422
    assert "Still to rate: A2" in answer.content.decode()
    assert 'value="4" checked' in " ".join(answer.content.decode().split())
    assert not PracticeAttempt.objects.exists()
    assert client.get(reverse("practice_story", args=[99])).status_code == 404
    assert client.get(reverse("practice_feedback", args=[0])).status_code == 404


def test_an_attempt_is_never_rewritten() -> None:
    practised(person())
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE annotations_practiceattempt SET passed = true")


def test_a_queue_can_require_it() -> None:
    annie, curator = person(), person(Role.CURATOR)
    queue = queue_of(annie, stories=[add_story(title="Two Spoons")], name="Harbour", requires_practice=True)
    room = reverse("review", args=[queue.slug])
    refused = at(annie).get(room)
    assert refused.status_code == 403
    assert "A little practice first" in refused.content.decode()
    assert reverse("practice") in refused.content.decode()
    with pytest.raises(NotPractised):
        claim(reviewer=annie, queue=queue)
    assert not Assignment.objects.exists()
    practised(annie)
    assert "Two Spoons" in at(annie).get(room).content.decode()
    listed = at(curator).get(reverse("queue_detail", args=[queue.slug])).content.decode()
    assert "Practised" in listed
    assert "asked of every reader" in listed


def test_a_curator_turns_the_requirement_on_and_off() -> None:
    annie, curator = person(), person(Role.CURATOR)
    queue = queue_of(annie, stories=[add_story()])
    address = reverse("queue_practice", args=[queue.slug])
    for _again in range(2):
        at(curator).post(address, {"required": "yes"})
    queue.refresh_from_db()
    assert queue.requires_practice
    assert at(annie).post(address, {"required": "no"}).status_code == 403
    at(curator).post(address, {"required": "no"})
    queue.refresh_from_db()
    assert not queue.requires_practice
    with pytest.raises(NotAllowed):
        set_practice(actor=annie, queue=queue, required=True)
    said = Entry.objects.filter(verb="queue.practice_set").order_by("id")
    assert [one.data for one in said] == [{"required": True}, {"required": False}], "the same again is no change"


def test_an_attempt_stands_for_its_story_as_it_reads_now_until_the_next_one_and_for_one_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    default_rubric()
    annie, ben = person(), person()
    first, second = practice_stories()[:2]
    for user, story in ((annie, first), (annie, second), (ben, first)):
        rate(at(user), story, by=2)
    rate(at(annie), first)
    found = latest_attempts(annie)
    assert set(found) == {first.key, second.key}
    assert {attempt.user_id for attempt in found.values()} == {annie.pk}
    done = as_done(found[first.key])
    assert done.exact == done.compared > 0
    assert list(done.flags) == [flag["key"] for flag in first.flags]
    assert as_done(found[second.key]).exact < as_done(found[second.key]).compared
    assert as_done(PracticeAttempt(compared=3, exact=1, within_one=2, data={})) == Done(3, 1, 2, [])
    newer = [replace(story, version=story.version + 1) if story == first else story for story in practice_stories()]
    monkeypatch.setattr("annotations.queries.practice.practice_stories", lambda: newer)
    assert set(latest_attempts(annie)) == {second.key}
    assert latest_attempts(person()) == {}


def test_who_has_tried_or_reviewed_something_is_not_new() -> None:
    annie, ben, imani = person(), person(), person()
    queue = queue_of(ben, stories=[add_story()], overlap=1)
    rate(at(annie), practice_stories()[0])
    review_by(ben, queue)
    assert [is_new(user) for user in (annie, ben, imani)] == [False, False, True]
    assert [has_practised(user) for user in (annie, ben, imani)] == [False] * 3
