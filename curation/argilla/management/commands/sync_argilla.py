"""Sends linked queues to their Argilla servers and reads what was answered, here and now, or says how links stand."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.utils import translation

from annotations.permissions import check_can_run_queues
from curation.accounts.actors import SYSTEM, Actor
from curation.accounts.people import named_person
from curation.argilla.actions import sync_link
from curation.argilla.carrying import carry_out, claim
from curation.argilla.models import Link, LinkState
from curation.argilla.pushing import unsent
from curation.argilla.queries import counts_of, links
from curation.argilla.telling import reason_in_words
from curation.core.commands import ExemplaCommand
from curation.core.errors import Conflict, InvalidInput

WHAT = ("push", "pull", "both", "status")


class Command(ExemplaCommand):
    """Carries it out here and now. Whatever stopped it, running it again goes on where it was."""

    help = "Send linked queues to their Argilla servers, and bring in what was answered there."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what to do, and for which queues."""
        super().add_arguments(parser)
        parser.add_argument("what", nargs="?", choices=WHAT, default="both", help="what to do; both by default")
        parser.add_argument("--queue", metavar="ADDRESS", help="one queue; otherwise all that are linked")
        parser.add_argument("--dry-run", action="store_true", help="say how many stories would be sent; change nothing")
        parser.add_argument("--as", dest="person", metavar="NAME", help="who does it; otherwise the application does")

    def run(self, options: dict[str, Any]) -> None:
        """Do it for each link, and report."""
        actor: Actor = named_person(options["person"]) if options["person"] else SYSTEM
        check_can_run_queues(actor=actor)
        reports, failed = [], 0
        only_looks = options["dry_run"] or options["what"] == "status"
        for link in chosen(options["queue"]):
            if not only_looks:
                carried = self.carried(actor, link, options["what"])
                link.refresh_from_db()
            one = self.told(link)
            if not only_looks:
                one = {**carried, **one}
                self.say_to_people(options, f"{link}: {carried['sent']} stories sent, {carried['found']} answers new.")
            if options["dry_run"]:
                self.say_to_people(options, f"{link}: {one['unsent']} stories would be sent.")
            reports.append(one)
            failed += bool(one["fault"])
            self.say_to_people(
                options,
                f"{link}: {link.state}; {one['records']} stories there, {one['reviews']} answers are reviews, "
                f"{one['waiting']} wait. {one['fault']}".strip(),
            )
        if options["json"]:
            self.report({"ok": not failed, "links": reports})
        if failed:
            raise Conflict(f"{failed} of {len(reports)} links not as wanted.")

    def carried(self, actor: Actor, link: Link, what: str) -> dict[str, Any]:
        """Carry out a round of a link."""
        sync_link(actor=actor, link=link)
        claimed = claim(link.pk)
        if claimed is None:
            raise Conflict(f"A worker is at {link.name}. Wait until that has ended.")
        done = carry_out(*claimed, pushes=what != "pull", pulls=what != "push")
        return {"sent": done.sent, "found": done.found}

    def told(self, link: Link) -> dict[str, Any]:
        """How a link stands, in values that a program reads."""
        with translation.override("en"):
            fault = reason_in_words(link.error)
        about = {"queue": link.queue.slug, "dataset": link.name, "server": link.server.url, "state": link.state}
        return {**about, "unsent": unsent(link), "fault": fault, **asdict(counts_of(link))}

    def say_to_people(self, options: dict[str, Any], line: str) -> None:
        """Say it to people; with `--json` the one object says it."""
        if not options["json"]:
            self.say(line)


def chosen(slug: str | None) -> list[Link]:
    """Return the links that are meant; `InvalidInput` where there is none."""
    found = [one for one in links().exclude(state=LinkState.CLOSED) if slug is None or one.queue.slug == slug]
    if not found:
        raise InvalidInput("No queue is linked to an Argilla server." if slug is None else f"{slug} is not linked.")
    return found
