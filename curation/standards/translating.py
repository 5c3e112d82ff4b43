"""The words of a standard in the language of whoever looks: what its version says in it, else its own."""

from typing import Any

from django.db.models import F, Func, JSONField, TextField, Value
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import get_language, to_locale

from curation.standards.models import Constitution, Criterion, Flag, Principle, Rubric, Theme

Translated = Constitution | Rubric
Part = Criterion | Flag | Principle | Theme
KINDS: dict[type[Part], str] = {Criterion: "criteria", Flag: "flags", Principle: "principles", Theme: "themes"}


def spoken(standard: Translated, language: str) -> str:
    """Return what `translations` calls this language, in lower case; empty for the standard's own."""
    for code in (language.casefold(), language.casefold().split("-")[0]):
        if code in {"", standard.language.casefold()}:
            return ""
    return language.casefold()


def words_in(standard: Translated, language: str) -> tuple[str, dict[str, Any]]:
    """Return what a standard has in a language, and what it calls that language; nothing where nobody translated it."""
    names = {name.casefold(): name for name in standard.translations} if language else {}
    found = next((names[code] for code in (language, language.split("-")[0]) if code in names), "")
    return found, standard.translations[found] if found else {}


def words_for_reader(standard: Translated, part: Part, field: str) -> Any:
    """Return a field of a part of this standard in the language of whoever looks, without a statement."""
    words = words_in(standard, spoken(standard, get_language() or ""))[1]
    return words.get(KINDS[type(part)], {}).get(part.key, {}).get(field, getattr(part, field))


class Translator:
    """Puts fields into one language (as `spoken` returns it), and counts what is there and what is missing."""

    def __init__(self, standard: Translated, language: str) -> None:
        self.language, self.words = words_in(standard, language)
        self.own, self.asked = standard.language, bool(language)
        self.there = self.missing = 0

    @property
    def fallback(self) -> str:
        """The language of what nobody has translated, empty where nothing is missing."""
        return self.own if self.asked and self.missing else ""

    def fields(self, kind: str, key: str, **own: Any) -> dict[str, Any]:
        """Return each of a part's own fields in the language, with `lang`. A field that is empty needs no words."""
        words = self.words.get(kind, {}).get(key, {}) if kind else self.words
        self.there += sum(1 for name in own if name in words)
        self.missing += sum(1 for name, value in own.items() if value and name not in words)
        lang = {name: self.language if name in words else self.own for name in own}
        return {**own, **{name: words[name] for name in own if name in words}, "lang": lang}


def name_for_reader(part: type[Part], to: str = "") -> Coalesce:
    """Return the expression for a part's name in the language of whoever looks: `words_for_reader` in SQL.

    `to` leads from the row to the part, as "flag__"; empty where the row is the part.
    """
    code = get_language() or ""
    spelled = dict.fromkeys([code, to_locale(code).replace("_", "-"), code.split("-")[0]])
    found = [
        Func(
            F(f"{to}{_of(part)}__translations"),
            *map(Value, (language, KINDS[part])),
            F(f"{to}key"),
            Value("name"),
            function="jsonb_extract_path_text",
            output_field=TextField(),
        )
        for language in spelled
    ]
    return Coalesce(*found, f"{to}name", output_field=TextField())


def names_in_all_languages(part: type[Part]) -> Func:
    """Return the expression for the names that translations give a part, as a JSON list."""
    path = Func(
        Value(f"$.*.{KINDS[part]}.keyvalue() ? (@.key == $key).value.name"),
        template="%(expressions)s::jsonpath",
        output_field=TextField(),
    )
    return Func(
        F(f"{_of(part)}__translations"),
        path,
        JSONObject(key="key"),
        function="jsonb_path_query_array",
        output_field=JSONField(),
    )


def _of(part: type[Part]) -> str:
    return "constitution" if part is Principle else "rubric"
