"""Which members of a zip archive are read, and which archives are refused."""

import fnmatch
import stat
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml
from django.utils.translation import gettext as _

from curation.stories.readers.base import Unreadable
from curation.stories.readers.encoding import decode
from curation.stories.readers.prose import SUFFIXES, front_matter

MAX_MEMBERS = 200_000
MAX_UNPACKED = 16 << 30
# Prose packs 3 to 10 times smaller; what packs far better is not prose.
MAX_RATIO, RATIO_FROM = 100, 10 << 20
DATA = (".parquet", ".arrow", ".jsonl", ".ndjson", ".csv", ".tsv", ".json")
NOT_STORIES = {"readme", "license", "licence", "changelog", "contributing", "notice"}
NOT_ROWS = {
    "croissant.json",
    "dataset_dict.json",
    "dataset_info.json",
    "dataset_infos.json",
    "manifest.json",
    "state.json",
    "withdrawn.json",
}


@dataclass(frozen=True)
class Choice:
    """The members to read, in order; whether they are prose, one story each; and what to tell a person about it."""

    names: list[str]
    prose: bool
    notes: list[str] = field(default_factory=list)


def check(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of the visible members in order, or raise `Unreadable` if the archive plays tricks."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        text = _("The archive has %(n)s files; %(most)s are read at most. Split it.")
        raise Unreadable(text % {"n": f"{len(members):,}", "most": f"{MAX_MEMBERS:,}"})
    for one in members:
        path = PurePosixPath(one.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or one.filename[1:2] == ":":
            text = _("The archive has a path that leads out of it: %(path)s. Nothing was read.")
            raise Unreadable(text % {"path": repr(one.filename[:100])})
        if stat.S_ISLNK(one.external_attr >> 16):
            text = _("The archive has a link in it: %(path)s. Put the file itself in.")
            raise Unreadable(text % {"path": repr(one.filename[:100])})
        if one.flag_bits & 1:
            raise Unreadable(_("The archive is protected by a password. Pack it again without one."))
    unpacked, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    if unpacked > MAX_UNPACKED:
        text = _("Unpacked it would take %(n)d GB; %(most)d GB are read at most.")
        raise Unreadable(text % {"n": unpacked >> 30, "most": MAX_UNPACKED >> 30})
    if unpacked > RATIO_FROM and unpacked > MAX_RATIO * packed:
        times = unpacked // max(packed, 1)
        text = _("It unpacks to %(n)s times its size, which text never does. Nothing was read.")
        raise Unreadable(text % {"n": f"{times:,}"})
    names = [one.filename for one in members if not one.is_dir()]
    if len(set(names)) < len(names):
        raise Unreadable(_("The archive has two files of the same name. Pack it again."))
    if "[Content_Types].xml" in names:
        raise Unreadable(_("This is an office document. Save the sheet as CSV (UTF-8) and import that."))
    return sorted(name for name in names if not _is_hidden(name))


def choose(archive: zipfile.ZipFile, names: Sequence[str]) -> Choice:
    """Return what to read: the data files that a dataset card names, else one kind of data files, else prose."""
    data = [name for name in names if name.lower().endswith(DATA) and PurePosixPath(name).name not in NOT_ROWS]
    config, patterns, others = _configured(archive, names)
    if picked := [name for name in data if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]:
        left = _("The configuration “%(config)s” is read. Not read: %(others)s.")
        left %= {"config": config, "others": ", ".join(others)}
        return Choice(picked, prose=False, notes=[left] if others else [])
    for kind in DATA:
        if picked := [name for name in data if name.lower().endswith(kind) and not _is_cache(name)]:
            only = _("Only the %(kind)s files are read.") % {"kind": kind}
            return Choice(picked, prose=False, notes=[only] if picked != data else [])
    picked = [name for name in names if PurePosixPath(name).suffix.lower() in SUFFIXES and not _is_about(name)]
    if not picked:
        text = _("No stories in it: none of its %(n)s files is Markdown, text, CSV, TSV, JSON, Parquet or Arrow.")
        raise Unreadable(text % {"n": f"{len(names):,}"})
    passed = len(names) - len(picked)
    left = _("Passed over, because no story is in them: %(n)s files.") % {"n": f"{passed:,}"}
    return Choice(picked, prose=True, notes=[left] if passed else [])


def _configured(archive: zipfile.ZipFile, names: Sequence[str]) -> tuple[str, list[str], list[str]]:
    """Return name and file patterns of the configuration that a dataset card makes the default; the others' names."""
    readme = min((name for name in names if PurePosixPath(name).name == "README.md"), key=len, default="")
    if not readme or archive.getinfo(readme).file_size > 1 << 20:
        return "", [], []
    try:
        card = front_matter(decode(archive.read(readme)).replace("\r\n", "\n"))[0]
    except yaml.YAMLError:
        return "", [], []
    listed = card.get("configs")
    configs: list[dict[str, Any]] = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not configs:
        return "", [], []
    # `sorted` keeps the order, so that the first one stands where none is marked.
    chosen = sorted(configs, key=lambda one: (not one.get("default"), one.get("config_name") != "default"))[0]
    patterns: list[str] = []
    files = chosen.get("data_files") or []
    for entry in files if isinstance(files, list) else [files]:
        path = entry.get("path") if isinstance(entry, dict) else entry
        patterns += [str(one) for one in (path if isinstance(path, list) else [path]) if one]
    root = "" if "/" not in readme else readme.rpartition("/")[0] + "/"
    others = [str(one.get("config_name")) for one in configs if one is not chosen]
    return str(chosen.get("config_name", "default")), [root + pattern for pattern in patterns], others


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _is_about(name: str) -> bool:
    return PurePosixPath(name).stem.lower() in NOT_STORIES


def _is_cache(name: str) -> bool:
    return PurePosixPath(name).name.startswith(("cache-", "indices"))
