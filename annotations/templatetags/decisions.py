"""How pages tell decisions."""

from django import template

from annotations.rules import FORMS
from curation.core.stored_translations import translate_stored

register = template.Library()


@register.filter
def reason_words(text: str) -> str:
    """Tell a stored reason of a decision in the reader's language."""
    return translate_stored(text, FORMS)
