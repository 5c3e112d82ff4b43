"""Stories over the API: their ingest in batches against the import of the same file, and pages far down a list.

*Planted*: the stories before a page counted one by one, 1.93 times page 1 for page 1,000.
"""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core import roles
from curation.stories.actions import start_import
from curation.stories.models import Story
from tests.api import Caller
from tests.benchmarks.bench_import import forget_stories, texts
from tests.benchmarks.report import tell
from tests.benchmarks.spent import spent
from tests.builders import person, source

FEW, MANY, BATCH = 10_000, 100_000, 5_000
MOST_TIMES, MOST_GROWTH = 2.0, 1.3
PAGE, PAGES, CALLS, ROUNDS = 100, 1_000, 20, 5
MOST_LATER = 1.2
ROOT = Path(__file__).resolve().parents[2]


def write(path: Path, rows: int, words: str) -> Path:
    """Write a JSONL file; `words` make its texts others than those of another file."""
    with path.open("w", encoding="utf-8") as stream:
        for number, text in enumerate(texts(rows)):
            row = {"text": f"{words} {text}", "id": number, "model": f"model-{number % 7}", "notes": "kept"}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def apart(child: str, *arguments: object) -> dict[str, Any]:
    """Run a child of this folder on this database, so that its peak memory is nobody else's; return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOG_LEVEL": "ERROR"}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    name = str(connection.settings_dict["NAME"])
    command = [sys.executable, str(Path(__file__).with_name(child)), name, *map(str, arguments)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def both(folder: Path, home: Path, rows: int, secret: str) -> Iterator[dict[str, Any]]:
    """Yield what the import of a file costs, and that of one like it over the API."""
    path = write(folder / "imported.jsonl", rows, "Imported.")
    with spent() as cost:
        start_import(actor=SYSTEM, source=source(), path=path)
    carried = apart("import_child.py", home)
    for name, seconds in (("seconds", cost.clock), ("processor", cost.processor)):
        carried[name] += seconds
    yield carried
    path = write(folder / "sent.jsonl", rows, "Sent.")
    yield apart("api_ingest_child.py", home, path, secret, BATCH)


@pytest.mark.django_db(transaction=True)
@pytest.mark.by_name("ingest", 3)
def test_ingest_beside_the_import_command(tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.HOME = tmp_path / "home"
    secret = Caller(person(Role.CURATOR)).secret
    found = {}
    for rows in (FEW, MANY):
        forget_stories()
        found[rows] = list(both(tmp_path, settings.HOME, rows, secret))
        assert [one["created"] for one in found[rows]] == [rows, rows]
    lines = [f"{'':34}{'stories/s':>11}{'clock s':>9}{'cpu s':>9}{'peak MB':>9}"]
    for rows, pair in found.items():
        for label, one in zip((f"import of {rows:,} x 4 KB", f"API, batches of {BATCH:,}"), pair, strict=True):
            cost = f"{one['seconds']:>9.1f}{one['processor']:>9.1f}{one['peak_mb']:>9.0f}"
            lines.append(f"{label:34}{rows / one['seconds']:>11,.0f}{cost}")
    times = {rows: sent["processor"] / imported["processor"] for rows, (imported, sent) in found.items()}
    growth = found[MANY][1]["peak_mb"] / found[FEW][1]["peak_mb"]
    said = ", ".join(f"{one:.2f} times at {rows:,}" for rows, one in times.items())
    lines.append(f"the API takes {said} of the import's processor time (aim: {MOST_TIMES:.0f} at most)")
    lines.append(f"its memory grows {growth:.2f} times from {FEW:,} to {MANY:,} (aim: {MOST_GROWTH})")
    lines.append(f"the longest call took {found[MANY][1]['longest']:.1f} s")
    tell(capsys, "API: ingest", __doc__, lines)
    assert max(times.values()) < MOST_TIMES
    assert growth < MOST_GROWTH


def many_stories(rows: int) -> None:
    """Store so many stories of a few words, with stages and tags, in a few statements."""
    of = source().pk
    with roles.as_owner(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO stories_story (source_id, title, text, text_sha256, normal_sha256, n_words, n_chars,
                 language, license, genre, setting, pov, tone, protagonist, generator, prompt, original_id, original,
                 created_at)
               SELECT %s, 'Story ' || n, 'The tug waited ' || n, sha, sha, 4, 20, 'en', '', '', '', '', '', '', '', '',
                 '', '{}', now() FROM (SELECT n, encode(sha256(n::text::bytea), 'hex') AS sha
                 FROM generate_series(1, %s) AS n) AS made""",
            [of, rows],
        )
        cursor.execute(
            "INSERT INTO stories_stage (story_id, state, changed_at) SELECT id, 'checked', now() FROM stories_story"
        )
        cursor.execute(
            """INSERT INTO stories_tag (story_id, kind, key, source, created_at)
               SELECT id, 'theme', CASE id % 3 WHEN 0 THEN 'harm' ELSE 'care' END, 'import', now()
               FROM stories_story"""
        )
        cursor.execute("ANALYZE stories_story, stories_stage, stories_tag")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("chosen", ["", "&state=checked", "&theme=care"])
def test_the_thousandth_page_costs_what_the_first_does(
    settings: Any, capsys: pytest.CaptureFixture[str], chosen: str
) -> None:
    settings.API_CALLS_A_MINUTE = 10**9
    many_stories(MANY)
    admin: User = person(Role.ADMIN)
    caller = Caller(admin)
    newest = list(Story.objects.order_by("-pk").values_list("pk", flat=True))
    far = newest[(PAGES - 1) * PAGE - 1] if not chosen.startswith("&theme") else newest[MANY * 9 // 10]
    places = {"page 1": "", "page 1,000": "&cursor=" + b64encode(f"p={far}".encode()).decode().replace("=", "%3D")}
    best = dict.fromkeys(places, float("inf"))
    for _round in range(ROUNDS):
        for name, cursor in places.items():
            with spent() as cost:
                for _call in range(CALLS):
                    page = caller.get(f"stories?limit={PAGE}{chosen}{cursor}")
            assert len(page["results"]) == PAGE
            best[name] = min(best[name], cost.processor)
    ratio = best["page 1,000"] / best["page 1"]
    lines = [
        f"a page of {PAGE} of {MANY:,} stories{', ' + chosen[1:] if chosen else ''}: processor time",
        *(f"{name:12}{1000 * seconds / CALLS:>8.1f} ms" for name, seconds in best.items()),
        f"ratio {ratio:.2f} (aim: under {MOST_LATER})",
    ]
    tell(capsys, f"API: pages of a list{chosen.replace('&', ', ').replace('=', ' ')}", __doc__, lines)
    assert ratio < MOST_LATER
