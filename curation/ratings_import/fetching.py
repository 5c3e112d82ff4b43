"""Fetching a dataset from a running Argilla server, into a file like those that it exports."""

import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.utils.translation import gettext as _

from curation.argilla import faults
from curation.argilla.client import Argilla, moment
from curation.argilla.faults import ArgillaTrouble, RecordsMoved
from curation.argilla.models import ArgillaServer, Link, LinkState
from curation.core.errors import Conflict
from curation.core.stored_messages import gettext_noop
from curation.core.stored_translations import translate_stored
from curation.ratings_import.looking import PEOPLE, SETTINGS

RECORDS = "records.jsonl"
# Every file of the archive has one time, so that the same dataset is the same file.
BEGINNING = (1980, 1, 1, 0, 0, 0)
# So many seconds are waited for one page in all, before what is written so far is given up.
PATIENCE = 120.0
NAMES_TOLD = 20

NO_DATASET = gettext_noop("There is no dataset “%(name)s” there. There are: %(names)s.")
LEFT = gettext_noop("The dataset is not there any more. What was read of it is not kept.")
SHRANK = gettext_noop("Records were deleted there while it was read. It is read again from the beginning.")
NO_PLACE = gettext_noop("Files or the database were out of reach. It is tried again.")
FORMS = (NO_DATASET, LEFT, SHRANK, NO_PLACE, *faults.FORMS)


@dataclass(frozen=True)
class DatasetThere:
    """A dataset of a server's workspace. One that is not `published` has no records yet.

    `link` is the key of the link by which a queue of ours is reviewed in it, None where it is none of ours.
    """

    name: str
    published: bool
    changed_at: datetime
    link: int | None


def datasets_there(server: ArgillaServer) -> list[DatasetThere]:
    """Return the datasets of a server's workspace, by name. Asks once; raises `ArgillaTrouble`."""
    with Argilla(server, patient=False) as argilla:
        found = argilla.datasets(argilla.workspace_id())
    links = dict(_links(server).values_list("dataset", "pk"))
    there = [
        DatasetThere(
            str(one["name"]),
            one.get("status") == "ready",
            moment(one.get("last_activity_at") or one["updated_at"]),
            links.get(str(one["id"])),
        )
        for one in found
    ]
    return sorted(there, key=lambda one: (one.name.casefold(), one.name))


def refuse_linked(server: ArgillaServer, name: str) -> None:
    """Raise `Conflict` where a queue is reviewed in that dataset: what is said there comes in as reviews by itself."""
    if queue := _links(server).filter(name=name).values_list("queue__name", flat=True).first():
        raise Conflict(
            _("The queue “%(queue)s” is reviewed in this dataset. What is said there comes in by itself.")
            % {"queue": queue}
        )


def fetch(
    server: ArgillaServer,
    name: str,
    into: IO[bytes],
    *,
    progress: Callable[[int, int], None] | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Write the dataset called `name` of a server's workspace into a file, and return how many records it has.

    Memory does not grow with it. Drafts and discarded responses keep their state, people are known by the names that
    they have there. `progress` gets how many records are written, and of how many. What fails for a while is waited
    for, by `pause`, for `PATIENCE` seconds a page. Raises `ArgillaTrouble`, also for a dataset that is not there, and
    `Conflict` for one in which a queue of ours is reviewed.
    """
    refuse_linked(server, name)
    with Argilla(server, pause=pause) as argilla:
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
            done = 0
            with archive.open(_entry(RECORDS), "w", force_zip64=True) as lines:
                for page, total in _pages(argilla, dataset["id"], pause):
                    for record in page:
                        lines.write(json.dumps(_written(record, named), ensure_ascii=True).encode() + b"\n")
                    done += len(page)
                    if progress:
                        progress(done, total)
            return done


def fetch_fault_in_words(stored: str) -> str:
    """Return what is in the way of a fetch, a stored sentence, in the reader's language."""
    return translate_stored(stored, FORMS)


def _links(server: ArgillaServer) -> Any:
    return Link.objects.filter(server=server).exclude(state=LinkState.CLOSED)


def _dataset(argilla: Argilla, workspace: str, name: str) -> Mapping[str, Any]:
    there = argilla.datasets(workspace)
    found = next((one for one in there if one["name"] == name), None)
    if found is None:
        listed = ", ".join(sorted(one["name"] for one in there)[:NAMES_TOLD]) or "–"
        raise ArgillaTrouble(NO_DATASET % {"name": name[:100], "names": listed})
    return found


def _pages(
    argilla: Argilla, dataset: str, pause: Callable[[float], None]
) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """Yield the records in the order in which they were made, a page at a time, and how many there are in all.

    Records that are added meanwhile come last. One that is deleted moves all behind it, of which the next page would
    leave some out, however many are added: then `ArgillaTrouble` says that it is to be read again.
    """
    done, last = 0, None
    while True:
        page, total = _page(argilla, dataset, done, last, pause)
        done += len(page)
        yield page, total
        if not page or done >= total:
            return
        last = str(page[-1]["id"])


def _page(
    argilla: Argilla, dataset: str, done: int, last: str | None, pause: Callable[[float], None]
) -> tuple[list[dict[str, Any]], int]:
    waited, tries = 0.0, 0
    while True:
        try:
            return argilla.page(dataset, offset=done, after=last, include=("responses", "suggestions"))
        except RecordsMoved:
            raise ArgillaTrouble(SHRANK, passes=True) from None
        except ArgillaTrouble as error:
            if error.status == 404:
                raise ArgillaTrouble(LEFT, status=error.status) from None
            wait = max(error.after, 2.0**tries)
            if not error.passes or waited + wait > PATIENCE:
                raise
            pause(wait)
            waited, tries = waited + wait, tries + 1


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
