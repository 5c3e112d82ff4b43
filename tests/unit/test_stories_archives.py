"""What is read of a zip archive or a folder: its files' names, and the configuration that a dataset card names."""

import json
import zipfile
from pathlib import Path

import pytest

from curation.stories.readers import FileUnreadable, open_file

TEXT = "The machine at the lock told the bargemen the truth. " * 3


def unflagged(path: Path, names: list[bytes]) -> Path:
    """Write an archive as tools do that say nothing about the encoding of its names."""
    with zipfile.ZipFile(path, "w") as archive:
        for place, _name in enumerate(names):
            archive.writestr(f"{place:028d}.txt", TEXT)
    data = path.read_bytes()
    for place, name in enumerate(names):
        old = f"{place:028d}.txt".encode()
        data = data.replace(old, (name + b".txt").rjust(len(old), b"_"))
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("Schlüssel", "utf-8"),
        ("灯笼", "utf-8"),
        ("Schlüssel", "cp437"),
        ("Schröder", "cp437"),
        ("être là", "cp437"),
        ("ÄÖÜ", "cp437"),
        ("über Ubung", "cp437"),
        ("Ночь 7", "cp866"),
        ("夜の話", "cp932"),
        ("表ソ夜の", "cp932"),
        ("灯笼", "gb2312"),
        ("등대의 밤이야", "euc_kr"),
        ("plain", "ascii"),
    ],
)
def test_a_name_in_a_zip_is_read_as_it_was_meant(tmp_path: Path, name: str, codec: str) -> None:
    with open_file(unflagged(tmp_path / "a.zip", [name.encode(codec)])) as reader:
        (row,) = reader.rows()
    assert str(row.values["file"]).strip("_") == f"{name}.txt"
    assert str(row.values["text"]).startswith("The machine")


def test_a_name_in_decomposed_form_is_composed(tmp_path: Path) -> None:
    with open_file(unflagged(tmp_path / "a.zip", ["Schlu\u0308ssel".encode()])) as reader:
        assert [str(row.values["file"]).strip("_") for row in reader.rows()] == ["Schlüssel.txt"]


def dataset(path: Path, configs: object, files: list[str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("set/README.md", f"---\nconfigs: {json.dumps(configs)}\n---\n\n# A set\n")
        for name in files:
            archive.writestr(f"set/{name}", json.dumps({"text": name}) if name.endswith(".jsonl") else name)
    return path


FILES = [
    "en/a.jsonl", "en/deep/b.jsonl", "en/deep/down/c.jsonl", "drafts/a.jsonl", "top.jsonl", "en/train-1.jsonl",
    "en/test-1.jsonl", "en/notes.md",
]  # fmt: skip
EN = ["en/a.jsonl", "en/deep/b.jsonl", "en/deep/down/c.jsonl", "en/test-1.jsonl", "en/train-1.jsonl"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"data_dir": "en"}, EN),
        ({"data_dir": "./en/"}, EN),
        ({"data_dir": "en", "data_files": "deep/*.jsonl"}, ["en/deep/b.jsonl"]),
        ({"data_files": "en/**"}, EN),
        ({"data_files": "**/a.jsonl"}, ["drafts/a.jsonl", "en/a.jsonl"]),
        ({"data_files": "en/**/*.jsonl"}, EN),
        ({"data_files": "*.jsonl"}, ["top.jsonl"]),
        ({"data_files": "en/*.jsonl"}, ["en/a.jsonl", "en/test-1.jsonl", "en/train-1.jsonl"]),
        ({"data_files": ["top.jsonl", "en/[!t]*.jsonl"]}, ["en/a.jsonl", "top.jsonl"]),
        ({"data_files": [{"split": "train", "path": "en/train-*"}, {"split": "test", "path": ["en/test-?.jsonl"]}]},
         ["en/test-1.jsonl", "en/train-1.jsonl"]),
        ({"data_files": {"train": "en/train-*", "test": ["en/test-*"]}}, ["en/test-1.jsonl", "en/train-1.jsonl"]),
    ],
)  # fmt: skip
def test_the_default_configuration_is_read_as_a_hub_reads_it(
    tmp_path: Path, config: dict[str, object], expected: list[str]
) -> None:
    other = {"config_name": "other", "data_dir": "drafts"}
    path = dataset(tmp_path / "a.zip", [other, {"config_name": "main", "default": True, **config}], FILES)
    with open_file(path) as reader:
        assert sorted(str(row.values["text"]) for row in reader.rows()) == expected
        assert any("“main” is read. Not read: other" in note for note in reader.notes)


def test_a_configuration_of_prose_is_read_as_prose(tmp_path: Path) -> None:
    config = {"config_name": "default", "data_files": "en/*.md"}
    with open_file(dataset(tmp_path / "a.zip", [config], FILES)) as reader:
        assert [row.values["text"] for row in reader.rows()] == ["en/notes.md"]


def test_a_configuration_whose_files_are_missing_is_refused(tmp_path: Path) -> None:
    config = {"config_name": "main", "data_files": "fr/*.jsonl"}
    with pytest.raises(FileUnreadable, match=r"“main” names files that are not here: set/fr/\*\.jsonl"):
        open_file(dataset(tmp_path / "a.zip", [config], FILES))


@pytest.mark.parametrize("card", ["", "---\nconfigs:\n- config_name: a\n  data_files: '*.csv'\n---\n"])
def test_an_archive_of_very_many_tables_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: str
) -> None:
    """However small they are, each is looked at every time that a page shows the archive."""
    monkeypatch.setattr("curation.stories.readers.members.MOST_TABLES", 2)
    with zipfile.ZipFile(path := tmp_path / "many.zip", "w") as archive:
        for place in range(3):
            archive.writestr(f"{place}.csv", f"text\n{TEXT}\n")
        if card:
            archive.writestr("README.md", card)
    with pytest.raises(FileUnreadable, match="The archive has 3 files; 2 are read at most"):
        open_file(path, "many.zip")
