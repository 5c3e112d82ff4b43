"""One row of a file as a record."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curation.ratings_import.shapes.layout import ANNOTATION, ExportShape, FileLayout
from curation.ratings_import.shapes.record import DISCARDED, DRAFT, SUBMITTED, AnnotatedRecord, Response, Suggestion

STATUSES = {SUBMITTED: SUBMITTED, DRAFT: DRAFT, DISCARDED: DISCARDED}
# Of the datasets for one task, where the status is the record's.
TASK_STATUSES = {"validated": SUBMITTED, "discarded": DISCARDED, "default": DRAFT, "edited": DRAFT}
# A label of several is suggested from this score on.
LIKELY = 0.5
Answer = tuple[str, str, str, Any]


def record_of(
    values: Mapping[str, Any], layout: FileLayout, classes: Mapping[str, Sequence[str | None]]
) -> AnnotatedRecord:
    """Return the record of a row. `classes` names the labels of columns that hold their numbers instead."""
    read = {
        ExportShape.NESTED: _nested,
        ExportShape.FLAT: _flat,
        ExportShape.FEEDBACK: _feedback,
        ExportShape.TASK: _task,
    }[layout.shape]
    fields = values.get("fields") if layout.shape is ExportShape.NESTED else values
    answers, suggestions = read(values, layout, classes)
    responses, several = _by_person(answers)
    # One of a row that says nothing of when it ends has no id.
    named = next((values[name] for name in ("id", "external_id", "_server_id") if values.get(name)), "")
    return AnnotatedRecord(
        id=str(named)[:200],
        fields=fields if isinstance(fields, dict) else {},
        responses=responses,
        suggestions=tuple(one for one in suggestions if one.value is not None),
        several=several,
    )


def _by_person(answers: Sequence[Answer]) -> tuple[tuple[Response, ...], tuple[tuple[str, str], ...]]:
    """Put together what each person answered. Of two answers to one question the first is kept, and the other told.

    People who are not named cannot be told apart: their n-th answers to each question are taken for one person's.
    """
    found: dict[tuple[str, int], tuple[list[str], dict[str, Any]]] = {}
    several: list[tuple[str, str]] = []
    nameless: Counter[str] = Counter()
    for person, status, question, value in answers:
        place = 0 if person else nameless[question]
        nameless[question] += not person and question != ""
        statuses, given = found.setdefault((person, place), ([], {}))
        statuses.append(status)
        if question and question in given:
            several.append((person, question))
        elif question:
            given[question] = plain(value)
    responses = tuple(
        Response(person if place == 0 else f"{person}#{place + 1}", _worst(statuses), given)
        for (person, place), (statuses, given) in found.items()
    )
    return responses, tuple(several)


def _worst(statuses: Sequence[str]) -> str:
    return next((one for one in (DISCARDED, DRAFT) if one in statuses), SUBMITTED)


def plain(value: Any) -> Any:
    """Return a value as it was given: a whole number that a table turned into 4.0 is 4 again."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _status(value: Any) -> str:
    # A file that does not say was written of what was submitted.
    return STATUSES.get(str(getattr(value, "value", value)).lower(), SUBMITTED)


def _person(value: Any) -> str:
    return "" if value is None or str(value) in {"None", ""} else str(value)[:200]


def _nested(
    values: Mapping[str, Any], layout: FileLayout, classes: Mapping[str, Sequence[str | None]]
) -> tuple[list[Answer], list[Suggestion]]:
    return list(_responses_in(values.get("responses"))), list(_suggestions_in(values.get("suggestions")))


def _responses_in(part: Any) -> Iterator[Answer]:
    if isinstance(part, dict):
        for question, given in part.items():
            for one in given if isinstance(given, list) else ():
                if isinstance(one, dict):
                    yield _person(one.get("user_id")), _status(one.get("status")), question, one.get("value")
        return
    for one in part if isinstance(part, list) else ():
        if not isinstance(one, dict):
            continue
        person, status = _person(one.get("user_id") or one.get("user")), _status(one.get("status"))
        answers = one.get("values")
        if not isinstance(answers, dict) or not answers:
            yield person, status, "", None
            continue
        for question, value in answers.items():
            yield person, status, question, value.get("value") if isinstance(value, dict) else value


def _suggestions_in(part: Any) -> Iterator[Suggestion]:
    if isinstance(part, dict):
        for question, one in part.items():
            if isinstance(one, dict):
                yield _suggestion(question, one.get("value"), one)
        return
    for one in part if isinstance(part, list) else ():
        if isinstance(one, dict) and isinstance(question := one.get("question_name"), str):
            yield _suggestion(question, one.get("value"), one)


def _suggestion(question: str, value: Any, about: Mapping[str, Any]) -> Suggestion:
    score = about.get("score")
    return Suggestion(
        question, plain(value), _person(about.get("agent")), float(score) if isinstance(score, (int, float)) else None
    )


def _flat(
    values: Mapping[str, Any], layout: FileLayout, classes: Mapping[str, Sequence[str | None]]
) -> tuple[list[Answer], list[Suggestion]]:
    answers: list[Answer] = []
    suggestions: list[Suggestion] = []
    for question in layout.questions:
        column = f"{question}.responses"
        given, users, statuses = (values.get(f"{column}{end}") or [] for end in ("", ".users", ".status"))
        for place, value in enumerate(given):
            person = _person(users[place]) if place < len(users) else ""
            status = _status(statuses[place]) if place < len(statuses) else SUBMITTED
            answers.append((person, status, question, value))
        column = f"{question}.suggestion"
        about = {"agent": values.get(f"{column}.agent"), "score": values.get(f"{column}.score")}
        suggestions.append(_suggestion(question, _named(values.get(column), classes.get(column)), about))
    return answers, suggestions


def _named(value: Any, names: Sequence[str | None] | None) -> Any:
    if names is None or not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None


def _feedback(
    values: Mapping[str, Any], layout: FileLayout, classes: Mapping[str, Sequence[str | None]]
) -> tuple[list[Answer], list[Suggestion]]:
    answers: list[Answer] = []
    suggestions: list[Suggestion] = []
    for question in layout.questions:
        for one in _objects(values.get(question)):
            answers.append((_person(one.get("user_id")), _status(one.get("status")), question, one.get("value")))
        about = values.get(f"{question}-suggestion-metadata")
        suggestions.append(
            _suggestion(question, values.get(f"{question}-suggestion"), about if isinstance(about, dict) else {})
        )
    return answers, suggestions


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list, which some versions of `datasets` keep as an object of lists."""
    if isinstance(value, dict):
        lists = {name: one for name, one in value.items() if isinstance(one, list)}
        longest = max(map(len, lists.values()), default=0)
        return [{name: one[n] for name, one in lists.items() if n < len(one)} for n in range(longest)]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _task(
    values: Mapping[str, Any], layout: FileLayout, classes: Mapping[str, Sequence[str | None]]
) -> tuple[list[Answer], list[Suggestion]]:
    answers: list[Answer] = []
    status = TASK_STATUSES.get(str(values.get("status") or "validated").lower(), SUBMITTED)
    given = values.get(ANNOTATION)
    if given is not None or status == DISCARDED:
        question = ANNOTATION if given is not None else ""
        answers.append((_person(values.get("annotation_agent")), status, question, _passages(given)))
    value, score = _predicted(values.get("prediction"), several=bool(values.get("multi_label")))
    about = {"agent": values.get("prediction_agent"), "score": score}
    return answers, [_suggestion(ANNOTATION, value, about)]


def _passages(given: Any) -> Any:
    """Return marked passages as objects; Argilla 1 also wrote them as [label, start, end]."""
    if isinstance(given, list) and given and all(isinstance(one, list) and len(one) in {3, 4} for one in given):
        return [{"label": one[0], "start": one[1], "end": one[2]} for one in given]
    return given


def _predicted(given: Any, *, several: bool) -> tuple[Any, float | None]:
    """Return what was predicted, and how sure: the likeliest label, every likely one, a text, or passages."""
    if not isinstance(given, list) or not given:
        return None, None
    pairs = [_pair(one) for one in given]
    if any(isinstance(one, dict) and "start" in one for one in given):
        return given, None
    scored = [pair for pair in pairs if pair is not None]
    if not scored:
        return _passages(given), None
    if several:
        likely = [label for label, score in scored if score >= LIKELY]
        return likely or None, None
    label, score = max(scored, key=lambda pair: pair[1])
    return label, score


def _pair(one: Any) -> tuple[str, float] | None:
    if isinstance(one, dict):
        label, score = one.get("label", one.get("text")), one.get("score", 1.0)
    elif isinstance(one, list) and len(one) == 2:
        label, score = one
    else:
        label, score = (one, 1.0) if isinstance(one, str) else (None, None)
    return (label, float(score)) if isinstance(label, str) and isinstance(score, (int, float)) else None
