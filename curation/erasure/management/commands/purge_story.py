"""Destroys stories for good."""

import time
from argparse import ArgumentParser
from typing import Any

from curation.accounts.actors import SYSTEM
from curation.accounts.people import named_person
from curation.core.commands import ExemplaCommand
from curation.core.errors import Conflict, InvalidInput, NotFound
from curation.erasure.actions import ask_purge, purge
from curation.erasure.models import Purge
from curation.erasure.models.purge import PurgeKind, PurgeState
from curation.releases.story_ids import public_id, story_of
from curation.stories.models import Story


class Command(ExemplaCommand):
    """Carries the purge out itself or waits for a worker that was faster, unless a second person has to approve it."""

    help = "Destroy a story: its words, wherever they are kept, and every file of a release that has them. For good."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the story, why it goes, and by whom."""
        super().add_arguments(parser)
        parser.add_argument("story", metavar="ID", help="as the files have it in id, or its number")
        parser.add_argument("--kind", required=True, choices=PurgeKind.values)
        parser.add_argument("--reason", required=True, help="in words, which must not quote the story")
        parser.add_argument("--yes", action="store_true", help="that it is meant: nothing brings the story back")
        parser.add_argument("--as", dest="person", metavar="NAME", help="who does it; otherwise the application does")

    def run(self, options: dict[str, Any]) -> None:
        """Purge, and say what followed."""
        actor = named_person(options["person"]) if options["person"] else SYSTEM
        if not options["yes"]:
            raise InvalidInput("Nothing brings a purged story back. Add --yes if it is meant.")
        key = story_of(options["story"])
        story = Story.objects.filter(pk=key).first()
        if story is None:
            raise NotFound(f"There is no story {options['story'][:60]}.")
        name = public_id(story.normal_sha256)
        made = ask_purge(actor=actor, story=story, kind=options["kind"], reason=options["reason"])
        if made.state != PurgeState.AWAITING:
            made = self._carried_out(made)
        followed = list(made.follow_ups.select_related("dataset", "release__dataset").order_by("pk"))
        if options["json"]:
            told = [
                {
                    "dataset": str(one.dataset),
                    "version": one.release.version if one.release else None,
                    "why_not": one.why_not,
                }
                for one in followed
            ]
            files = made.files.count()
            self.report({"story": name, "state": made.state, "files": files, "follow_ups": told})
            return
        if made.state == PurgeState.AWAITING:
            self.say(f"The purge of {name} awaits the approval of a second admin, on its page.")
            return
        self.say(f"{name} is destroyed, with {made.files.count()} files that had it.")
        for one in followed:
            self.say(f"{one.release} follows without it." if one.release else f"{one.dataset}: {one.why_not}")

    def _carried_out(self, made: Purge) -> Purge:
        while True:
            try:
                return purge(purge=made)
            except Conflict:
                # A worker was faster.
                made.refresh_from_db()
                if made.state not in {PurgeState.PENDING, PurgeState.RUNNING}:
                    raise
                time.sleep(0.5)
