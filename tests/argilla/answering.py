"""A linked queue on a real Argilla server, and people who answer there."""

import secrets
from typing import Any

from annotations.actions import add_member
from annotations.models import Queue
from curation.accounts.actors import SYSTEM
from curation.accounts.models import User
from curation.argilla.actions import create_link, create_server
from curation.argilla.carrying import SyncRound, carry_out, claim
from curation.argilla.models import Link
from tests.argilla.running import Argilla, Person
from tests.builders import person


class Linked:
    """A queue that is linked to a dataset in a workspace of its own, and what is done about it there."""

    def __init__(self, argilla: Argilla, queue: Queue, **fields: Any) -> None:
        self.argilla, self.queue = argilla, queue
        name, self.workspace = argilla.workspace()
        self.server = create_server(
            actor=SYSTEM, name=name, url=argilla.url, workspace=name, key=fields.pop("key", argilla.owner_key)
        )
        self.link = create_link(actor=SYSTEM, queue=queue, server=self.server, **fields)

    def synced(self, **parts: bool) -> SyncRound:
        """Carry out a round, as a worker does, due or not."""
        Link.objects.filter(pk=self.link.pk, state="pending").update(next_at="2020-01-01T00:00Z")
        claimed = claim(self.link.pk)
        assert claimed is not None, "the link is not due"
        done = carry_out(*claimed, **parts)
        self.link.refresh_from_db()
        return done

    def reader(self, role: str = "annotator", *, publish: bool | None = True) -> tuple[User, Person]:
        """Somebody who reviews in the queue, and their account there in this role, named by their e-mail address.

        `publish` is what they have said here to the publication of their ratings.
        """
        username = f"reader-{secrets.token_hex(4)}"
        user = person(username=username, publish=publish)
        user.email = f"{username}@example.org"
        user.save()
        add_member(actor=SYSTEM, queue=self.queue, user=user)
        return user, self.argilla.person(self.workspace, username=user.email, role=role)

    def records(self) -> list[dict[str, Any]]:
        """The records there, with all that they have."""
        path = f"datasets/{self.link.dataset}/records"
        found: list[dict[str, Any]] = self.argilla.call("GET", path, include="responses,suggestions", limit=1000)[
            "items"
        ]
        return found

    def questions(self) -> dict[str, dict[str, Any]]:
        """The questions there, by name."""
        path = f"datasets/{self.link.dataset}/questions"
        return {one["name"]: one for one in self.argilla.call("GET", path)["items"]}

    def answer(
        self, who: Person, record: str, values: dict[str, Any] | None = None, status: str = "submitted"
    ) -> dict[str, Any]:
        """Have somebody answer about a record, or change their answer."""
        given = None if values is None else {name: {"value": value} for name, value in values.items()}
        item = {"record_id": record, "status": status, "values": given}
        done = self.argilla.call("POST", "me/responses/bulk", key=who.key, json={"items": [item]})["items"][0]
        assert done["item"], done
        answered: dict[str, Any] = done["item"]
        return answered

    def rated(self, value: int = 4, **more: Any) -> dict[str, Any]:
        """Answers to all questions that everybody has to answer, the same to each."""
        return {name: value for name, one in self.questions().items() if one["required"]} | more
