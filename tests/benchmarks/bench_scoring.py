"""From a file to stories that can be claimed, and from there to scores: processor time for each story of 4 KB.

The file is imported, and the stories are checked and scored, by the actions that the workers call, one after another in
one process. The references are a bare COPY of the stored rows into a table with the same indexes, and a bare loop that
hashes each text and finds its words with a pattern. What is asserted is a ratio of processor times, so that other work
on the machine does not matter.

*Planted*, on a busy machine: chunks of 10 rows for the import, 3.6 times COPY and loop; the words of stories indexed
before they can be claimed, 9.7 times COPY and loop; each text read three times for its scores, 10.3 loops.
"""

import re
import sys
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from curation.accounts.actors import SYSTEM
from curation.core import roles
from curation.scoring.actions import work
from curation.scoring.models import Score
from curation.stories.actions import start_import
from curation.stories.actions.checking import check_slice
from curation.stories.actions.importing import claim, run_import
from curation.stories.models import Stage
from curation.stories.stages import State
from tests.benchmarks.bench_import import COLUMNS, texts, write
from tests.benchmarks.per_story import HEAD, Spent, spent
from tests.benchmarks.report import tell
from tests.builders import default_rubric, source

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the database's processor time is told by Linux")
STORIES = 4_000
MOST_IMPORT, MOST_REFERENCES, MOST_LOOPS = 2.2, 7, 9
WORD = re.compile(r"\w+")


def bare_loop() -> Spent:
    """Hash each text, and find its words."""
    read = list(texts(STORIES))
    with spent() as used:
        for text in read:
            sha256(text.encode()).digest()
            WORD.findall(text)
    return used


def bare_copy() -> Spent:
    """COPY the stored rows into a table of the same shape and indexes."""
    listed = ", ".join(f'"{column}"' for column in COLUMNS)
    with roles.as_owner(), connection.cursor() as cursor:
        with cursor.copy(f"COPY stories_story ({listed}) TO STDOUT") as out:
            rows = [bytes(piece) for piece in out]
        cursor.execute("CREATE TABLE bench_copy (LIKE stories_story INCLUDING ALL)")
        with spent() as used, cursor.copy(f"COPY bench_copy ({listed}) FROM STDIN") as copy:
            for row in rows:
                copy.write(row)
        cursor.execute("DROP TABLE bench_copy")
    return used


def check_all() -> None:
    """Check slices until no story waits for it; what becomes findable afterwards is not waited for."""
    for _ in takewhile(lambda _: Stage.objects.filter(state=State.STORED).exists(), iter(int, 1)):
        check_slice()


@pytest.mark.django_db(transaction=True)
def test_from_file_to_scored(tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.HOME = tmp_path / "home"
    default_rubric()
    path = write(tmp_path / "stories.csv", STORIES)
    start_import(actor=SYSTEM, source=source(), path=path)
    run = claim()
    assert run is not None
    with spent() as importing:
        assert run_import(run=run).created == STORIES
    with spent() as checking:
        check_all()
    with spent() as scoring:
        assert work(seconds=3600) == STORIES
    assert Score.objects.count() == 10 * STORIES
    copy, loop = bare_copy(), bare_loop()
    reference = copy.both + loop.both
    imports, references = importing.both / reference, (importing.both + checking.both) / reference
    loops = scoring.own / loop.own
    claimable = importing.both + checking.both
    lines = [
        HEAD,
        copy.line(f"bare COPY of {STORIES:,} rows", STORIES),
        loop.line("bare loop: hash, and find words", STORIES),
        importing.line("import", STORIES),
        checking.line("checks, until claimable", STORIES),
        scoring.line("scores by word counts", STORIES),
        f"import takes {imports:.1f} times COPY and loop (at most {MOST_IMPORT});"
        f" {importing.both / copy.both:.1f} COPYs",
        f"import and checks take {references:.1f} times COPY and loop (at most {MOST_REFERENCES});"
        f" {2 * STORIES / claimable:,.0f} stories/s of two cores that do nothing else",
        f"scoring takes {loops:.1f} loops (at most {MOST_LOOPS}); {STORIES / scoring.own:,.0f} stories/s of one core",
    ]
    tell(capsys, "From file to scored", str(__doc__), lines)
    assert imports <= MOST_IMPORT
    assert references <= MOST_REFERENCES
    assert loops <= MOST_LOOPS
