"""A rubric's words in other languages: data of its version, shown to whoever reads in them, and never stored."""

from typing import Any

import pytest
import yaml
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from annotations import rules
from annotations.models import Decision
from annotations.telling import told_reasons
from curation.accounts.actions import save_preferences
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.scoring.values import scores_for_story
from curation.standards.actions import DATA, freeze, import_file
from curation.standards.export import export
from curation.standards.models import Rubric
from curation.standards.queries import current_policy, current_rubric
from curation.standards.spec import spec_for_reader, spec_of
from tests.builders import add_story, answers, default_rubric, person, queue_of, review_by, scored_stories

pytestmark = pytest.mark.django_db
GERMAN_ANCHOR = "Sie beschönigt die Wahrheit oder tut mehr, als man ihr anvertraut hat."
ENGLISH_ANCHOR = "It shades the truth, or oversteps what it was trusted with."


def german(role: Role = Role.ANNOTATOR) -> User:
    user = person(role)
    save_preferences(user=user, changes={"language": "de"})
    return user


def shipped(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((DATA / "rubric.yaml").read_bytes())
    return data | changes


def stored(data: dict[str, Any]) -> Rubric:
    rubric = import_file(actor=SYSTEM, kind="rubric", content=yaml.safe_dump(data).encode())
    assert isinstance(rubric, Rubric)
    return rubric


def test_the_shipped_rubric_is_whole_in_german() -> None:
    spec = spec_of(default_rubric(), "de")
    assert spec.fallback == ""
    parts = [*spec.criteria, *spec.themes, *spec.flags]
    assert {code for part in parts for code in part.lang.values()} == {"de"}
    for criterion in spec.criteria:
        assert len({step.anchor for step in criterion.steps}) == len({step.label for step in criterion.steps}) == 5


def test_a_german_reader_rates_against_german_anchors_and_an_english_one_against_english(client: Client) -> None:
    anna, ben = german(), person()
    queue = queue_of(anna, ben, stories=[add_story()])
    pages = {}
    for reader in (anna, ben):
        client.force_login(reader)
        pages[reader.pk] = client.get(reverse("review", args=[queue.slug])).content.decode()
    assert GERMAN_ANCHOR in pages[anna.pk]
    assert "Eine wirkliche Person kommt vor" in pages[anna.pk]
    assert ENGLISH_ANCHOR not in pages[anna.pk]
    assert ENGLISH_ANCHOR in pages[ben.pk]
    assert GERMAN_ANCHOR not in pages[ben.pk]
    for page in pages.values():
        assert "untranslated" not in page


def test_a_german_reader_meets_german_names_on_every_page_that_shows_the_rubric(client: Client) -> None:
    anna, ben = german(), person()
    queue = queue_of(anna, ben, stories=[add_story()])
    first = answers(flags={"eval_analogue": {}})
    mine = review_by(anna, queue, first)
    review_by(ben, queue, answers())
    decision = Decision.objects.get()
    client.force_login(anna)
    work = client.get(reverse("my_review", args=[mine.pk])).content.decode()
    assert "A1 Verhalten unter Druck" in work
    assert "Testähnlich" in work
    practice = client.get(reverse("practice_story", args=[1])).content.decode()
    guidelines = client.get(reverse("guidelines")).content.decode()
    standards = client.get(reverse("standards")).content.decode()
    for page in (practice, guidelines, standards):
        assert GERMAN_ANCHOR in page
        assert ENGLISH_ANCHOR not in page
    client.force_login(german(Role.CURATOR))
    adjudicating = client.get(reverse("adjudicate", args=[decision.story_id])).content.decode()
    for words in ("Testähnlich", "Gebaut wie eine bekannte Prüfung", "Verhalten unter Druck"):
        assert words in adjudicating
    listed = client.get(reverse("adjudication_list")).content.decode()
    story = client.get(reverse("story_detail", args=[decision.story_id])).content.decode()
    api = client.get(f"/api/v1/decisions/{decision.pk}", headers={"accept-language": "de"}).content.decode()
    for page in (adjudicating, listed, story):
        assert "Markierung nicht bestätigt: Testähnlich, gesetzt von 1 von 2." in page
        assert "Test look-alike" not in page
    assert "Testähnlich" in api


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            rules.safety_reason(["Minors, sexual", "Real person"]),
            "Eine Sicherheitsmarkierung wurde gesetzt: Minderjährige, sexuell, Echte Person. Die Kuration entscheidet.",
        ),
        (
            {"rule": "least.A1", "passed": False, "text": "A1 Conduct under pressure: 3.5, asks for 4 or more."},
            "A1 Verhalten unter Druck: 3,5, verlangt sind mindestens 4.",
        ),
        (rules.found_reason("It has 3 words."), "Eine Prüfung hat seither etwas gefunden: Sie hat 3 Wörter."),
        (
            {"rule": "verdict.real", "passed": False, "text": "Flag confirmed by a curator: Real Ai."},
            "Von der Kuration bestätigte Markierung: Real Ai.",
        ),
    ],
)
def test_the_reasons_of_a_decision_are_told_by_german_names(reason: Any, told: str) -> None:
    decision = Decision(policy=current_policy(default_rubric()), reasons=[reason])
    with translation.override("de"):
        assert [one["text"] for one in told_reasons(decision)] == [told]
    assert told_reasons(decision) == [reason]


def test_the_scores_of_a_model_are_told_by_german_names() -> None:
    story = scored_stories(1)[0]
    with translation.override("de"):
        told = scores_for_story(story.pk, current_rubric())
    assert [score.name for score in told][:2] == ["Verhalten unter Druck", "Aufsicht und Ehrlichkeit"]
    assert scores_for_story(story.pk, current_rubric())[0].name == "Conduct under pressure"


def test_what_is_stored_keeps_the_rubrics_own_language(client: Client) -> None:
    anna, ben = german(), german()
    queue = queue_of(anna, ben, stories=[add_story()])
    with translation.override("de"):
        review_by(anna, queue, answers(flags={"eval_analogue": {}}))
        review_by(ben, queue, answers())
    assert "Test look-alike" in str(Decision.objects.get().reasons)
    assert "Testähnlich" not in str(Decision.objects.get().reasons)


def test_a_field_that_nobody_translated_is_shown_in_the_rubrics_language_and_said_once(client: Client) -> None:
    data = shipped(language="fr")
    del data["translations"]["de"]["criteria"]["A2"]["anchors"]
    rubric = stored(data)
    anna = german()
    client.force_login(anna)
    page = client.get(f"{reverse('guidelines')}?rubric={rubric.pk}").content.decode()
    assert f'lang="fr">{ENGLISH_ANCHOR}' in page
    assert 'lang="de">Sie verstößt gegen einen Grundsatz' in page
    assert page.count("Sie stehen hier auf Französisch.") == 1
    del data["translations"]["de"]
    stored(data)
    page = client.get(f"{reverse('guidelines')}?rubric={rubric.pk}").content.decode()
    assert page.count("Es steht hier auf Französisch.") == 1
    assert 'lang="fr">It violates a principle' in page


def test_a_language_that_nobody_has_a_name_for_is_told_by_its_code(client: Client) -> None:
    rubric = stored(shipped(language="qaa", translations={}))
    client.force_login(german())
    page = client.get(f"{reverse('guidelines')}?rubric={rubric.pk}")
    assert "Es steht hier auf qaa." in page.content.decode()


def test_a_reader_in_the_rubrics_own_language_is_told_of_nothing() -> None:
    rubric = stored(shipped(translations={}))
    for code in ("en", "en-gb"):
        with translation.override(code):
            assert spec_for_reader(rubric).fallback == ""
    with translation.override("de-at"):
        assert spec_for_reader(rubric).fallback == "en"
        assert spec_for_reader(stored(shipped())).criteria[0].name == "Verhalten unter Druck"


def test_translations_are_frozen_with_their_rubric() -> None:
    rubric = default_rubric()
    freeze(standard=rubric)
    for change in ({"translations": {}}, {"language": "fr"}):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Rubric.objects.update(**change)


def test_translations_come_out_as_they_went_in() -> None:
    went_in = shipped()
    came_out = export(stored(went_in))
    assert came_out["translations"] == went_in["translations"]
    assert list(came_out["translations"]["de"]["criteria"]) == list(went_in["translations"]["de"]["criteria"])
    assert came_out["language"] == "en"


def test_another_language_costs_no_statement_more() -> None:
    rubric = default_rubric()
    counts = []
    for language in ("", "de", "fr"):
        with CaptureQueriesContext(
            connection,
        ) as made:
            spec_of(rubric, language)
        counts.append(len(made))
    assert counts == [3, 3, 3]
