"""The words of a rubric in the language of whoever looks, for templates."""

from typing import Any

from django import template
from django.utils.translation import get_language_info

from curation.standards.models import Criterion, Flag, Rubric, Theme
from curation.standards.translating import words_for_reader

register = template.Library()


@register.filter
def named(part: Criterion | Flag | Theme | None, rubric: Rubric) -> str:
    """Return the name of a part of this rubric; nothing for no part."""
    return str(words_for_reader(rubric, part, "name")) if part else ""


@register.filter
def described(part: Flag | Theme, rubric: Rubric) -> Any:
    """Return the description of a part of this rubric."""
    return words_for_reader(rubric, part, "description")


@register.filter
def language_name(code: str) -> str:
    """Return a language's name in the language of whoever looks; its code if Django does not know it."""
    try:
        return str(get_language_info(code.casefold())["name_translated"])
    except KeyError:
        return code
