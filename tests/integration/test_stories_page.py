"""An encoding that is chosen on the page, and what the page of one story tells."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import claim
from annotations.models import Review
from curation.accounts.models import Role
from curation.stories.models import ImportRun, Source, Story
from curation.stories.tasks import import_stories
from tests.builders import add_story, person, queue_of, review_by
from tests.integration.test_stories_pages import upload

pytestmark = pytest.mark.django_db
RUSSIAN = "Ночью машина пересчитала фонари и сказала сторожу правду; потому что обещание остаётся обещанием."


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(person(Role.CURATOR))
    return client


def test_a_doubtful_encoding_is_chosen_before_anything_can_be_imported(curator: Client) -> None:
    address = upload(curator, f"title,text\nФонари,{RUSSIAN}\n".encode("cp1251"), "night.csv")["Location"]
    page = curator.get(address)
    html = page.content.decode()
    assert "night.csv is not UTF-8" in html
    assert 'name="encoding" value="cp1251"' in html
    assert html.index("Ночью машина") < html.index('value="cp1252"')
    assert "map_text" not in html
    data = {"map_text": "text", "map_title": "title", "new_source": "night"}
    refused = curator.post(address, data)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()
    assert not ImportRun.objects.exists()
    assert not Source.objects.filter(title="night").exists()
    shown = curator.get(address, {"encoding": "cp1251"}).content.decode()
    assert RUSSIAN[:100] in shown
    assert '<option value="cp1251" selected>' in shown
    assert '<input type="hidden" name="encoding" value="cp1251">' in shown
    counted = curator.get(address, {"encoding": "cp1251", "map_text": "text"}, headers={"HX-Request": "true"})
    assert counted.context["survey"].new == 1
    assert curator.post(address, {**data, "encoding": "cp1251"}).status_code == 302
    import_stories()
    assert (Story.objects.get().title, Story.objects.get().text) == ("Фонари", RUSSIAN)
    assert curator.get(address, {"encoding": "klingon"}).status_code == 422


def test_another_encoding_can_be_chosen_only_where_it_matters(curator: Client) -> None:
    assert 'name="encoding"' not in curator.get(upload(curator)["Location"]).content.decode()
    address = upload(curator, "text\nThe café’s “lamp” went out.\n".encode("cp1252"))["Location"]
    assert 'name="encoding"' in curator.get(address).content.decode()
    assert "cafй" in curator.get(address, {"encoding": "cp1251"}).content.decode()


def test_a_story_that_is_not_decided_tells_how_many_reviews_are_in(client: Client) -> None:
    story, annie = add_story(), person()
    client.force_login(person(Role.CURATOR))
    queue, found = queue_of(annie, person(), stories=[story]), []
    for _ in range(2):
        page = client.get(f"/stories/{story.pk}/").content.decode()
        found.append(("Nobody has reviewed this story yet." in page, "1 review is in." in page))
        if not Review.objects.exists():
            review_by(annie, queue)
    assert found == [(True, False), (False, True)]


def test_scores_are_not_offered_to_who_reads_the_story(client: Client) -> None:
    curator, story = person(Role.CURATOR), add_story()
    queue = queue_of(curator, stories=[story])
    client.force_login(curator)
    offered = []
    for _ in range(2):
        page = client.get(f"/stories/{story.pk}/").content.decode()
        offered.append(reverse("story_scores", args=[story.pk]) in page)
        claim(reviewer=curator, queue=queue)
    assert offered == [True, False]
    assert 'title="You are reading this story yourself. Submit or pass on your review first."' in page
