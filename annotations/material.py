"""What the review room says at length (consent, guidelines, practice), read from files beside the code."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import get_language

HERE = Path(__file__).parent
# The language of the files without one in their name.
WRITTEN_IN = "en"


def read(folder: str, name: str) -> Any:
    """Return one file as data, in the reader's language where there is a `NAME.LANGUAGE.yaml`, else as written."""
    return read_in(folder, name, language_of(folder, name))


def language_of(folder: str, name: str) -> str:
    """Return the language that `read` answers in: the reader's, or English where nobody has translated the file."""
    language = (get_language() or "").split("-")[0]
    return language if language in languages(folder, name) else WRITTEN_IN


@lru_cache
def languages(folder: str, name: str) -> frozenset[str]:
    """Return the languages that a file is there in."""
    translated = (path.name.split(".")[1] for path in (HERE / folder).glob(f"{name}.*.yaml"))
    return frozenset({WRITTEN_IN, *translated})


@lru_cache
def names(folder: str) -> tuple[str, ...]:
    """Return the names in a folder, without language or ending, in order."""
    return tuple(sorted({path.name.split(".")[0] for path in (HERE / folder).glob("*.yaml")}))


@lru_cache(maxsize=256)
def read_in(folder: str, name: str, language: str) -> Any:
    """Return one file as data, in this language where there is a translation, else as written."""
    translated = HERE / folder / f"{name}.{language}.yaml"
    path = translated if language and translated.exists() else HERE / folder / f"{name}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def consent_version() -> int:
    """Return the version of the consent that people are asked for now."""
    return max(int(name) for name in names("consent"))
