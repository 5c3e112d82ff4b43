"""Everyone reads the pages in the language they chose; without a choice, in the one their browser asks for."""

import pytest
from django.test import Client
from django.urls import reverse

from curation.accounts.actions import save_preferences
from tests.builders import person
from tests.integration.test_accounts_preferences import filled

pytestmark = pytest.mark.django_db


def head(client: Client, path: str = "/", *, asks: str = "en") -> str:
    html = client.get(path, HTTP_ACCEPT_LANGUAGE=asks).content.decode()
    return html[html.index("<html") : html.index("<head>")]


def test_who_is_not_signed_in_gets_what_the_browser_asks_for(client: Client) -> None:
    assert 'lang="de" dir="ltr"' in head(client, reverse("login"), asks="de-AT,de;q=0.9,en;q=0.5")
    assert 'lang="en" dir="ltr"' in head(client, reverse("login"), asks="fr")


def test_a_choice_is_kept_and_beats_the_browser(client: Client) -> None:
    annie = person()
    client.force_login(annie)
    answer = client.post(reverse("preferences"), filled(language="de", keys_on="on"), follow=True)
    assert answer.redirect_chain

    elsewhere = Client()
    elsewhere.force_login(annie)
    assert 'lang="de"' in head(elsewhere, asks="en")
    assert elsewhere.get("/").headers["Content-Language"] == "de"
    save_preferences(user=annie, changes={"language": ""})
    assert 'lang="en"' in head(elsewhere, asks="en")
    assert 'lang="de"' in head(elsewhere, asks="de")


def test_an_unknown_language_is_refused(client: Client) -> None:
    client.force_login(person())
    answer = client.post(reverse("preferences_part"), {"language": "tlh"}, HTTP_ACCEPT="application/json")
    assert answer.status_code == 422


def test_one_persons_language_does_not_reach_the_next(client: Client) -> None:
    annie = person()
    save_preferences(user=annie, changes={"language": "de"})
    client.force_login(annie)
    client.get("/")
    other = Client()
    other.force_login(person())
    assert 'lang="en"' in head(other)
