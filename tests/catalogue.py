"""The message catalogues: found in the source, kept in step, compiled. `make messages` runs this file."""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
LOCALES = ROOT / "curation" / "locale"
SOURCES = ("annotations/**/*.py", "curation/**/*.py", "templates/**/*.html")
WIDTH = 110
# Which arguments of a call are its words; (1, "c") is the context that tells apart words that are written alike.
ONE, MANY = (1,), (1, 2)
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), ONE),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), MANY),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
Words = str | tuple[str, ...]


def po_of(language: str) -> Path:
    """Return where the catalogue of a language is."""
    return LOCALES / language / "LC_MESSAGES" / "django.po"


def languages() -> list[str]:
    """Return the languages that have a catalogue."""
    return sorted(path.parents[1].name for path in LOCALES.glob("*/LC_MESSAGES/django.po"))


def extracted() -> Catalog:
    """Return every message in the project's own code and templates, with the files that it stands in."""
    found = Catalog(fuzzy=False)
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        for words, context in messages_in(path):
            found.add(words, locations=[(path.relative_to(ROOT).as_posix(), 0)], context=context)
    return found


def messages_in(path: Path) -> Iterator[tuple[Words, str | None]]:
    """Yield the messages of one file: the words (singular and plural where it has both), and their context."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        # What is no message comes out as a filler whose indentation no Python parser would take.
        text = "\n".join(line.strip() for line in templatize(text, origin=str(path)).splitlines())
    for _line, function, given, _comments in extract_python(BytesIO(text.encode()), KEYWORDS, [], {}):
        arguments = given if isinstance(given, tuple) else (given,)
        wanted = KEYWORDS[function]
        words = tuple(arguments[place - 1] for place in wanted if isinstance(place, int))
        context = arguments[0] if isinstance(wanted[0], tuple) else None
        # None stands for an argument that is not written out, such as a variable.
        if all(words):
            yield (words[0] if len(words) == 1 else words), context


def read(language: str) -> Catalog:
    """Return a language's catalogue as it is kept; a new, empty one if there is none yet."""
    if not po_of(language).exists():
        return Catalog(locale=language, project="Exempla", version="1", fuzzy=False)
    with po_of(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalogue: Catalog) -> bytes:
    """Return what Django loads, the same bytes every time."""
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def update(language: str) -> Catalog:
    """Bring a language's catalogue up to date and compile it: new messages come in empty, those no longer used go."""
    catalogue = read(language)
    catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    po_of(language).parent.mkdir(parents=True, exist_ok=True)
    with po_of(language).open("wb") as file:
        write_po(file, catalogue, width=WIDTH, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    po_of(language).with_suffix(".mo").write_bytes(compiled(catalogue))
    return catalogue


def as_tuple(words: Words) -> tuple[str, ...]:
    """Return the words of a message, or of its translation, one by one."""
    return words if isinstance(words, tuple) else (words,)


def untranslated(catalogue: Catalog) -> list[Words]:
    """Return the messages that want a translation, in one of their forms at least."""
    return [message.id for message in catalogue if message.id and not all(as_tuple(message.string or ""))]


if __name__ == "__main__":
    for name in sys.argv[1:] or languages():
        done = update(name)
        sys.stdout.write(f"{name}: {len(done)} messages, {len(untranslated(done))} without a translation\n")
