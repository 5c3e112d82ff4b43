"""What was asked about each record: as the dataset's settings say, or as its answers show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# A text that is answered in more ways than this is no label.
MOST_LABELS, LONGEST_LABEL = 30, 120
# A question that is answered by more numbers than this asks for no rating.
MOST_NUMBERS = 100


class Kind(StrEnum):
    """The kinds of questions. OTHER is one that nothing is known of."""

    RATING = "rating"
    LABEL = "label"
    MULTI_LABEL = "multi_label"
    TEXT = "text"
    SPAN = "span"
    RANKING = "ranking"
    OTHER = "other"


KINDS = {
    "rating": Kind.RATING,
    "label_selection": Kind.LABEL,
    "multi_label_selection": Kind.MULTI_LABEL,
    "text": Kind.TEXT,
    "span": Kind.SPAN,
    "ranking": Kind.RANKING,
    # As Argilla 1 names the classes of its questions.
    "ratingquestion": Kind.RATING,
    "labelquestion": Kind.LABEL,
    "multilabelquestion": Kind.MULTI_LABEL,
    "textquestion": Kind.TEXT,
    "spanquestion": Kind.SPAN,
    "rankingquestion": Kind.RANKING,
}


@dataclass(frozen=True)
class Question:
    """One question. `options` are its values as text, in their order, with what each is shown as.

    `field` is that of the record in which passages are marked.
    """

    name: str
    kind: Kind
    title: str = ""
    description: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    field: str = ""

    @property
    def shown(self) -> str:
        """What a page calls it."""
        return self.title or self.name


def told(settings: Mapping[str, Any]) -> tuple[Question, ...]:
    """Return the questions that a dataset's settings name, of Argilla 2 or 1; none where they name none."""
    given = settings.get("questions")
    return tuple(question for one in (given if isinstance(given, list) else ()) if (question := _told(one)) is not None)


def _told(one: Any) -> Question | None:
    if not isinstance(one, dict) or not isinstance(one.get("name"), str):
        return None
    about = one["settings"] if isinstance(one.get("settings"), dict) else one
    kind = KINDS.get(str(about.get("type") or one.get("type") or "").lower(), Kind.OTHER)
    return Question(
        name=one["name"],
        kind=kind,
        title=_words(one.get("title")),
        description=_words(one.get("description")),
        options=_options(about),
        field=_words(about.get("field")),
    )


def _options(about: Mapping[str, Any]) -> dict[str, str]:
    given = about.get("options") or about.get("values") or about.get("labels") or ()
    if isinstance(given, dict):
        return {str(value): _words(shown) or str(value) for value, shown in given.items()}
    found: dict[str, str] = {}
    for one in given if isinstance(given, (list, tuple)) else ():
        value = one.get("value") if isinstance(one, dict) else one
        if isinstance(value, (str, int)):
            found[str(value)] = (_words(one.get("text")) if isinstance(one, dict) else "") or str(value)
    return found


def _words(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


class Seen:
    """What was seen of one question's values, of which its kind is inferred."""

    def __init__(self) -> None:
        self.kinds: set[Kind] = set()
        self.options: dict[str, None] = {}
        self.numbers: set[int] = set()
        self.values = 0

    def add(self, value: Any) -> None:
        """Look at one value."""
        self.values += 1
        if isinstance(value, bool) or value is None:
            self._label(str(value))
        elif isinstance(value, int):
            self._number(value)
        elif isinstance(value, str):
            self._label(value)
        elif isinstance(value, list):
            self._list(value)
        else:
            self.kinds.add(Kind.OTHER)

    def _number(self, value: int) -> None:
        self.kinds.add(Kind.OTHER if len(self.numbers) > MOST_NUMBERS else Kind.RATING)
        if len(self.numbers) <= MOST_NUMBERS:
            self.numbers.add(value)

    def _label(self, value: str) -> None:
        self.kinds.add(Kind.TEXT if len(value) > LONGEST_LABEL else Kind.LABEL)
        self._option(value)

    def _option(self, value: str) -> None:
        if len(self.options) <= MOST_LABELS:
            self.options.setdefault(value[:LONGEST_LABEL])

    def _list(self, value: Sequence[Any]) -> None:
        objects = [one for one in value if isinstance(one, dict)]
        if any("start" in one for one in objects):
            self.kinds.add(Kind.SPAN)
            for one in objects:
                self._option(str(one.get("label")))
        elif any("rank" in one for one in objects):
            self.kinds.add(Kind.RANKING)
        elif objects:
            self.kinds.add(Kind.OTHER)
        elif value:
            self.kinds.add(Kind.MULTI_LABEL)
            for label in value:
                self._option(str(label))

    def as_question(self, name: str) -> Question:
        """Return the question that all of this answers."""
        kind = next(iter(self.kinds)) if len(self.kinds) == 1 else Kind.OTHER
        if self.kinds == {Kind.LABEL, Kind.TEXT} or (
            kind is Kind.LABEL and (len(self.options) > MOST_LABELS or 2 * len(self.options) > self.values + 4)
        ):
            kind = Kind.TEXT
        if kind is Kind.RATING:
            return Question(name, kind, options={str(one): str(one) for one in sorted(self.numbers)})
        labelled = kind in {Kind.LABEL, Kind.MULTI_LABEL, Kind.SPAN}
        return Question(name, kind, options={one: one for one in sorted(self.options)} if labelled else {})


def inferred(seen: Mapping[str, Seen], said: Iterable[Question]) -> tuple[Question, ...]:
    """Return all questions: those that the settings name, with the options that only answers have, and the others."""
    found = {question.name: question for question in said}
    for name, values in seen.items():
        guess = values.as_question(name)
        if name not in found or found[name].kind is Kind.OTHER:
            found[name] = guess
            continue
        known = found[name]
        if known.kind in {Kind.LABEL, Kind.MULTI_LABEL, Kind.SPAN, Kind.RATING} and known.kind is guess.kind:
            options = {**known.options, **{k: v for k, v in guess.options.items() if k not in known.options}}
            found[name] = Question(known.name, known.kind, known.title, known.description, options, known.field)
    return tuple(found.values())
