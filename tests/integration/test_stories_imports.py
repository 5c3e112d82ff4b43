"""Importing files: what is stored, what is said, and what a kill, a second go or a race leaves behind."""

import csv
import io
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.core.leases import Lease, LeaseLost
from curation.stories.actions import importing, resume_import, start_import
from curation.stories.actions.importing import claim, run_import
from curation.stories.files import key_of
from curation.stories.models import ImportIssue, ImportRun, Stage, Story, Tag
from curation.stories.models.imports import ImportState
from curation.stories.tasks import import_stories
from tests.builders import person, run_out, source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path


def table(path: Path, rows: int = 5, start: int = 0) -> Path:
    """Write a file of the shape of a story benchmark: an unnamed index, prompts, multi-line cells, curly quotes."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["", "Prompt", "Human", "Story", "Model"])
        for n in range(start, start + rows):
            text = (
                f"The pump at mile {n} failed.\n\n“Tell them,” it said, and it told them, though the blame was its own."
            )
            writer.writerow([n, f"Prompt, {n}", "A person's text", text, f"model-{n % 3}"])
    return path


def command(*arguments: object) -> dict[str, Any]:
    out = io.StringIO()
    call_command("import_stories", *map(str, arguments), "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def counts(one: ImportRun) -> tuple[int, int, int, int]:
    one.refresh_from_db()
    return (one.rows_done, one.created, one.duplicates, one.rejected)


def test_a_file_is_imported_by_guess_with_its_provenance(home: Path) -> None:
    report = command(table(home / "bench.csv"), "--license", "MIT")
    assert {key: report[key] for key in ("rows", "created", "duplicates", "rejected")} == {
        "rows": 5,
        "created": 5,
        "duplicates": 0,
        "rejected": 0,
    }
    story = Story.objects.select_related("stage", "import_run", "source").order_by("row")[1]
    assert (story.row, story.prompt, story.generator, story.license) == (2, "Prompt, 1", "model-1", "MIT")
    assert (story.original_id, story.original, story.source.name) == ("1", {"Human": "A person's text"}, "bench")
    assert story.import_run is not None
    assert (home / "home" / key_of(story.import_run.file_sha256)).read_bytes() == (home / "bench.csv").read_bytes()
    assert story.stage.state == "stored"


def test_the_same_file_again_adds_nothing_and_says_so(home: Path) -> None:
    path = table(home / "bench.csv")
    command(path)
    out = io.StringIO()
    call_command("import_stories", str(path), stdout=out)
    assert "5 rows: nothing new, 5 already there, 0 rejected." in out.getvalue()
    assert Story.objects.count() == Stage.objects.count() == 5


def test_bad_rows_are_listed_and_good_rows_are_stored(home: Path) -> None:
    path = home / "mixed.csv"
    path.write_bytes(b"Story,Themes\nOne story.,boundaries;equanimity\n,empty\nra,gg,ed\nN\0L,x\nTwo stories.,\n")
    report = command(path, "--map", "text=Story")
    assert (report["created"], report["rejected"]) == (2, 3)
    assert [row for row, _ in report["files"][0]["issues"]] == [2, 3, 4]
    assert set(Tag.objects.values_list("kind", "key")) == {("theme", "boundaries"), ("theme", "equanimity")}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.csv", b"", "empty"),
        ("columns.csv", b"alpha,beta\n1,2\n", "alpha, beta"),
        ("array.json", b'[{"text": "a story"}, {"text": ', "breaks off"),
        ("cut.parquet", b"PAR1", "damaged"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_nothing_behind(home: Path, name: str, content: bytes, reason: str) -> None:
    (home / name).write_bytes(content)
    with pytest.raises(CommandError, match=reason):
        command(home / name)
    assert not Story.objects.exists()


def test_odd_cells_cost_no_more_than_their_own_row(home: Path) -> None:
    """Every row of every file ends as new, as a duplicate or as rejected with its reason."""
    at = pa.array([1_700_000_000_123_456_789, None, 1], pa.timestamp("ns", tz="Mars/Olympus"))
    text = pa.array([b"The first, in bytes.", b"bad \xff byte", b"The third, in bytes."])
    pq.write_table(pa.table({"text": text, "at": at}), home / "odd.parquet")
    (home / "chats.jsonl").write_text(
        "\n".join(
            json.dumps({"messages": [{"role": "user", "content": "Ask."}, {"role": role, "content": f"{role} said."}]})
            for role in ("assistant", "gpt", "user")
        )
    )
    (home / "quotes.tsv").write_text('id\ttext\n1\t"Stay," it said.\n2\t"I shall, it said.\n3\tPlain.\n')
    (home / "open.csv").write_text('id,text,themes\n1,"One, closed.",nan\n2,"Two, open\n3,"Three, closed."\n')
    reports = {
        path.name: command(path, "--source", "odd")
        for path in (home / "odd.parquet", home / "chats.jsonl", home / "quotes.tsv", home / "open.csv")
    }
    assert {name: (one["created"], one["rejected"]) for name, one in reports.items()} == {
        "odd.parquet": (2, 1),
        "chats.jsonl": (2, 1),
        "quotes.tsv": (3, 0),
        "open.csv": (2, 1),
    }
    assert all(reason for one in reports.values() for _row, reason in one["files"][0]["issues"])
    kept = Story.objects.get(text="The first, in bytes.")
    assert kept.original == {"at": "2023-11-14T22:13:20.123456789Z[Mars/Olympus]"}
    assert Story.objects.get(text="assistant said.").prompt == "Ask."
    assert Story.objects.filter(text='"Stay," it said.').exists()
    assert not Tag.objects.exists()


def test_tags_said_twice_are_stored_once(home: Path) -> None:
    (home / "tags.jsonl").write_text(json.dumps({"text": "A story.", "themes": ["Care", "care", "CARE "]}))
    assert command(home / "tags.jsonl")["created"] == 1
    assert list(Tag.objects.values_list("kind", "key")) == [("theme", "care")]


def test_columns_of_a_zips_later_files_and_of_objects_can_be_mapped(home: Path) -> None:
    with zipfile.ZipFile(home / "two.zip", "w") as archive:
        archive.writestr("a.jsonl", json.dumps({"data": {"body": "First."}, "source file": "mine"}))
        archive.writestr("b.jsonl", json.dumps({"data": {"body": "Second."}, "title": "Late", "permit": "MIT"}))
    assert command(home / "two.zip", "--map", "text=data.body", "--map", "license=permit")["created"] == 2
    first, second = Story.objects.order_by("row")
    assert (second.title, second.license) == ("Late", "MIT")
    assert first.original == {"data": {}, "source file": "mine", "source file (2)": "a.jsonl"}


@pytest.mark.parametrize("arguments", [["--map", "text"], ["--map", "body=Story"], ["--map", "text=Nothing"]])
def test_a_wrong_map_says_what_would_be_right(home: Path, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"text=Story|fields are: text|The file has: column 1, Prompt"):
        command(table(home / "bench.csv"), *arguments)


def test_a_folder_is_packed_the_same_way_each_time(home: Path) -> None:
    folder = home / "tales"
    (folder / "sea").mkdir(parents=True)
    (folder / "sea" / "tide.md").write_text("# Tide\n\nIt came in.")
    (folder / "wind.txt").write_text("It rose.")
    assert command(folder)["created"] == 2
    assert command(folder)["duplicates"] == 2
    assert len(set(ImportRun.objects.values_list("file_sha256", flat=True))) == 1
    assert set(Story.objects.values_list("title", "original_id")) == {("Tide", "sea/tide.md"), ("Wind", "wind.txt")}


def test_a_folder_saved_by_datasets_is_read(home: Path) -> None:
    import datasets

    rows = [{"story": "A kite."}, {"story": "A kettle."}]
    datasets.DatasetDict({"train": datasets.Dataset.from_list(rows)}).save_to_disk(home / "saved")
    assert command(home / "saved")["created"] == 2


def test_a_folder_with_a_link_that_leads_out_is_refused(home: Path) -> None:
    (home / "secret.md").write_text("Secret.")
    (home / "tales").mkdir()
    (home / "tales" / "link.md").symlink_to(home / "secret.md")
    with pytest.raises(CommandError, match="link"):
        command(home / "tales")


def test_a_killed_import_goes_on_without_doubles(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_ROWS", 10)
    one = start_import(actor=SYSTEM, source=source(), path=table(home / "bench.csv", rows=35))
    calls = 0

    def die(_: ImportRun) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise SystemExit

    mine = claim()
    assert mine is not None
    with pytest.raises(SystemExit):
        run_import(run=mine, progress=die)
    assert counts(one) == (20, 20, 0, 0)
    assert claim() is None
    run_out(Lease(ImportRun, [mine.pk], mine.token))
    import_stories()
    assert counts(one) == (35, 35, 0, 0)
    assert one.state == ImportState.DONE
    assert list(Story.objects.order_by("id").values_list("row", flat=True)) == list(range(1, 36))
    with pytest.raises(LeaseLost):
        run_import(run=mine)
    assert Story.objects.count() == 35


def test_an_interrupted_import_is_given_back_at_once(home: Path) -> None:
    one = start_import(actor=SYSTEM, source=source(), path=table(home / "bench.csv"))
    mine = claim()
    assert mine is not None
    with pytest.raises(KeyboardInterrupt):
        run_import(run=mine, progress=lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    import_stories()
    assert counts(one) == (5, 5, 0, 0)


def test_an_import_that_meets_a_passing_error_is_tried_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = start_import(actor=SYSTEM, source=source(), path=table(home / "bench.csv"))
    with monkeypatch.context() as patched:
        patched.setattr(importing, "store", lambda **_: (_ for _ in ()).throw(OperationalError("away")))
        import_stories()
    one.refresh_from_db()
    assert (one.state, one.attempts) == (ImportState.PENDING, 1)
    assert claim() is None, "not before some seconds have passed"
    ImportRun.objects.update(next_at="2020-01-01T00:00Z")
    import_stories()
    assert counts(one) == (5, 5, 0, 0)


def test_a_kill_inside_a_chunk_stores_nothing_of_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_ROWS", 10)
    one = start_import(actor=SYSTEM, source=source(), path=table(home / "bench.csv", rows=25))
    monkeypatch.setattr(ImportIssue.objects, "bulk_create", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    mine = claim()
    assert mine is not None
    with pytest.raises(KeyboardInterrupt):
        run_import(run=mine)
    assert counts(one) == (0, 0, 0, 0)
    assert not Story.objects.exists()


def test_a_long_import_gives_way_and_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_ROWS", 10)
    one = start_import(actor=SYSTEM, source=source(), path=table(home / "bench.csv", rows=25))
    states = []
    while mine := claim():
        states.append(run_import(run=mine, seconds=0).state)
    assert states[-1] == ImportState.DONE
    assert counts(one) == (25, 25, 0, 0)


def test_a_failed_import_can_go_on(home: Path) -> None:
    one = start_import(actor=SYSTEM, source=source(), path=table(home / "bench.csv"))
    kept = home / "home" / key_of(one.file_sha256)
    content = kept.read_bytes()
    kept.unlink()
    import_stories()
    one.refresh_from_db()
    assert (one.state, "Import it again" in one.error) == (ImportState.FAILED, True)
    kept.write_bytes(content)
    resume_import(actor=person(Role.CURATOR), run=one)
    import_stories()
    assert counts(one) == (5, 5, 0, 0)
    with pytest.raises(Conflict):
        resume_import(actor=SYSTEM, run=one)


def test_only_curators_import(home: Path) -> None:
    for role in (Role.ANNOTATOR, Role.RESEARCHER):
        with pytest.raises(NotAllowed):
            start_import(actor=person(role), source=source(), path=table(home / "bench.csv"))
    with pytest.raises(InvalidInput, match="license"):
        start_import(actor=SYSTEM, source=source(), path=home / "bench.csv", defaults={"license": "x" * 200})


def test_statements_do_not_grow_with_the_rows_of_a_chunk(home: Path) -> None:
    from django.test.utils import CaptureQueriesContext

    used = []
    for rows in (5, 200):
        start_import(actor=SYSTEM, source=source(), path=table(home / f"{rows}.csv", rows=rows, start=rows))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            import_stories()
        used.append(len(queries))
    assert used[0] == used[1]


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_the_same_file_store_each_story_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_ROWS", 7)
    path = table(home / "bench.csv", rows=60)
    runs = [start_import(actor=SYSTEM, source=source(), path=path) for _ in range(2)]
    ready, failures = threading.Barrier(2), []

    def work() -> None:
        try:
            ready.wait()
            import_stories()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert Story.objects.count() == Stage.objects.count() == 60
    assert [one[0] for one in map(counts, runs)] == [60, 60]
    assert sum(counts(one)[1] for one in runs) == 60
