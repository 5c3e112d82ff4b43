"""The guidelines, as a page for everyone and as the part that the review room shows."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations import material
from curation.accounts.actions import save_preferences
from curation.accounts.models import Role
from tests.builders import add_story, default_rubric, person, queue_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", list(Role))
def test_everyone_reads_anchors_examples_and_flags(client: Client, role: Role) -> None:
    default_rubric()
    client.force_login(person(role))
    seen = client.get(reverse("guidelines")).content.decode()
    assert "It shades the truth, or oversteps what it was trusted with." in seen
    assert "Every word is true, and the whole is a lie." in seen
    assert "Raise it" in seen
    assert reverse("guidelines") in client.get(reverse("standards")).content.decode()


def test_the_room_fetches_the_part_of_its_own_rubric(client: Client, django_assert_max_num_queries) -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story()])
    client.force_login(annie)
    room = client.get(reverse("review", args=[queue.slug])).content.decode()
    address = f"{reverse('guidelines')}?rubric={queue.rubric_id}"
    assert address in room
    with django_assert_max_num_queries(7):
        part = client.get(f"{address}&part=1").content.decode()
    assert 'id="guide-C2"' in part
    assert "<html" not in part
    assert client.get(f"{reverse('guidelines')}?rubric=nonsense&part=1").status_code == 200


def test_examples_that_nobody_translated_are_told_of_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    default_rubric()
    reader = person()
    save_preferences(user=reader, changes={"language": "de"})
    client.force_login(reader)
    told = "Die Beispiele gibt es in deiner Sprache noch nicht. Sie stehen hier auf Englisch."
    assert told not in client.get(reverse("guidelines")).content.decode()
    monkeypatch.setattr(material, "languages", lambda folder, name: frozenset({"en"}))
    seen = client.get(reverse("guidelines")).content.decode()
    assert seen.count(told) == 1
    assert '<div class="examples" lang="en">' in seen
    assert "Every word is true, and the whole is a lie." in seen
