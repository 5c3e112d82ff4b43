"""Whoever chose Deutsch reads every page in German; what is stored or is sent out stays as it is."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import translation

from annotations.models import Decision
from curation.accounts.actions import save_preferences
from curation.accounts.models import Role, User
from curation.scoring.models import JudgeVersion
from tests.builders import (
    accepted_stories,
    add_story,
    answers,
    built_release,
    dataset,
    person,
    queue_of,
    review_by,
    scored_stories,
)
from tests.catalogue import read

pytestmark = pytest.mark.django_db
STANDARDS = Path(settings.BASE_DIR, "curation/standards/data").glob("*.yaml")
# What is stored in English, and shown so: the standards, and the name of the first judge.
STORED = " ".join([*" ".join(path.read_text() for path in STANDARDS).split(), "Embedded scorer"])
# A browser draws nothing for a number that is written as people write it.
DRAWN_WITH_COMMA = re.compile(r'(?:c?[xy][12]?|r[xy]?|d|width|height|points|min|max|value)="[^"]*\d,\d[^"]*"')


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def german(role: Role) -> User:
    user = person(role)
    save_preferences(user=user, changes={"language": "de"})
    return user


@pytest.fixture(scope="module")
def english() -> set[str]:
    """Words of the interface that a German page must not show, too long to be anything else than that."""
    plain = [message for message in read("de") if isinstance(message.id, str) and "%" not in message.id]
    long = {message.id for message in plain if len(message.id) > 14 and " " in message.id}
    return {words for words in long if words not in STORED}


def check(client: Client, english: set[str], said: dict[str, tuple[str, ...]]) -> None:
    for path, wanted in said.items():
        answer = client.get(path)
        assert answer.status_code == 200, path
        quoted = (
            r'value="[^"]*"|<pre.*?</pre>|<tbody translate="no">.*?</tbody>|<div class="readme" lang="en".*?</details>'
        )
        page = html.unescape(re.sub(quoted, "", answer.content.decode(), flags=re.DOTALL))
        assert '<html lang="de" dir="ltr"' in page
        assert [words for words in wanted if words not in page] == [], path
        assert {words for words in english if words in page} == set(), path
        assert DRAWN_WITH_COMMA.findall(page) == [], path


def test_a_reviewer_reads_german(client: Client, english: set[str]) -> None:
    annie = german(Role.ANNOTATOR)
    queue = queue_of(annie, person(), stories=[add_story(title="Lamp"), add_story(title="Door"), add_story()])
    mine = review_by(annie, queue)
    client.force_login(annie)
    check(client, english, {
        "/": ("Schön, dich zu sehen", "Deine Stapel"),
        "/queues/": ("Was es für dich zu lesen gibt",),
        f"/queues/{queue.slug}/": ("Eine Geschichte ist reserviert für", "60 Minuten"),
        f"/review/{queue.slug}/": ("Nicht anwendbar", "Diese Geschichte weitergeben", "{done}/{all} bewertet"),
        f"/review/done/{mine.pk}/": ("Du kannst sie noch zurücknehmen",),
        f"/work/reviews/{mine.pk}/": ("Was du gesagt hast", "Zurücknehmen"),
        "/work/": ("Was daraus wurde", "Heute: 1 Geschichte"),
        "/practice/": ("6 kurze Geschichten",),
        "/practice/1/": ("Diese Übungsgeschichte verlassen?",),
        "/consent/": ("hast du gesagt",),
        "/guidelines/": ("Was jedes Kriterium fragt", "Verfassungstreue"),
        "/accounts/preferences/": ("Wie du liest", "Nach etwa 50 Minuten", "Automatisch"),
        "/accounts/password/": ("Passwort ändern",),
        "/standards/": ("Maßstäbe", "im Mittel mindestens"),
    })  # fmt: skip


def test_a_curator_reads_german(client: Client, english: set[str]) -> None:
    annie, ben = person(), person()
    (story,) = scored_stories(1)
    queue = queue_of(annie, ben, stories=[story])
    review_by(annie, queue, answers(5, flags={"near_duplicate": {}}))
    review_by(ben, queue, answers(5))
    accepted_stories(2)
    built = built_release(dataset())
    address = [built.dataset.org, built.dataset.name]
    client.force_login(german(Role.CURATOR))
    check(client, english, {
        "/": ("Als Nächstes", "Geschichte zu entscheiden"),
        "/stories/": ("Geschichten", "Zu entscheiden"),
        f"/stories/{story.pk}/": ("Woher sie kommt",),
        "/stories/import/": ("Hochladen und ansehen",),
        "/queues/": ("Alle Stapel",),
        "/queues/new/": ("Was die Lesenden beachten sollen", "Zufällig"),
        "/adjudication/": ("Warum sie hier ist",),
        f"/adjudication/{story.pk}/": ("Markierung nicht bestätigt", "Zum Umschreiben geben"),
        "/scoring/": ("Nicht geeicht",),
        reverse("judge_quality", args=[JudgeVersion.objects.get().pk]): ("Kann man", "Nicht gemessen"),
        "/datasets/": ("Datensätze",),
        reverse("dataset", args=address): ("Release erstellen",),
        reverse("release_new", args=address): ("Einfrieren und bauen",),
        reverse("release", args=[*address, built.version]): ("Übereinstimmung", "Gütestufen"),
    })  # fmt: skip


def test_errors_and_messages_are_german(client: Client) -> None:
    client.force_login(german(Role.ANNOTATOR))
    refused = client.get("/stories/")
    assert refused.status_code == 403
    assert "Das geht für dich nicht" in refused.content.decode()
    assert "Die Liste der Geschichten ist für die Kuration." in refused.content.decode()
    kept = client.post("/accounts/preferences/", {"reset": "keys"})
    assert [str(told) for told in get_messages(kept.wsgi_request)] == ["Die Tasten sind wieder wie am Anfang."]


def test_what_is_stored_or_leaves_the_house_is_english_whoever_asks_for_it(client: Client) -> None:
    with translation.override("de"):
        accepted_stories(2)
        built = built_release(dataset())
    reasons = [reason["text"] for decision in Decision.objects.all() for reason in decision.reasons]
    assert "No reviewer raised a hard flag." in reasons
    client.force_login(german(Role.CURATOR))
    at = [built.dataset.org, built.dataset.name, built.version]
    ours = ("geschichte", "bewertung", "kriteri", "markierung", "angenommen", "annahme")
    for name in ("README.md", "manifest.json", "croissant.json", "CHANGELOG.md"):
        answer = client.get(reverse("release_file", args=[*at, name]))
        text = (b"".join(answer) if answer.streaming else answer.content).decode()
        assert [word for word in ours if word in text.lower()] == [], name
