"""The dataset of a link: found, or made with its questions and published, whatever of that an earlier run has done."""

from typing import Any

from django.db.models.functions import Now

from curation.argilla import faults, shaping
from curation.argilla.client import Argilla, Json
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.models import Link
from curation.core.leases import Lease
from curation.standards.spec import spec_of

# What in a dataset's metadata says which link it was made for.
MARK = "exempla"


def prepare(link: Link, lease: Lease, argilla: Argilla) -> Json:
    """Return the dataset of a link as Argilla tells of it, published.

    Raises `ArgillaTrouble` where somebody else has a dataset of that name, where it was deleted, and where it lacks
    questions that answers are read by: after it was published, Argilla takes no other questions.
    """
    if not link.dataset:
        _note(link, lease, dataset=_found_or_made(link, argilla))
    try:
        dataset = argilla.dataset(link.dataset)
    except ArgillaTrouble as error:
        raise (ArgillaTrouble(faults.DATASET_GONE) if error.status == 404 else error) from None
    if link.published_at is None:
        _publish(link, dataset, argilla)
        _note(link, lease, published_at=Now())
        return argilla.dataset(link.dataset)
    there = {one["name"] for one in argilla.questions(link.dataset)}
    missing = [one["name"] for one in _questions(link) if one["name"] not in there]
    if missing:
        raise ArgillaTrouble(faults.QUESTIONS_GONE % {"names": ", ".join(missing)})
    return dataset


def _found_or_made(link: Link, argilla: Argilla) -> str:
    workspace = argilla.workspace_id()
    for one in argilla.datasets(workspace):
        if one["name"] == link.name:
            if (one.get("metadata") or {}).get(MARK) != str(link.uuid):
                raise ArgillaTrouble(faults.TAKEN % {"workspace": argilla.server.workspace, "name": link.name})
            return str(one["id"])
    queue = link.queue
    body = {
        "name": link.name,
        "workspace_id": workspace,
        "guidelines": shaping.guidelines(queue.name, queue.instructions, spec_of(queue.rubric)),
        "allow_extra_metadata": False,
        "distribution": {"strategy": "overlap", "min_submitted": queue.overlap},
        "metadata": {MARK: str(link.uuid)},
    }
    return str(argilla.call("POST", "datasets", body=body)["id"])


def _publish(link: Link, dataset: Json, argilla: Argilla) -> None:
    if dataset["status"] == "ready":
        return
    wanted = [
        ("fields", shaping.fields(spec_of(link.queue.rubric)), argilla.fields),
        ("questions", _questions(link), argilla.questions),
        ("metadata-properties", shaping.metadata_properties(), argilla.metadata_properties),
    ]
    for path, parts, listed in wanted:
        there = {one["name"] for one in listed(link.dataset)}
        for part in parts:
            if part["name"] not in there:
                argilla.call("POST", f"datasets/{link.dataset}/{path}", body=part)
    argilla.call("PUT", f"datasets/{link.dataset}/publish")


def _questions(link: Link) -> list[dict[str, Any]]:
    return shaping.questions(spec_of(link.queue.rubric))


def _note(link: Link, lease: Lease, **changes: Any) -> None:
    with lease.storing():
        lease.update(**changes)
    link.refresh_from_db(fields=list(changes))
