"""Fetching a dataset from a running Argilla server, into a file like those that it exports."""

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from django.utils.translation import gettext as _

from curation.argilla.client import Argilla
from curation.argilla.models import ArgillaServer
from curation.core.errors import InvalidInput
from curation.ratings_import.looking import PEOPLE, SETTINGS

RECORDS = "records.jsonl"
# Every file of the archive has one time, so that the same dataset is the same file.
BEGINNING = (1980, 1, 1, 0, 0, 0)


def fetch(
    server: ArgillaServer, name: str, into: IO[bytes], *, progress: Callable[[int, int], None] | None = None
) -> int:
    """Write the dataset called `name` of a server's workspace into a file, and return how many records it has.

    Memory does not grow with it. Drafts and discarded responses keep their state, people are known by the names that
    they have there. `progress` gets how many records are written, and of how many. Raises `ArgillaTrouble`, and
    `InvalidInput` for a dataset that is not there.
    """
    with Argilla(server) as argilla:
        workspace = argilla.workspace_id()
        dataset = _dataset(argilla, workspace, name)
        questions = argilla.questions(dataset["id"])
        settings = {
            "guidelines": dataset.get("guidelines") or "",
            "questions": questions,
            "fields": argilla.fields(dataset["id"]),
        }
        named = {question["id"]: question["name"] for question in questions}
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_entry(SETTINGS[0]), json.dumps(settings, sort_keys=True))
            archive.writestr(_entry(PEOPLE), json.dumps(_people(argilla), sort_keys=True))
            return _records(argilla, dataset["id"], named, archive, progress)


def _dataset(argilla: Argilla, workspace: str, name: str) -> Mapping[str, Any]:
    there = argilla.datasets(workspace)
    found = next((one for one in there if one["name"] == name), None)
    if found is None:
        listed = ", ".join(sorted(one["name"] for one in there)[:20]) or _("none")
        raise InvalidInput(
            _("There is no dataset “%(name)s” there. There are: %(names)s.") % {"name": name[:100], "names": listed}
        )
    return found


def _records(
    argilla: Argilla,
    dataset: str,
    named: Mapping[str, str],
    archive: zipfile.ZipFile,
    progress: Callable[[int, int], None] | None,
) -> int:
    done = 0
    include = ("responses", "suggestions")
    with archive.open(_entry(RECORDS), "w", force_zip64=True) as lines:
        while True:
            page, total = argilla.page(dataset, offset=done, include=include)
            for record in page:
                lines.write(json.dumps(_written(record, named), ensure_ascii=True).encode() + b"\n")
            done += len(page)
            if progress:
                progress(done, total)
            if not page or done >= total:
                return done


def _written(record: Mapping[str, Any], named: Mapping[str, str]) -> dict[str, Any]:
    """Return a record as Argilla writes one: with the names of questions in place of their keys."""
    return {
        "id": record.get("external_id") or record["id"],
        "fields": record["fields"],
        "metadata": record.get("metadata") or {},
        "responses": [
            {"user_id": one.get("user_id"), "status": one.get("status"), "values": one.get("values")}
            for one in record.get("responses") or ()
        ],
        "suggestions": list(_suggestions(record, named)),
        "status": record.get("status"),
    }


def _suggestions(record: Mapping[str, Any], named: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for one in record.get("suggestions") or ():
        if one.get("question_id") in named:
            about = {key: one.get(key) for key in ("value", "score", "agent")}
            # A suggestion for several values has a score for each, which none of ours could keep.
            about["score"] = about["score"] if isinstance(about["score"], (int, float)) else None
            yield {"question_name": named[one["question_id"]], **about}


def _people(argilla: Argilla) -> dict[str, str]:
    """Return what people are called there, by their keys."""
    return {str(one["id"]): str(one["username"]) for one in argilla.people()}


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=BEGINNING)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
