"""Withdraws stories from a dataset, or a whole version of it, here and in the published copies."""

from argparse import ArgumentParser
from typing import Any

from curation.accounts.actors import SYSTEM
from curation.accounts.people import named_person
from curation.core.commands import ExemplaCommand
from curation.publishing.actions import follow_withdrawals
from curation.publishing.carrying import carry_out, claim
from curation.publishing.faults import fault_in_words
from curation.publishing.models import PublicationState
from curation.releases.actions import withdraw_story, withdraw_version
from curation.releases.models import Dataset
from curation.releases.queries.find import load_release, split_name
from curation.releases.story_ids import story_of


class Command(ExemplaCommand):
    """What is withdrawn stays withdrawn. Of several stories, those before one that is refused are."""

    help = "Withdraw a version of a dataset, or with --story single stories of it, with the reason."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name what is withdrawn, why, and by whom."""
        super().add_arguments(parser)
        parser.add_argument("dataset", metavar="ORG/NAME")
        parser.add_argument("version", metavar="VERSION", help="the version, or one that has the stories")
        parser.add_argument("--reason", required=True, help="everybody who sees the version reads it")
        parser.add_argument("--story", action="append", default=[], metavar="ID", help="as the files have it in `id`")
        parser.add_argument("--as", dest="person", metavar="NAME", help="who does it; otherwise the application does")

    def run(self, options: dict[str, Any]) -> None:
        """Withdraw, have the copies follow, and say what to do next."""
        actor = named_person(options["person"]) if options["person"] else SYSTEM
        release = load_release(actor, *split_name(options["dataset"]), options["version"])
        stories = [story_of(written) for written in options["story"]]
        for story in stories:
            withdraw_story(actor=actor, dataset=release.dataset, story=story, reason=options["reason"])
        if not stories:
            withdraw_version(actor=actor, release=release, reason=options["reason"])
        copies = followed(release.dataset)
        if options["json"]:
            about = {"dataset": options["dataset"], "version": release.version, "stories": options["story"]}
            self.report({**about, "copies": copies})
            return
        if stories:
            count = f"{len(stories)} stor{'ies are' if len(stories) > 1 else 'y is'}"
            self.say(f"{count} withdrawn from {release.dataset}. Make a PATCH now, which leaves out what is withdrawn.")
        else:
            self.say(f"{release} is withdrawn. It stays where it is, with the reason, and is no longer the newest.")
        for copy in copies:
            how = "tells of it." if copy["ok"] else f"does not tell of it yet: {copy['error'] or 'a worker is at it.'}"
            self.say(f"The copy {copy['repo']} {how}")


def followed(dataset: Dataset) -> list[dict[str, Any]]:
    """Have the published copies of a dataset tell of what was withdrawn, and return how that went.

    What cannot be done now is kept with each publication, and tried again by a worker where that helps.
    """
    told = []
    for row in follow_withdrawals():
        if row.target.dataset_id != dataset.pk:
            continue
        if (claimed := claim(row.pk)) is not None:
            carry_out(*claimed)
        row.refresh_from_db()
        done = row.state == PublicationState.DONE
        told.append(
            {"repo": row.target.repo, "endpoint": row.target.endpoint, "ok": done, "error": fault_in_words(row.error)}
        )
    return told
