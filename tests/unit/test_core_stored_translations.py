"""Sentences that are stored in English are told in the reader's language, with what was filled into them."""

import pytest
from django.utils import translation

from annotations import rules
from curation.core.numbers import grouped
from curation.core.stored_translations import PLACE, translate_stored
from curation.pages.templatetags.browse import row_words
from curation.stories import reasons
from curation.stories.actions import checking

FORMS = (*rules.FORMS, *checking.FORMS, *reasons.ROW_FORMS, *reasons.RUN_FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_filled_in_is_told_again(form: str) -> None:
    names = PLACE.findall(form)
    assert len(names) == len(set(names))
    filled = form % {name: f"<{name}: 3, asks>" for name in names}
    with translation.override("de"):
        told = translate_stored(filled, FORMS)
        assert told == translation.gettext(form) % {name: f"<{name}: 3, asks>" for name in names}
        assert told != filled
    assert translate_stored(filled, FORMS) == filled


def test_a_decimal_is_written_as_the_language_writes_it() -> None:
    with translation.override("de"):
        told = translate_stored("B1 Visible deliberation: 4.5, asks for 4 or more.", rules.FORMS)
    assert told == "B1 Visible deliberation: 4,5, verlangt sind mindestens 4."


def test_thousands_are_kept_apart_as_the_language_does_it() -> None:
    """In German, 10,000 is read as ten."""
    stored = reasons.TOO_LONG % {"n": "1,000,001", "most": "1,000,000"}
    with translation.override("de"):
        told = translate_stored(stored, FORMS)
        assert told == translation.gettext(reasons.TOO_LONG) % {"n": "1.000.001", "most": "1.000.000"}
        assert grouped(10_000) == "10.000"
        endless = reasons.TOO_LONG % {"n": "1" + ",000" * 2_000, "most": "1,000,000"}
        assert "1.000.000" in translate_stored(endless, FORMS), "more digits than Python makes a number of"
    assert (translate_stored(stored, FORMS), grouped(10_000)) == (stored, "10,000")


def test_what_is_no_form_stays_as_it_is() -> None:
    with translation.override("de"):
        assert translate_stored("A sentence of an earlier version.", FORMS) == "A sentence of an earlier version."
        assert translate_stored("", FORMS) == ""


def test_why_a_row_was_rejected_is_told_for_each_file_of_an_archive() -> None:
    with translation.override("de"):
        assert row_words(f"part/a.csv: {reasons.NO_TEXT}") == "part/a.csv: Es ist kein Text darin."
        assert row_words("a.csv: nobody’s form") == "a.csv: nobody’s form"
