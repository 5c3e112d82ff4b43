"""The program that every release brings along: it names the file and the byte of a copy that are wrong."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from curation.releases.models import SplitAssignment
from curation.releases.shipped import verify
from tests import builders
from tests.releases_client import unpack

pytestmark = pytest.mark.django_db
Break = Callable[[Path], str]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A downloaded release with files of every kind."""
    stories = builders.accepted_stories(4, prompt="Tell one.")
    dataset = builders.dataset()
    SplitAssignment.objects.bulk_create(
        SplitAssignment(dataset=dataset, story=story, split=split)
        for story, split in zip(stories, ("train", "train", "validation", "test"), strict=True)
    )
    return unpack(builders.built_release(dataset, formats=["jsonl", "messages", "text"]), tmp_path / "copy")


def problems(folder: Path, expected: str = "") -> list[str]:
    said: list[str] = []
    count = verify.check(str(folder), expected, said.append)
    assert (count or 0) == len(said) or count is None
    return said


def run(folder: Path, *given: str) -> tuple[int, str]:
    """Run the copy's own program as somebody would who has nothing of ours, from elsewhere."""
    command = [sys.executable, "-I", "-X", "utf8", str(folder / "tools" / "verify.py"), *given]
    ran = subprocess.run(
        command, cwd="/", env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


def flip(path: Path, place: int) -> tuple[int, int]:
    """Change one byte; return what it is and what it was."""
    content = bytearray(path.read_bytes())
    was = content[place]
    content[place] ^= 0x05
    path.write_bytes(content)
    return content[place], was


def test_a_whole_copy_is_as_released_and_anything_else_is_named(copy: Path, tmp_path: Path) -> None:
    manifest = sha256((copy / "manifest.json").read_bytes()).hexdigest()
    (copy / ".gitattributes").write_text("*.parquet filter=lfs")
    (copy / ".cache" / "huggingface").mkdir(parents=True)
    (copy / ".cache" / "huggingface" / "x").write_text("of the client")
    code, said = run(copy, "--manifest", manifest)
    assert (code, "as released" in said, "as the one that was named" in said) == (0, True, True)
    assert f"is {manifest}: compare" in run(copy)[1]
    assert problems(copy) == []

    kinds = {path.suffix + path.parent.name: path for path in sorted(copy.rglob("*")) if path.is_file()}
    wanted = {".parquetstories", ".parquetratings", ".jsonljsonl", ".jsonlmessages", ".txttext", ".pytools"}
    assert wanted <= set(kinds)
    broken = [path for path in kinds.values() if ".cache" not in path.parts and path.name != ".gitattributes"]
    broken += [copy / name for name in ("README.md", "CITATION.cff", "croissant.json", "withdrawn.json")]
    broken += [copy / "checksums.json", copy / "manifest.json"]
    for path in broken:
        content, place = path.read_bytes(), path.stat().st_size // 2
        now, was = flip(path, place)
        name = path.relative_to(copy).as_posix()
        found = problems(copy)
        wrong = f"{name}: byte {place:,} is wrong: it is {now:#04x} and was {was:#04x}"
        assert any(line.startswith(wrong) for line in found)
        assert all(line.startswith(name) for line in found), "nothing else is accused"
        path.write_bytes(content)
    assert problems(copy) == []

    (copy / "README.md").rename(tmp_path / "README.md")
    (copy / "stories" / "more.parquet").write_bytes(b"PAR1")
    assert problems(copy) == ["README.md: it is missing", "stories/more.parquet: it is not part of the release"]
    shutil.move(tmp_path / "README.md", copy / "README.md")
    (copy / "stories" / "more.parquet").unlink()

    shard = next((copy / "ratings").iterdir())
    content = shard.read_bytes()
    shard.write_bytes(content[:-7])
    name = shard.relative_to(copy).as_posix()
    assert problems(copy) == [f"{name}: it ends at byte {len(content) - 7:,} of {len(content):,}"]
    shard.write_bytes(content + b"x")
    assert problems(copy) == [f"{name}: it goes on after byte {len(content):,}, up to {len(content) + 1:,}"]
    shard.write_bytes(bytes([content[0], content[1] ^ 1, content[2] ^ 1, *content[3:]]))
    (line,) = problems(copy)
    assert "in more than one place" in line
    code, said = run(copy)
    assert (code, "1 problem: this is not what was released." in said) == (1, True)
    (copy / "manifest.json").unlink()
    assert run(copy)[0] == 2


def test_it_says_where_in_a_table_a_byte_lies_and_that_a_manifest_is_another(copy: Path) -> None:
    shard = copy / "stories" / "train-00000-of-00001.parquet"
    flip(shard, 1_000)
    (line,) = problems(copy)
    assert "in column " in line
    assert "of rows 0 to 1" in line
    assert problems(copy, "0" * 64)[0].startswith("manifest.json: its SHA-256 is ")


def test_every_place_of_the_manifest_is_found_its_own_checksum_too(copy: Path) -> None:
    path = copy / "manifest.json"
    content = path.read_bytes()
    start = content.index(b'"self": "') + len(b'"self": "')
    for place in (start + 3, start + 40, 5, len(content) - 30):
        now, was = flip(path, place)
        (line, *_rest) = problems(copy)
        assert line == f"manifest.json: byte {place:,} is wrong: it is {now:#04x} and was {was:#04x}"
        path.write_bytes(content)
    # In the hash of a file, it accuses not that.
    place = content.index(b'"sha256": "') + 20
    now, was = flip(path, place)
    assert problems(copy) == [f"manifest.json: byte {place:,} is wrong: it is {now:#04x} and was {was:#04x}"]


def test_figures_that_its_ratings_do_not_give_are_named(tmp_path: Path) -> None:
    readers = builders.person(), builders.person()
    for value in (4, 5):
        builders.accepted_stories(2, *readers, data=builders.answers(value))
    folder = unpack(builders.built_release(builders.dataset()), tmp_path / "copy")
    assert problems(folder) == []
    prior = json.loads((folder / "manifest.json").read_text())["prior"]["figures"]
    paths = sorted(str(path.relative_to(folder)) for path in folder.glob("*/*.parquet"))

    def wrong(of: dict[str, dict[str, float]]) -> list[str]:
        return list(verify.check_means(parquet, str(folder), paths, of))

    assert wrong(prior) == []
    other = {"B1": {"mean": prior["B1"]["mean"] + 0.3, "sd": prior["B1"]["sd"]}}
    said = wrong(other)
    assert len([line for line in said if "B1_mean is" in line]) == 4, "all four stories are looked at"
    shard = next(folder.glob("stories/*.parquet"))
    rows = parquet.read_table(shard).to_pylist()
    rows[0]["A1_sd"] += 0.001
    parquet.write_table(pa.Table.from_pylist(rows, schema=parquet.read_schema(shard)), shard)
    (line,) = wrong(prior)
    assert line.startswith(
        f"{shard.relative_to(folder)}: row 0 ({rows[0]['id']}): its A1_sd is {rows[0]['A1_sd']}, and"
    )
    # Of a story with a review that is not shown, nothing can be said.
    rows[0]["n_ratings"] = 3
    parquet.write_table(pa.Table.from_pylist(rows, schema=parquet.read_schema(shard)), shard)
    assert wrong(prior) == []


def test_rows_that_do_not_fit_each_other_are_named() -> None:
    class Rows:
        """Reads what a test says is in the files."""

        def __init__(self, path: str) -> None:
            self.rows = FOUND[path.split("/")[-2]]

        def __enter__(self) -> "Rows":
            return self

        def __exit__(self, *_error: object) -> None:
            pass

        def iter_batches(self, *, batch_size: int, columns: list[str]) -> list["Rows"]:
            return [self]

        def to_pylist(self) -> list[dict[str, object]]:
            return self.rows

        def __len__(self) -> int:
            return len(self.rows)

    class Parquet:
        ParquetFile = Rows

    right = sha256(b"One.").hexdigest()
    FOUND = {
        "stories": [{"id": "a", "text": "One.", "sha256": right}, {"id": "a", "text": "Two.", "sha256": right}],
        "ratings": [{"story_id": "a", "value": 5}, {"story_id": "b", "value": 6}],
    }
    found = list(verify.check_rows(Parquet, "/", ["stories/x.parquet", "ratings/x.parquet"]))
    assert found == [
        "stories/x.parquet: row 1 (a): its text is not the one of its sha256",
        "stories/x.parquet: row 1 (a): the story is there twice",
        "ratings/x.parquet: row 1 (b): there is no such story",
        "ratings/x.parquet: row 1 (b): 6 is no rating",
    ]
