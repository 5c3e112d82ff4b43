"""Blind review is a property of the structure: from a story or a review no path leads up to a score."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField, Model

ROOT = Path(__file__).resolve().parents[2]
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
# How far up each room is, from 0 at the bottom.
HEIGHT = {
    name.strip().rpartition(".")[2]: height for height, line in enumerate(reversed(LAYERS)) for name in line.split("|")
}
# Rooms above the human side that hold nothing of scores: a story may be asked for its purge, a dataset for its terms.
WITHOUT_SCORES = {"access", "erasure", "ratings_import"}
UPPER = {"scoring"} | {name for name, height in HEIGHT.items() if height > HEIGHT["annotations"]} - WITHOUT_SCORES
RELATIONS = [
    (model, field)
    for model in apps.get_models()
    if model._meta.app_label in UPPER
    for field in (*model._meta.fields, *model._meta.many_to_many)
    if isinstance(field, ForeignKey | ManyToManyField)
    and HEIGHT.get(field.related_model._meta.app_label, 0) < HEIGHT[model._meta.app_label]
]
# Where scores are read, and where they are destroyed together with their story.
READS_SCORES = ("curation/scoring/", "curation/calibration/", "curation/erasure/sql/")
TABLES = re.compile(r"scoring_(?:score|judgeanswer|answerreading)\b|get_model\(\s*[\"'](?:scoring|calibration)")


def test_there_are_relations_to_look_at() -> None:
    assert {model._meta.app_label for model, _ in RELATIONS} >= {
        "scoring",
        "calibration",
        "releases",
        "argilla",
        "research",
        "publishing",
    }


@pytest.mark.parametrize(
    ("model", "field"), RELATIONS, ids=lambda part: getattr(part, "__name__", getattr(part, "name", ""))
)
def test_a_lower_room_has_no_way_back_up(model: type[Model], field: ForeignKey) -> None:
    assert field.remote_field.hidden, f"{model.__name__}.{field.name} needs related_name='+'"
    target = field.related_model
    names = {relation.get_accessor_name() for relation in target._meta.related_objects}
    assert not any(name and name.startswith(model.__name__.lower()) for name in names)


def test_nothing_leads_from_a_judge_to_its_scores() -> None:
    scores = apps.get_model("scoring", "Score")
    assert all(field.remote_field.hidden for field in scores._meta.fields if isinstance(field, ForeignKey))


def test_no_other_room_asks_their_tables_by_name() -> None:
    asked = {
        str(path.relative_to(ROOT))
        for room in ("curation", "annotations")
        for path in (ROOT / room).rglob("*")
        if path.suffix in {".py", ".sql"} and "migrations" not in path.parts and TABLES.search(path.read_text())
    }
    assert asked
    assert {name for name in asked if not name.startswith(READS_SCORES)} == set()


def test_the_human_side_cannot_be_asked_for_scores() -> None:
    for model in apps.get_app_config("annotations").get_models():
        upward = {relation.related_model._meta.app_label for relation in model._meta.related_objects}
        assert not upward & UPPER, model


EVERYWHERE = sorted(
    {"annotations"} | {f"curation/{path.parent.name}" for path in (ROOT / "curation").glob("*/__init__.py")}
)
MAY_READ = {"curation/scoring", "curation/calibration"}


@pytest.mark.parametrize(
    "line",
    [
        "from curation.scoring.values import scores_for_story",
        "from curation.scoring import values",
        "from curation.scoring.findings import findings_for_story",
        "from curation.scoring.models import Score",
        "from curation.scoring.models.score import Score",
        "from curation.scoring.models import JudgeAnswer",
        "from curation.scoring.models.answer import AnswerReading",
        "from curation.calibration.queries.predictions import predictions",
        "from curation.calibration.queries.revisions import revisable",
    ],
)
def test_a_room_that_reads_scores_past_the_record_fails_the_check(line: str, tmp_path: Path) -> None:
    """In whichever room; that the modules which may read them are few, `pyproject.toml` says."""
    for room in EVERYWHERE:
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "reading.py").write_text(f"{line}\n")
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "--output-format", "concise"]
    found = subprocess.run(
        [*ruff, "--config", str(ROOT / "pyproject.toml"), "."], cwd=tmp_path, capture_output=True, text=True
    )
    assert {said.rpartition("/")[0] for said in re.findall(r"^(\S+?):\d", found.stdout, re.MULTILINE)} == (
        {*EVERYWHERE} - MAY_READ
    )
    assert "reveal_" in found.stdout


def test_the_modules_that_may_read_them_are_these() -> None:
    ignored = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["per-file-ignores"]
    assert {name for name, rules in ignored.items() if "TID251" in rules} == {
        "curation/{scoring,calibration}/**",
        "curation/triage/queries.py",
        "curation/argilla/suggesting.py",
        "curation/core/csv_lines.py",
        "curation/core/plain_text.py",
        "tests/**",
    }
