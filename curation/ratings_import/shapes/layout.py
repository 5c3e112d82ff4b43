"""Which shape a file has, and which of its columns hold what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ExportShape(StrEnum):
    """How a file tells of records.

    NESTED: objects `fields`, `responses`, `suggestions`, as Argilla 2 and the feedback datasets of Argilla 1 write
    JSON, and as its API answers. FLAT: columns `question.responses`, as Argilla 2 pushes to a hub. FEEDBACK: a column
    for each question and `question-suggestion`, as feedback datasets of Argilla 1 were pushed. TASK: `annotation` and
    `prediction`, as the datasets of Argilla 1 for one task were.
    """

    NESTED = "nested"
    FLAT = "flat"
    FEEDBACK = "feedback"
    TASK = "task"


# What a dataset for one task asks is called as the column of its answers.
ANNOTATION = "annotation"
TASK_COLUMNS = {
    *("prediction", "prediction_agent", ANNOTATION, "annotation_agent", "multi_label", "explanation", "metrics"),
    *("vectors", "status", "event_timestamp", "tokens", "tags", "search_keywords"),
}
NESTED_COLUMNS = {"responses", "suggestions", "vectors", "status", "_server_id", "inserted_at", "updated_at"}
FLAT_ENDS = (".responses", ".responses.users", ".responses.status", ".suggestion", ".suggestion.agent",
             ".suggestion.score")  # fmt: skip
FEEDBACK_ENDS = ("-suggestion", "-suggestion-metadata")
FLAT_REST = {"status", "_server_id"}


@dataclass(frozen=True)
class FileLayout:
    """A shape with the questions that the columns name, the columns that a story can be made of, and the rest.

    `fields` are those that may hold a story's text or title, and `metadata` those that say something else of it, both
    as `stories` names columns. `left_out` are those that no story keeps.
    """

    shape: ExportShape
    questions: tuple[str, ...]
    fields: tuple[str, ...]
    metadata: tuple[str, ...]
    left_out: tuple[str, ...] = field(default=())


def layout_of(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> FileLayout | None:
    """Return the layout of a file with these columns, going by its first rows too; None for no dataset of Argilla."""
    present = {column for row in rows for column in row}
    top = {column: None for column in columns if column in present}
    if any(isinstance(row.get("fields"), dict) for row in rows) and {"responses", "suggestions"} & top.keys():
        return _nested(columns, rows)
    if any(column.endswith((".responses", ".suggestion")) for column in top):
        return _by_ends(ExportShape.FLAT, top, FLAT_ENDS, FLAT_REST)
    if any(f"{column}-suggestion" in top and _has_statuses(rows, column) for column in top):
        return _by_ends(ExportShape.FEEDBACK, top, FEEDBACK_ENDS, FLAT_REST)
    if ANNOTATION in top and {"prediction", "annotation_agent"} & set(top):
        return _task(columns, top)
    return None


def _nested(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> FileLayout:
    named: dict[str, None] = {}
    for row in rows:
        for part in ("responses", "suggestions"):
            named |= dict.fromkeys(_questions_in(row.get(part)))
    return FileLayout(
        ExportShape.NESTED,
        questions=tuple(named),
        fields=tuple(column for column in columns if column.startswith("fields.")),
        metadata=tuple(c for c in columns if c.startswith("metadata.") or c in {"id", "external_id"}),
        left_out=tuple(column for column in columns if column in NESTED_COLUMNS),
    )


def _questions_in(part: Any) -> list[str]:
    if isinstance(part, dict):
        return [name for name, value in part.items() if value]
    found: list[str] = []
    for one in part if isinstance(part, list) else ():
        if isinstance(one, dict):
            found += one["values"] if isinstance(one.get("values"), dict) else []
            found += [name] if isinstance(name := one.get("question_name"), str) else []
    return found


def _by_ends(shape: ExportShape, top: Mapping[str, None], ends: tuple[str, ...], rest: set[str]) -> FileLayout:
    questions = dict.fromkeys(
        column.removesuffix(end) for end in ends for column in top if column.endswith(end) and column != end
    )
    if shape is ExportShape.FLAT:
        # `.responses.users` ends the name of no question.
        questions = {name: None for name in questions if not name.endswith((".responses", ".suggestion"))}
    own = {*questions} if shape is ExportShape.FEEDBACK else set[str]()
    said = {column for column in top if column.endswith(ends)} | own
    others = [column for column in top if column not in said | rest]
    ids = {"id", "external_id", "metadata"}
    return FileLayout(
        shape,
        questions=tuple(questions),
        fields=tuple(column for column in others if column not in ids),
        metadata=tuple(others),
        left_out=tuple(column for column in top if column in said | rest),
    )


def _has_statuses(rows: Sequence[Mapping[str, Any]], column: str) -> bool:
    return any(isinstance(row.get(column), (list, dict)) for row in rows)


def _task(columns: Sequence[str], top: Mapping[str, None]) -> FileLayout:
    own = {"id", "metadata", "inputs", *TASK_COLUMNS}
    return FileLayout(
        ExportShape.TASK,
        questions=(ANNOTATION,),
        fields=tuple(c for c in columns if c.startswith("inputs.") or (c in top and c not in own)),
        metadata=tuple(c for c in columns if c.startswith("metadata.") or c == "id"),
        left_out=tuple(column for column in top if column in TASK_COLUMNS),
    )
