"""How much of a window the navigation needs, by its words."""

from types import SimpleNamespace

import pytest
from django.test import RequestFactory
from django.utils import translation

from curation.core.templatetags import exempla


@pytest.mark.parametrize(
    ("role", "language", "length"), [("admin", "en", ""), ("curator", "de", ""), ("admin", "de", "long")]
)
def test_the_bar_is_as_wide_as_the_words_ask_for(role: str, language: str, length: str) -> None:
    request = RequestFactory().get("/")
    request.user = SimpleNamespace(role=role)  # type: ignore[assignment]
    with translation.override(language):
        assert exempla.main_nav({"request": request})["length"] == length


def test_words_that_fit_no_bar_lie_in_the_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = ("Entscheidungsmaßstäbe", "home", exempla.ALL | {exempla.STRANGER})
    found = []
    for count in (4, 5, 6):
        monkeypatch.setattr(exempla, "ENTRIES", [entry] * count)
        found.append(exempla.main_nav({})["length"])
    assert found == ["", "long", "longest"]
