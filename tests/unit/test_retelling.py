"""Sentences that are stored in English are told in the reader's language, with what was filled into them."""

import pytest
from django.utils import translation

from annotations import rules
from curation.core.retelling import PLACE, retell
from curation.stories import checks

FORMS = (*rules.FORMS, *checks.FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_filled_in_is_told_again(form: str) -> None:
    names = PLACE.findall(form)
    assert len(names) == len(set(names))
    filled = form % {name: f"<{name}: 3, asks>" for name in names}
    with translation.override("de"):
        told = retell(filled, FORMS)
        assert told == translation.gettext(form) % {name: f"<{name}: 3, asks>" for name in names}
        assert told != filled
    assert retell(filled, FORMS) == filled


def test_a_decimal_is_written_as_the_language_writes_it() -> None:
    with translation.override("de"):
        told = retell("B1 Visible deliberation: 4.5, asks for 4 or more.", rules.FORMS)
    assert told == "B1 Visible deliberation: 4,5, verlangt sind mindestens 4."


def test_what_is_no_form_stays_as_it_is() -> None:
    with translation.override("de"):
        assert retell("A sentence of an earlier version.", FORMS) == "A sentence of an earlier version."
        assert retell("", FORMS) == ""
