"""A constitution's words in other languages: data of its version, shown wherever a principle is named."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from annotations.actions import adjudicate
from curation.accounts.actions import save_preferences
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import InvalidInput
from curation.standards.actions import DATA, freeze, import_file, install_defaults
from curation.standards.export import export
from curation.standards.models import Constitution
from curation.standards.queries import current_constitution, names_by_kind
from curation.standards.spec import constitution_for_reader
from tests.builders import (
    add_story,
    answers,
    built_release,
    dataset,
    first_rows,
    passage_of,
    person,
    queue_of,
    review_by,
)

pytestmark = pytest.mark.django_db


def german(role: Role = Role.ANNOTATOR) -> User:
    user = person(role)
    save_preferences(user=user, changes={"language": "de"})
    return user


def shipped(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((DATA / "constitution.yaml").read_bytes())
    return data | changes


def stored(data: dict[str, Any]) -> Constitution:
    found = import_file(actor=SYSTEM, kind="constitution", content=yaml.safe_dump(data, allow_unicode=True).encode())
    assert isinstance(found, Constitution)
    return found


def test_the_shipped_constitution_is_whole_in_german() -> None:
    install_defaults()
    with translation.override("de-at"):
        spec = constitution_for_reader(current_constitution())
    assert spec.fallback == ""
    assert spec.principles[0].name == "Ehrlichkeit"
    assert {code for part in (*spec.principles, spec) for code in part.lang.values()} == {"de"}
    assert constitution_for_reader(current_constitution()).principles[0].name == "Honesty"


def test_what_nobody_translated_is_shown_in_the_constitutions_language_and_said_once(client: Client) -> None:
    data = shipped(language="fr")
    del data["translations"]["de"]["principles"]["care"]["statement"]
    stored(data)
    client.force_login(german())
    page = client.get(reverse("standards")).content.decode()
    assert page.count("Sie stehen hier auf Französisch.") == 1
    assert 'lang="fr">Help people' in page
    assert 'lang="de">Fürsorge' in page
    stored(shipped(language="fr", translations={}))
    page = client.get(reverse("standards")).content.decode()
    assert page.count("Sie steht hier auf Französisch.") == 1
    assert "Ehrlichkeit" not in page


def test_every_page_that_names_a_principle_a_theme_or_a_flag_does_so_in_german(client: Client) -> None:
    install_defaults()
    anna = german()
    story = add_story(principles=["care"], themes=["equanimity"])
    queue = queue_of(anna, person(), stories=[story])
    client.force_login(anna)
    room = client.get(reverse("review", args=[queue.slug])).content.decode()
    assert "<b>Fürsorge</b>" in room
    assert "Ehrlichkeit" in client.get(reverse("practice_story", args=[1])).content.decode()
    said = answers(flags={"self_harm": passage_of(story.text, "The tug")}, themes=["equanimity"])
    said["ratings"]["C3"] = 4
    review_by(anna, queue, said)
    client.force_login(german(Role.CURATOR))
    for address in (reverse("story_list"), reverse("queue_new"), reverse("queue_add", args=[queue.slug])):
        page = client.get(address).content.decode()
        assert ">Fürsorge</option>" in page, address
        assert ">Gelassenheit</option>" in page, address
        assert ">Care</option>" not in page, address
    browsed = client.get(reverse("story_list")).content.decode()
    assert ">Testähnlich</option>" in browsed
    assert ">Test look-alike</option>" not in browsed
    assert "Selbstverletzung" in client.get(reverse("adjudication_list")).content.decode()


def test_the_pages_of_a_release_name_what_its_stories_show_in_german(
    client: Client, tmp_path: Path, settings: Any
) -> None:
    settings.HOME = tmp_path
    install_defaults()
    story = add_story(principles=["care"], themes=["equanimity"])
    of_flag = {"conduct": "misaligned", "intent": "ambiguous", "portrayal": "negative"}
    said = answers(
        4, themes=["equanimity"], flags={"moral_lecture": {}, "real_person": passage_of(story.text, "The tug")}
    )
    said["ratings"]["C3"] = 4
    said["spans"][0] |= of_flag
    one, other = person(), person()
    queue = queue_of(one, other, stories=[story])
    review_by(one, queue, said)
    review_by(other, queue, answers(4, themes=["equanimity"]) | {"ratings": said["ratings"]})
    adjudicate(actor=person(Role.CURATOR), story=story, outcome="accept", note="Nobody real is meant.")
    release = built_release(dataset("samples"))
    client.force_login(german(Role.CURATOR))
    at = [release.dataset.org, release.dataset.name]
    row = client.get(reverse("release_row", args=[*at, release.version, first_rows(release)[0], 0])).content.decode()
    for name in ("Fürsorge", "Gelassenheit", "Echte Person", "Moralpredigt", "nicht im Einklang"):
        assert name in row, name
    for key in (">care<", ">equanimity<", "real_person", "moral_lecture", "misaligned"):
        assert key not in row, key
    charts = client.get(reverse("release", args=[*at, release.version])).content.decode()
    assert "Fürsorge" in charts
    assert "1.000" in charts, "numbers too"
    assert ">Care<" not in charts
    again = client.get(reverse("release_new", args=at)).content.decode()
    table = again[again.index('class="table coverage"') :]
    assert "Fürsorge" in table
    assert "Gelassenheit" in table
    assert "equanimity" not in table[: table.index("</table>")]


def test_tags_are_known_by_their_names_in_any_language_whoever_looks() -> None:
    install_defaults()
    for language in ("en", "de"):
        with translation.override(language):
            names = names_by_kind()
            assert [names["principle"].key_of(said) for said in ("Fürsorge", "Care", "care", "Obst")] == [
                "care",
                "care",
                "care",
                "",
            ]
            assert names["theme"].key_of("Gesunde Grenzen") == "boundaries"


def test_a_translation_of_something_else_is_refused() -> None:
    data = shipped()
    data["translations"]["de"]["principles"]["thrift"] = {"name": "Sparsamkeit"}
    with pytest.raises(InvalidInput, match="thrift"):
        stored(data)
    with pytest.raises(InvalidInput, match="the language of the file itself"):
        stored(shipped(language="de"))


def test_translations_are_frozen_with_their_constitution_and_come_out_as_they_went_in() -> None:
    constitution = stored(shipped())
    assert export(constitution)["translations"] == shipped()["translations"]
    freeze(standard=constitution)
    for change in ({"translations": {}}, {"language": "fr"}):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Constitution.objects.update(**change)
