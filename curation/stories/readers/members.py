"""Which members of a zip archive are read, and which archives are refused."""

import stat
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import yaml
from django.utils.translation import gettext as _

from curation.core.numbers import grouped
from curation.stories.readers.base import FileUnreadable
from curation.stories.readers.configs import ArchiveConfig, default_config
from curation.stories.readers.prose import SUFFIXES, front_matter

MAX_MEMBERS = 200_000
# To find how a table is written takes about a millisecond, each time that a page shows the archive, however small it
# is.
TABLES, MOST_TABLES = (".parquet", ".arrow", ".csv", ".tsv"), 5_000
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
class MemberChoice:
    """The members to read, in order; whether they are prose, one story each; and what to tell a person about it."""

    names: list[str]
    prose: bool
    notes: list[str] = field(default_factory=list)


def check(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of the visible members in order, or raise `FileUnreadable` if the archive plays tricks."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        text = _("The archive has %(n)s files; %(most)s are read at most. Split it.")
        raise FileUnreadable(text % {"n": grouped(len(members)), "most": grouped(MAX_MEMBERS)})
    for one in members:
        path = PurePosixPath(one.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or one.filename[1:2] == ":":
            text = _("The archive has a path that leads out of it: %(path)s. Nothing was read.")
            raise FileUnreadable(text % {"path": repr(one.filename[:100])})
        if stat.S_ISLNK(one.external_attr >> 16):
            text = _("The archive has a link in it: %(path)s. Put the file itself in.")
            raise FileUnreadable(text % {"path": repr(one.filename[:100])})
        if one.flag_bits & 1:
            raise FileUnreadable(_("The archive is protected by a password. Pack it again without one."))
    unpacked, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    if unpacked > MAX_UNPACKED:
        text = _("Unpacked it would take %(n)d GB; %(most)d GB are read at most.")
        raise FileUnreadable(text % {"n": unpacked >> 30, "most": MAX_UNPACKED >> 30})
    if unpacked > RATIO_FROM and unpacked > MAX_RATIO * packed:
        times = unpacked // max(packed, 1)
        text = _("It unpacks to %(n)s times its size, which text never does. Nothing was read.")
        raise FileUnreadable(text % {"n": grouped(times)})
    names = [one.filename for one in members if not one.is_dir()]
    if len(set(names)) < len(names):
        raise FileUnreadable(_("The archive has two files of the same name. Pack it again."))
    if "[Content_Types].xml" in names:
        raise FileUnreadable(_("This is an office document. Save the sheet as CSV (UTF-8) and import that."))
    return sorted(name for name in names if not _is_hidden(name))


def choose(archive: zipfile.ZipFile, names: Sequence[str]) -> MemberChoice:
    """Return what to read: the files of a dataset card's default configuration, else one kind of data, else prose."""
    data = [name for name in names if name.lower().endswith(DATA) and PurePosixPath(name).name not in NOT_ROWS]
    if config := _configured(archive, names):
        return _chosen(config, names, data)
    for kind in DATA:
        if picked := [name for name in data if name.lower().endswith(kind) and not _is_cache(name)]:
            only = _("Only the %(kind)s files are read.") % {"kind": kind}
            _check_tables(picked)
            return MemberChoice(picked, prose=False, notes=[only] if picked != data else [])
    picked = [name for name in names if _is_prose(name) and not _is_about(name)]
    if not picked:
        text = _("No stories in it: none of its %(n)s files is Markdown, text, CSV, TSV, JSON, Parquet or Arrow.")
        raise FileUnreadable(text % {"n": grouped(len(names))})
    passed = len(names) - len(picked)
    left = _("Passed over, because no story is in them: %(n)s files.") % {"n": grouped(passed)}
    return MemberChoice(picked, prose=True, notes=[left] if passed else [])


def _chosen(config: ArchiveConfig, names: Sequence[str], data: Sequence[str]) -> MemberChoice:
    matched = [name for name in names if config.takes(name)]
    picked = [name for name in matched if name in set(data)]
    prose = not picked
    if prose:
        picked = [name for name in matched if _is_prose(name) and not _is_about(name)]
    if not picked:
        text = _("The dataset card's configuration “%(config)s” names files that are not here: %(patterns)s.")
        raise FileUnreadable(text % {"config": config.name, "patterns": ", ".join(config.patterns)[:200]})
    _check_tables(picked)
    notes = []
    if config.others:
        left = _("The configuration “%(config)s” is read. Not read: %(others)s.")
        notes.append(left % {"config": config.name, "others": ", ".join(config.others)})
    if unread := [name for name in matched if name not in set(picked) and not _is_about(name)]:
        notes.append(_("Not read, of a kind that is not data: %(files)s.") % {"files": ", ".join(unread)[:200]})
    return MemberChoice(picked, prose=prose, notes=notes)


def _check_tables(names: Sequence[str]) -> None:
    tables = sum(name.lower().endswith(TABLES) for name in names)
    if tables > MOST_TABLES:
        text = _("The archive has %(n)s files; %(most)s are read at most. Split it.")
        raise FileUnreadable(text % {"n": grouped(tables), "most": grouped(MOST_TABLES)})


def _configured(archive: zipfile.ZipFile, names: Sequence[str]) -> ArchiveConfig | None:
    """Return the configuration that a dataset card makes the default, if there is a card with configurations."""
    readme = min((name for name in names if PurePosixPath(name).name == "README.md"), key=len, default="")
    if not readme or archive.getinfo(readme).file_size > 1 << 20:
        return None
    try:
        card = front_matter(archive.read(readme).decode("utf-8-sig", errors="replace").replace("\r\n", "\n"))[0]
    except yaml.YAMLError:
        return None
    return default_config(card, root=readme.rpartition("/")[0])


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _is_prose(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def _is_about(name: str) -> bool:
    return PurePosixPath(name).stem.lower() in NOT_STORIES


def _is_cache(name: str) -> bool:
    return PurePosixPath(name).name.startswith(("cache-", "indices"))
