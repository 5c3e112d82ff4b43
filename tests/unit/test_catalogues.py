"""Every message has its translation, and Django finds it. `make messages` brings the catalogues up to date."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import Node
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils import translation
from django.utils.translation.template import trim_whitespace

from curation.core.errors import ExemplaError
from tests.catalogue import KEYWORDS, ROOT, SOURCES, as_tuple, compiled, extracted, languages, po_of, read, untranslated

PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%|</?\w[^>]*>")
in_the_source = cache(extracted)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = sorted(path for pattern in SOURCES if pattern.endswith(".py") for path in ROOT.glob(pattern))


def test_every_language_that_can_be_chosen_has_a_catalogue() -> None:
    assert {*languages(), "en"} == {code for code, name in settings.LANGUAGES}


@pytest.mark.parametrize("language", languages())
def test_every_message_is_translated_and_no_other_is_kept(language: str) -> None:
    kept = read(language)
    wanted = {(message.context, message.id) for message in in_the_source() if message.id}
    have = {(message.context, message.id) for message in kept if message.id}
    assert wanted - have == set(), "new in the source: run `make messages`, then translate them"
    assert have - wanted == set(), "no longer in the source: run `make messages`"
    assert untranslated(kept) == []
    assert not kept.obsolete
    assert [message.id for message in kept if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", languages())
def test_a_translation_fills_the_same_places_as_its_message(language: str) -> None:
    for message in read(language):
        singular, *_plural = given = as_tuple(message.id)
        for number, said in enumerate(as_tuple(message.string)):
            like = given[min(number, len(given) - 1)] if len(given) > 1 else singular
            assert sorted(PLACE.findall(said)) == sorted(PLACE.findall(like)), (like, said)
            # It may stand in an attribute of a page, and must not end it.
            assert '"' not in said or '"' in like or not message.id, said


@pytest.mark.parametrize("language", languages())
def test_no_message_has_signs_that_only_markdown_reads(language: str) -> None:
    for message in read(language):
        for said in (*as_tuple(message.id), *as_tuple(message.string)) if message.id else ():
            assert re.search(r"`|\*\*|\]\(", said) is None, said


@pytest.mark.parametrize("language", languages())
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    assert po_of(language).with_suffix(".mo").read_bytes() == compiled(read(language)), "run `make messages`"


@pytest.mark.parametrize("language", languages())
def test_django_finds_every_translation(language: str) -> None:
    with translation.override(language):
        for message in read(language):
            first, *plural = as_tuple(message.id)
            if not first:
                continue
            if plural and message.context:
                found = {translation.npgettext(message.context, first, plural[0], n) for n in range(100)}
            elif plural:
                found = {translation.ngettext(first, plural[0], n) for n in range(100)}
            elif message.context:
                found = {translation.pgettext(message.context, first)}
            else:
                found = {translation.gettext(first)}
            assert found == set(as_tuple(message.string)), first


def nodes_of(path: Path) -> list[Node]:
    template = get_template(path.relative_to(ROOT / "templates").as_posix()).template
    return template.nodelist.get_nodes_by_type((BlockTranslateNode, TranslateNode))


def asked_for(node: Node) -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    """What a tag asks the catalogue for when its page is made."""
    context = node.message_context.resolve({}) if node.message_context else None
    if isinstance(node, BlockTranslateNode):
        ids = [node.render_token_list(part)[0] for part in (node.singular, node.plural) if part]
        words = tuple(trim_whitespace(one) if node.trimmed else one for one in ids)
        yield context, words if len(words) > 1 else words[0]
    elif isinstance(node.filter_expression.var.literal, str):
        yield context, node.filter_expression.var.literal.replace("%", "%%")


def test_what_templates_ask_for_was_found_in_them() -> None:
    found = {(message.context, message.id) for message in in_the_source()}
    asked = {path.name: {one for node in nodes_of(path) for one in asked_for(node)} for path in TEMPLATES}
    assert any(asked.values())
    assert {name: words - found for name, words in asked.items() if words - found} == {}


def test_messages_in_code_are_written_out() -> None:
    """A variable or an f-string cannot be found in the source, nor can a call inside an f-string."""
    bad = []
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        hidden = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS):
                continue
            places = [place if isinstance(place, int) else place[0] for place in KEYWORDS[node.func.id]]
            if id(node) in hidden or not all(isinstance(node.args[place - 1], ast.Constant) for place in places):
                bad.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert bad == []


def names_of_errors(error: type[ExemplaError] = ExemplaError) -> set[str]:
    return {error.__name__}.union(*(names_of_errors(one) for one in error.__subclasses__()))


def test_what_an_error_says_is_a_message() -> None:
    """Commands speak English; everybody else is told in their own language."""
    bad, names = [], names_of_errors()
    for path in MODULES:
        if {"management", "demo", "verify.py"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            raised = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
            if raised and isinstance(node.args[0], ast.Constant | ast.JoinedStr):
                bad.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert bad == []


# What leaves the house or is stored is in English throughout, as is what commands and the start say.
ENGLISH = {"management", "card", "judges", "readers", "roles.py"}


def test_quotation_marks_are_those_of_the_readers_language() -> None:
    """They are part of a message, where a translation has its own, or come from `quoted`."""
    bad = []
    for path in MODULES:
        if ENGLISH & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else []
            if any(isinstance(part, ast.Constant) and "“" in str(part.value) for part in parts):
                bad.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    told = re.compile(r"{% (blocktranslate|translate|comment)\b.*?%}(.*?{% endblocktranslate %})?|{#.*?#}", re.DOTALL)
    for path in TEMPLATES:
        if re.search("[“”]", told.sub("", path.read_text(encoding="utf-8"))):
            bad.append(str(path.relative_to(ROOT)))
    assert bad == []
