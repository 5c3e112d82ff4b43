"""Preferences follow a person to every device, and bad ones change nothing."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from curation.accounts.actions import save_preferences
from curation.accounts.models import User
from curation.accounts.preference_forms import initial_of
from curation.accounts.preferences import KEYS, Preferences
from curation.audit.models import Entry
from tests.builders import person

pytestmark = pytest.mark.django_db


def filled(**changes: Any) -> dict[str, Any]:
    """The page's form as it stands at first, with `changes`; an unticked box is left out."""
    plain = {name: value for name, value in initial_of(Preferences()).items() if name != "keys"}
    return {name: value for name, value in {**plain, **changes}.items() if value not in (None, False)}


def test_a_theme_chosen_here_is_in_the_first_byte_elsewhere(client: Client) -> None:
    annie = person()
    client.force_login(annie)
    json = {"HTTP_ACCEPT": "application/json"}
    assert client.post(reverse("preferences_part"), {"theme": "sepia", "size": "xl"}, **json).status_code == 204
    assert client.post(reverse("preferences_part"), {"keys_on": "off"}, **json).status_code == 204
    elsewhere = Client()
    elsewhere.force_login(annie)
    html = elsewhere.get("/").content.decode()
    assert 'data-theme="sepia" data-size="xl" data-measure="normal"' in html[: html.index("<head>")]
    assert User.objects.get().settings.keys_on is False
    assert Entry.objects.filter(verb="user.preferences_saved").count() == 2


def test_what_cannot_be_used_changes_nothing(client: Client) -> None:
    client.force_login(person())
    answer = client.post(reverse("preferences_part"), {"theme": "loud"}, HTTP_ACCEPT="application/json")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "Choose one of the steps that the page offers."
    assert User.objects.get().preferences == {}


def test_keys_are_remapped_refused_in_words_and_reset(client: Client) -> None:
    client.force_login(person())
    page = reverse("preferences")
    answer = client.post(page, filled(key_next="s", key_previous="w", keys_on="on", daily_words=3000, ask_notes="on"))
    assert answer.headers["Location"] == page
    mine = User.objects.get().settings
    assert (mine.keys["next"], mine.keys["previous"], mine.daily_words, mine.ask_notes) == ("s", "w", 3000, True)
    refused = client.post(page, filled(key_next="e", keys_on="on"))
    assert refused.status_code == 422
    assert "cannot both have the key E" in refused.content.decode()
    assert User.objects.get().settings == mine
    client.post(page, {"reset": "keys"})
    assert User.objects.get().settings.keys == KEYS
    assert User.objects.get().settings.daily_words == 3000


def test_without_a_script_the_dialog_leads_back(client: Client) -> None:
    client.force_login(person())
    part = reverse("preferences_part")
    back = "http://testserver/queues/"
    assert client.post(part, {"theme": "dark"}, HTTP_REFERER=back).headers["Location"] == back
    away = client.post(part, {"theme": "dark"}, HTTP_REFERER="https://elsewhere.example/")
    assert away.headers["Location"] == reverse("preferences")


def test_preferences_are_ones_own(client: Client) -> None:
    annie, ben = person(), person()
    client.force_login(annie)
    client.post(reverse("preferences_part"), {"theme": "dark"})
    assert User.objects.get(pk=ben.pk).preferences == {}
    client.logout()
    assert client.get(reverse("preferences")).status_code == 302


def test_two_dialogs_do_not_undo_each_other() -> None:
    annie = person()
    stale = User.objects.get(pk=annie.pk)
    save_preferences(user=annie, changes={"theme": "dark"})
    save_preferences(user=stale, changes={"size": "l"})
    assert User.objects.get(pk=annie.pk).preferences == {"theme": "dark", "size": "l"}


@pytest.mark.parametrize("stored", [[], "dark", {"keys": {"next": "x" * 2000}}])
def test_the_database_keeps_preferences_small_and_an_object(stored: Any) -> None:
    annie = person()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=annie.pk).update(preferences=stored)
