"""Datasets as Argilla writes them: the shapes are those of its own client, which these tests do not need."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ANNA, BEN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
TALES = [
    "The tug waited at the lock. Then it asked the harbour master what it ought to do.",
    "A crane lifted the crate twice, and told the foreman that it had been wrong the first time.",
    "The lamp went out. It said so to the ship before the ship had to ask.",
]


def question(name: str, kind: str, options: Any = (), **more: Any) -> dict[str, Any]:
    """A question of a dataset's settings, as Argilla 2 writes them."""
    settings = {"type": kind, **more}
    if options:
        settings["options"] = [
            {"value": one} if isinstance(one, int) else {"value": one, "text": one.title()} for one in options
        ]
    return {
        "id": None,
        "name": name,
        "title": name.title(),
        "description": None,
        "required": True,
        "settings": settings,
    }


QUESTIONS = [
    question("quality", "rating", range(1, 6)),
    question("tone", "label_selection", ["cold", "warm"]),
    question("topics", "multi_label_selection", ["honesty", "patience"]),
    question("why", "text"),
    question("marks", "span", ["weak"], field="text"),
    question("order", "ranking", ["a", "b"]),
]
SETTINGS = {"guidelines": "Rate the tale.", "questions": QUESTIONS, "fields": [{"name": "text"}]}


def nested(number: int, **more: Any) -> dict[str, Any]:
    """A record as `dataset.records.to_json()` writes it."""
    record = {
        "id": f"tale-{number}",
        "fields": {"text": TALES[number], "title": f"Tale {number}"},
        "metadata": {"model": "storyteller-1"},
        "suggestions": {"quality": {"value": 4, "score": 0.87, "agent": "grader-2"}},
        "responses": {
            "quality": [{"value": 5, "user_id": ANNA}, {"value": 3, "user_id": BEN}],
            "tone": [{"value": "warm", "user_id": ANNA}],
            "topics": [{"value": ["honesty"], "user_id": ANNA}],
            "why": [{"value": "It asks first.", "user_id": ANNA}],
            "marks": [{"value": [{"start": 4, "end": 7, "label": "weak"}], "user_id": ANNA}],
            "order": [{"value": [{"value": "b", "rank": 1}, {"value": "a", "rank": 2}], "user_id": BEN}],
        },
        "vectors": {},
        "status": "completed",
        "_server_id": None,
    }
    return record | more


def to_disk(folder: Path, records: list[dict[str, Any]], settings: Any = SETTINGS) -> Path:
    """A dataset as `dataset.to_disk()` writes it, packed."""
    path = folder / "tales.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("records.json", json.dumps(records))
        archive.writestr(".argilla/dataset.json", "{}")
        archive.writestr(".argilla/settings.json", json.dumps(settings))
    return path


def flat(number: int, **more: Any) -> dict[str, Any]:
    """A record as `dataset.to_hub()` writes it."""
    record = {
        "id": f"tale-{number}",
        "status": "completed",
        "_server_id": f"server-{number}",
        "text": TALES[number],
        "title": f"Tale {number}",
        "model": "storyteller-1",
        "quality.responses": [5, 3],
        "quality.responses.users": [ANNA, BEN],
        "quality.responses.status": ["submitted", "draft"],
        "tone.responses": ["warm"],
        "tone.responses.users": [ANNA],
        "tone.responses.status": ["submitted"],
        "marks.responses": [[{"start": 4, "end": 7, "label": "weak"}]],
        "marks.responses.users": [ANNA],
        "marks.responses.status": ["submitted"],
        "quality.suggestion": 4,
        "quality.suggestion.score": 0.87,
        "quality.suggestion.agent": "grader-2",
        # Labels are numbers in these columns, and the file's head names them.
        "tone.suggestion": 1,
        "tone.suggestion.score": None,
        "tone.suggestion.agent": "grader-2",
    }
    return record | more


def to_hub(folder: Path, records: list[dict[str, Any]], settings: Any = SETTINGS) -> Path:
    """A dataset's repository on a hub, downloaded and packed."""
    features = {"info": {"features": {"tone.suggestion": {"names": ["cold", "warm", None], "_type": "ClassLabel"}}}}
    table = pa.Table.from_pylist(records)
    table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    rows = folder / "rows.parquet"
    pq.write_table(table, rows)
    path = folder / "tales-hub.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(rows, "data/train-00000-of-00001.parquet")
        archive.writestr("README.md", "---\ntags:\n- argilla\n---\nTales.")
        if settings:
            archive.writestr(".argilla/settings.json", json.dumps(settings))
    return path


def feedback(number: int, **more: Any) -> dict[str, Any]:
    """A record of a feedback dataset of Argilla 1, as its API answers and as it was written to JSON."""
    record = {
        "external_id": f"tale-{number}",
        "fields": {"text": TALES[number]},
        "metadata": {},
        "responses": [
            {"user_id": ANNA, "status": "submitted", "values": {"quality": {"value": 5}}},
            {"user_id": BEN, "status": "discarded", "values": None},
        ],
        "suggestions": [{"question_name": "quality", "value": 4, "score": None, "type": "model", "agent": "grader-2"}],
    }
    return record | more


def feedback_hub(number: int, **more: Any) -> dict[str, Any]:
    """A record of a feedback dataset of Argilla 1, as it was pushed to a hub."""
    record = {
        "text": TALES[number],
        "quality": [{"user_id": ANNA, "value": 5, "status": "submitted"}],
        "quality-suggestion": 4,
        "quality-suggestion-metadata": {"type": "model", "score": 0.5, "agent": "grader-2"},
        "external_id": f"tale-{number}",
        "metadata": "{}",
    }
    return record | more


def task(number: int, **more: Any) -> dict[str, Any]:
    """A record of a dataset for text classification of Argilla 1."""
    record = {
        "text": TALES[number],
        "inputs": {"text": TALES[number]},
        "prediction": [{"label": "warm", "score": 0.9}, {"label": "cold", "score": 0.1}],
        "prediction_agent": "grader-2",
        "annotation": "cold",
        "annotation_agent": "anna",
        "multi_label": False,
        "explanation": None,
        "id": f"tale-{number}",
        "metadata": {"model": "storyteller-1"},
        "status": "Validated",
        "event_timestamp": None,
        "metrics": {},
        "vectors": None,
    }
    return record | more


def as_json(folder: Path, records: list[dict[str, Any]], name: str = "tales.json") -> Path:
    """Records as one file of JSON."""
    path = folder / name
    path.write_text(json.dumps(records))
    return path


def as_lines(folder: Path, records: list[dict[str, Any]], name: str = "tales.jsonl") -> Path:
    """Records as lines of JSON."""
    path = folder / name
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path
