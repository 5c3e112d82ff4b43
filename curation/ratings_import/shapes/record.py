"""One record of a dataset, whatever file it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SUBMITTED, DRAFT, DISCARDED = "submitted", "draft", "discarded"


@dataclass(frozen=True)
class Response:
    """What one person answered. `person` is their id or name there, empty where the file does not say.

    `answers` maps a question to its value: a number, a label, a list of labels, a text, or a list of marked passages.
    """

    person: str
    status: str
    answers: Mapping[str, Any]


@dataclass(frozen=True)
class Suggestion:
    """What a model, `agent`, suggested for a question. `score` is how sure it was, 0 to 1, or None."""

    question: str
    value: Any
    agent: str
    score: float | None


@dataclass(frozen=True)
class AnnotatedRecord:
    """A record. `several` are the (person, question) pairs with more than one answer, of which the first is kept."""

    id: str
    fields: Mapping[str, Any]
    responses: tuple[Response, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    several: tuple[tuple[str, str], ...] = field(default=())
