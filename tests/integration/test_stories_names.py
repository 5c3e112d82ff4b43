"""A story without a title has one name, wherever people read of it."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from annotations.actions import save_draft
from curation.accounts.models import Role
from curation.stories.names import name_of
from tests.api import Caller
from tests.builders import (
    accepted_stories,
    add_story,
    built_release,
    dataset,
    expired_assignment,
    person,
    queue_of,
    review_by,
)

pytestmark = pytest.mark.django_db


def test_a_story_is_called_by_its_title_and_else_by_its_key() -> None:
    named, untitled = add_story(title="The Door"), add_story()
    assert (str(named), str(untitled)) == ("The Door", f"Story {untitled.pk}")
    assert name_of("", 37) == "Story 37"
    with translation.override("de"):
        assert str(untitled) == f"Geschichte {untitled.pk}"


def test_readers_and_curators_see_the_same_name(client: Client) -> None:
    annie, ben = person(), person()
    first, second = add_story(), add_story()
    queue = queue_of(annie, ben, stories=[first, second], overlap=1)
    late = expired_assignment(annie, queue)
    save_draft(reviewer=annie, assignment=late, data={"comment": "Half way."}, version=0)
    review_by(ben, queue)
    client.force_login(annie)
    room = client.get(reverse("review", args=[queue.slug])).content.decode()
    assert f'tabindex="-1">Story {second.pk}</h1>' in room
    assert f"Your time with “<bdi>Story {first.pk}</bdi>” ran out" in room
    assert f"Your time with “<bdi>Story {first.pk}</bdi>” ran out" in client.get(reverse("my_work")).content.decode()
    client.force_login(person(Role.CURATOR))
    for address in (reverse("story_list"), reverse("story_detail", args=[first.pk])):
        assert f">Story {first.pk}</" in client.get(address).content.decode(), address


def test_what_a_version_would_take_is_named_so_too(settings: Any, tmp_path: Path, client: Client) -> None:
    settings.HOME = tmp_path
    readers, of = (person(), person()), dataset()
    accepted_stories(1, *readers)
    built_release(of)
    (story,) = accepted_stories(1, *readers)
    curator = person(Role.CURATOR)
    assert Caller(curator).get(f"datasets/{of.org}/{of.name}/outlook")["added_titles"] == [f"Story {story.pk}"]
    client.force_login(curator)
    assert f"<bdi>Story {story.pk}</bdi>" in client.get(reverse("release_new", args=[of.org, of.name])).content.decode()
