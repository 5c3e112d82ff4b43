"""How pages tell decisions."""

from django import template

from annotations.rules import FORMS
from curation.core.retelling import retell

register = template.Library()


@register.filter
def reason_words(text: str) -> str:
    """Tell a stored reason of a decision in the reader's language."""
    return retell(text, FORMS)
