"""A dataset on a real Argilla server that was not made from here, and what three people answered in it."""

import json
import zipfile
from typing import Any

from curation.accounts.actors import SYSTEM
from curation.accounts.models import User
from curation.argilla.actions import create_server
from curation.ratings_import.actions.fetches import fetch_due, start_fetch
from curation.ratings_import.models import DatasetFetch
from curation.stories.files import on_disk
from tests.argilla.running import Argilla, Person
from tests.argilla_files import TALES

QUESTIONS: dict[str, Any] = {
    "quality": {"type": "rating", "options": [{"value": n} for n in range(1, 6)]},
    "marks": {
        "type": "span",
        "field": "text",
        "visible_options": None,
        "options": [{"value": "weak", "text": "Weak", "description": None}],
        "allow_overlapping": True,
    },
}


class Annotated:
    """A dataset with three records, answered by three people in three ways, in a workspace that is added here."""

    def __init__(self, argilla: Argilla) -> None:
        self.argilla = argilla
        self.name, self.workspace = argilla.workspace()
        self.server = create_server(
            actor=SYSTEM, name="Ours", url=argilla.url, workspace=self.name, key=argilla.owner_key
        )
        text = {"text": {"type": "text", "use_markdown": False}}
        self.dataset = argilla.dataset(self.workspace, fields=text, questions=QUESTIONS, guidelines="Rate the tale.")
        self.called = argilla.call("GET", f"datasets/{self.dataset}")["name"]
        asked = argilla.call("GET", f"datasets/{self.dataset}/questions")["items"]
        quality = next(one["id"] for one in asked if one["name"] == "quality")
        suggestion = {"question_id": quality, "value": 4, "score": 0.75, "agent": "grader-2"}
        records = [
            {"fields": {"text": tale}, "external_id": f"tale-{n}", "suggestions": [suggestion]}
            for n, tale in enumerate(TALES)
        ]
        argilla.call("POST", f"datasets/{self.dataset}/records/bulk", json={"items": records})
        self.records = {
            one["external_id"]: one["id"] for one in argilla.call("GET", f"datasets/{self.dataset}/records")["items"]
        }
        self.anna, self.ben, self.cora = (argilla.person(self.workspace) for _ in range(3))
        marks = {"value": [{"start": 4, "end": 7, "label": "weak"}]}
        self._answer(self.anna, "submitted", {"quality": {"value": 5}, "marks": marks})
        self._answer(self.ben, "draft", {"quality": {"value": 1}})
        self._answer(self.cora, "discarded", None)

    def _answer(self, who: Person, status: str, values: Any) -> None:
        self.argilla.call(
            "POST",
            f"records/{self.records['tale-0']}/responses",
            key=who.key,
            json={"values": values, "status": status},
        )


def fetched(there: Annotated, curator: User) -> DatasetFetch:
    """A fetch that was carried out once."""
    made = start_fetch(actor=curator, server=there.server, name=there.called)
    again(made)
    return made


def again(made: DatasetFetch) -> None:
    """Carry out a fetch that waits, due or not, and read how it is then."""
    DatasetFetch.objects.filter(pk=made.pk, state="pending").update(next_at="2020-01-01T00:00Z")
    assert fetch_due() == 1
    made.refresh_from_db()


def lines(made: DatasetFetch) -> list[dict[str, Any]]:
    """The records in the file of a fetch."""
    with on_disk(made.file_sha256) as path, zipfile.ZipFile(path) as archive:
        return [json.loads(line) for line in archive.read("records.jsonl").splitlines()]
