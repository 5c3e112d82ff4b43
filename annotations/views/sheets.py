"""The sheet that nobody has filled in: the page brings it, and the stories that follow come without it."""

from functools import lru_cache
from hashlib import sha256

from django.template.loader import render_to_string
from django.utils.translation import get_language

from annotations.forms import rating_form_of
from curation.accounts.models import User
from curation.standards.models import Rubric
from curation.standards.spec import spec_of


def blank_sheet(rubric: Rubric, user: User) -> str:
    """Return the name of the blank sheet that this person's page has; empty for a rubric that may still change.

    Sheets of the same name have the same words and the same keys, whatever process of whatever version made them.
    """
    if not rubric.frozen_at:
        return ""
    return _name(rubric, get_language() or "", tuple(user.settings.shown_keys.items()))


@lru_cache(maxsize=256)
def _name(rubric: Rubric, language: str, keys: tuple[tuple[str, str], ...]) -> str:
    spec = spec_of(rubric, language)
    # All that it may depend on: without a request, no context processor adds anything.
    context = {"spec": spec, "sheet": rating_form_of(spec, {}, ()), "user": {"settings": {"shown_keys": dict(keys)}}}
    return sha256(render_to_string("annotations/review/_sheet.html", context).encode()).hexdigest()[:16]
