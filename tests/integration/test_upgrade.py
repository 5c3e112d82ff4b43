"""Work that was done with an earlier version is there after the upgrade, under the names that things have now."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor

from annotations.actions import claim
from annotations.models import Queue, Review
from annotations.queries.status import ReviewStatus, with_status
from annotations.visibility import ReviewsStay
from curation.accounts.models import User
from curation.core.leases.lease import next_token
from curation.releases.models import Release
from curation.scoring.models import JudgeVersion
from tests.database import empty_database
from tests.old_schema import ARTIFACT, STATE, Rows

Stored = dict[str, dict[Any, dict[str, Any]]]
TABLES = {"annotations_seal": "annotations_finalization"}
COLUMNS = {
    "scoring_judgeversion": {
        "artefact": "model_artifact",
        "artefact_sha256": "model_artifact_sha256",
    },
    "scoring_score": {"spread": "standard_deviation"},
}
# Where an uploaded file lies follows from its hash; what grows with the ratings has a table of its own; who has seen
# scores is in the recusals.
GONE = {
    "stories_importrun": {"path"},
    "scoring_judgeversion": {"standing", "n_labels"},
    "calibration_exposure": {"user_id", "story_id"},
}
# What else the tables have now, by primary key; of `next_at` any time will do.
NEW: dict[str, dict[str, list[Any]]] = {
    "accounts_user": {"sessions_ended": [0, 0, 0]},
    "annotations_decision": {
        "themes": [["sleep"], ["sleep"], ["sleep"], []],
        "flag_verdicts": [{}, {}, {}, {}],
        "undo": [False, False, False, False],
    },
    "annotations_queue": {"comparison_share": [100, 100], "completed_at": [None, None]},
    "annotations_recusal": {"saw": ["scores"]},
    "annotations_review": {"blind": [True] * 5, "origin": ["here"] * 5},
    "annotations_span": {"backfire": [True, False, None]},
    "calibration_exposure": {"judge_id": [None, None], "recusal_id": [1, 2]},
    "calibration_judgequality": {
        **{
            name: [None]
            for name in (
                *("spearman_least", "spearman_most", "bias_low", "bias_high", "calibrated_error", "winning_rate"),
                *("saved", "saved_low", "saved_high", "judge_human", "judge_human_low", "judge_human_high"),
                *("human_human", "human_human_low", "human_human_high", "advantage"),
            )
        },
        **{name: [0] for name in ("reviews", "scores", "reviewers_left_out", "rated_twice", "reviewers_compared")},
        "second_reviewer": ["not_yet"],
        "reliability": [[]],
        "curve": [[]],
    },
    "releases_release": {
        "attempts": [0, 0],
        "by_token": [None, None],
        "formats": [[], []],
        "only_corrects": [False, False],
    },
    "releases_dataset": {"authors": [[], []], "doi": ["", ""]},
    "scoring_judgeversion": {
        "constitution_id": [None],
        "provider_id": [None],
        "prompt_version": [None],
        "reading": [None],
        "samples": [1],
        "temperature": [None],
        "effort": [""],
        "max_output_tokens": [None],
        "answers_of_id": [None],
    },
    "scoring_scorejob": {
        "batch_id": [None, None, None],
        "by_token": [None, None, None],
        "run_id": [None, None, None],
        "sample": [0, 0, 0],
    },
    "standards_constitution": {"language": ["en"], "translations": [{}]},
    "standards_rubric": {"language": ["en"], "translations": [{}], "of_dataset": [False]},
    "stories_importrun": {"attempts": [0, 0], "by_token": [None, None], "encoding": ["", ""], "left_out": [[], []]},
    "stories_source": {"key": ["harbour", "2-harbour-2", "weir"]},
}
WORDS = "'1':3 'ask':6 'café':1A 'harbour':8 'master':9 'tale':2 'tug':5 'wait':13"
# What a worker held before the upgrade waits for another one.
WAITS = {"state": "pending", "lease_until": None}


def stored() -> Stored:
    """Every row of the rooms' tables, by table and primary key."""
    found: Stored = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(("django_", "auth_", "accounts_user_")):
                key = connection.introspection.get_primary_key_column(cursor, table)
                cursor.execute(f'SELECT "{key}", to_jsonb(one)::text FROM "{table}" one')  # noqa: S608
                found[table] = {pk: json.loads(row) for pk, row in cursor.fetchall()}
    return found


def by_todays_names(before: Stored) -> Stored:
    """The rows under the names that their tables and columns have now."""
    return {
        TABLES.get(table, table): {
            pk: {
                COLUMNS.get(table, {}).get(name, name): value
                for name, value in row.items()
                if name not in GONE.get(table, ())
            }
            for pk, row in rows.items()
        }
        for table, rows in before.items()
    }


def changes(rows: Rows) -> dict[tuple[str, Any], dict[str, Any]]:
    """What the upgrade is to change in which rows."""
    checks = rows.apps.get_model("stories.Check").objects.filter(index_version="artefacts-1")
    return {
        ("accounts_user", rows.other.pk): {"username": f"ANNIE-{rows.other.pk}"},
        ("releases_dataset", rows.build.dataset_id): {
            "name": f"Tales-{rows.build.dataset_id}",
            "visibility": "signed-in",
        },
        ("annotations_queue", rows.queue.pk + 1): {"name": "Ｔｕｇｓ (wide)"},
        ("annotations_draft", rows.assignments[2].pk): {"version": 1},
        ("releases_release", rows.build.pk): WAITS,
        ("scoring_scorejob", rows.job.pk): {**WAITS, "slot": None},
        ("stories_importrun", rows.runs[1].pk): WAITS,
        **{
            ("stories_check", check.pk): {
                "index_version": "text-checks-1",
                "kind": {"artefacts": "text_checks"}.get(check.kind, check.kind),
            }
            for check in checks
        },
        # In today's Unicode form.
        ("stories_searchentry", rows.tales[0].pk): {"words": WORDS},
    }


def upgrade() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_work_of_an_earlier_version_is_kept() -> None:
    with empty_database():
        executor = MigrationExecutor(connection)
        djangos = {"admin", "auth", "contenttypes", "sessions"}
        old = [*STATE.items(), *(node for node in executor.loader.graph.leaf_nodes() if node[0] in djangos)]
        executor.migrate(old)
        rows = Rows(executor.loader.project_state(old).apps)
        before = stored()
        assert not [table for table, found in before.items() if not found], "a row of every table"
        expected = changes(rows)
        upgrade()
        after, old = stored(), by_todays_names(before)
        for table, kept in old.items():
            names = set(next(iter(kept.values())))
            now = after[table]
            for pk, row in kept.items():
                found = {name: now[pk][name] for name in names}
                assert found == row | expected.get((table, pk), {}), (table, pk)
            new = set(next(iter(now.values()))) - names - {"next_at"}
            assert {name: [now[pk][name] for pk in sorted(kept)] for name in new} == NEW.get(table, {}), table
        renamed = [row for pk, row in after["audit_entry"].items() if pk not in old["audit_entry"]]
        said = {(row["verb"], row["data"]["was"]) for row in renamed}
        assert said == {("user.renamed", "ANNIE"), ("dataset.renamed", "Tales")}
        assert next_token() > rows.build.token, "no lease of before is taken for one of today"

        # And it goes on.
        version = JudgeVersion.objects.get()
        assert (bytes(version.model_artifact or b""), version.calibration_status) == (ARTIFACT, "provisional")
        assert (version.n_labels, version.calibration.by_criterion) == (60, {"B1": 60})
        review = with_status(Review.objects.filter(pk=rows.commits[0].pk)).get()
        assert ReviewStatus.of(review).stay == ReviewsStay.IN_USE
        assignment = claim(reviewer=User.objects.get(username="annie"), queue=Queue.objects.get(slug="tugs"))
        assert assignment is not None
        assert (assignment.pk, assignment.draft.data) == (rows.assignments[3].pk, {"ratings": {"B1": 3}})
        with pytest.raises(IntegrityError, match="refused"):
            Release.objects.filter(state="built").update(notes="Changed.")
