"""Creates a version of a dataset and builds it."""

import time
from argparse import ArgumentParser
from typing import Any

from curation.accounts.actors import SYSTEM, Actor
from curation.accounts.people import named_person
from curation.core.commands import ExemplaCommand
from curation.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from curation.releases import versions
from curation.releases.actions import build, create_dataset, retry, start_release
from curation.releases.formats import PURPOSES
from curation.releases.models import Dataset, Release
from curation.releases.models.dataset import Visibility
from curation.releases.models.release import ReleaseState
from curation.releases.queries.candidates import plan
from curation.releases.queries.choosing import check_choice
from curation.releases.queries.find import load_dataset, load_release, split_name
from curation.releases.queries.outlook import outlook
from curation.releases.queries.stages import in_words, stages
from curation.releases.selecting import CAPS, NAMES, SelectionChoice

NONE = "none"
KINDS = {
    "source": "sources",
    "generator": "generators",
    "principle": "principles",
    "theme": "themes",
    "tier": "tiers",
}


def chosen(options: dict[str, Any]) -> SelectionChoice | None:
    """Return the selection that the options ask for; None where they ask for none."""
    asked = {name: options[name] for name in NAMES if options[name]} | {
        cap: options[cap] for cap in CAPS if options[cap] is not None
    }
    return SelectionChoice.from_data(asked) if asked or options["everything"] else None


class Command(ExemplaCommand):
    """Builds the release itself. If it is killed a worker takes over; the same command again resumes or retries."""

    help = "Freeze the accepted stories as a version of a dataset, and build it."
    reports = True
    actor: Actor

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options for a new dataset are those of its form."""
        super().add_arguments(parser)
        parser.add_argument("dataset", metavar="ORG/NAME")
        parser.add_argument("version", metavar="VERSION", help="such as v1.2.0")
        parser.add_argument("--as", dest="person", metavar="NAME", help="who makes it; otherwise the application does")
        parser.add_argument("--notes", default="", help="what changed, for the changelog")
        parser.add_argument(
            "--also",
            action="append",
            choices=[*PURPOSES, NONE],
            help="another format of the stories as well; without it, those of the version before",
        )
        parser.add_argument(
            "--only-corrects",
            action="store_true",
            help="of a PATCH: no story that the version before of its MINOR does not have",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would go in, and build nothing")
        parser.add_argument("--create", action="store_true", help="make the dataset if there is none")
        parser.add_argument("--title", default="", help="with --create: the title on the card")
        parser.add_argument("--description", default="", help="with --create: what the dataset is")
        parser.add_argument("--license", default="CC-BY-4.0", help="with --create: an SPDX identifier")
        parser.add_argument(
            "--public", action="store_true", help="with --create: open to everyone, and to programs without an account"
        )
        asked = parser.add_argument_group(
            "selection",
            "With any of these, they are all that is asked for; with none, it is that of the version before.",
        )
        asked.add_argument("--everything", action="store_true", help="every accepted story")
        for kind, plural in KINDS.items():
            asked.add_argument(f"--{kind}", dest=plural, action="append", metavar="NAME", help="may come again")
        for cap in CAPS:
            asked.add_argument(f"--{cap.replace('_', '-')}", type=int, metavar="N", help="so many at most")
        asked.add_argument("--rubric", type=int, metavar="ID", help="instead of the newest in use")
        asked.add_argument("--policy", type=int, metavar="ID", help="only what this policy decided")
        asked.add_argument("--one-per-cluster", action="store_true", help="the best of near duplicates alone")
        asked.add_argument("--rewrites", action="store_true", help="also what was sent to rewrite, as tier bronze")

    def run(self, options: dict[str, Any]) -> None:
        """Start or resume the release, build it, and say where it is."""
        self.actor = named_person(options["person"]) if options["person"] else SYSTEM
        choice = chosen(options)
        if choice is not None:
            check_choice(choice)
        if options["dry_run"]:
            self._preview(options, choice)
            return
        dataset = self._dataset(options)
        release = self._release(dataset, options, choice)
        self._tell(self._build(release), as_json=options["json"])

    def _dataset(self, options: dict[str, Any]) -> Dataset:
        org, name = split_name(options["dataset"])
        try:
            return load_dataset(self.actor, org, name)
        except NotFound as error:
            if not options["create"]:
                raise InvalidInput(f"There is no dataset {org}/{name}. Add --create to make it.") from error
        visibility = Visibility.PUBLIC if options["public"] else Visibility.PRIVATE
        fields = {key: options[key] for key in ("title", "description", "license")}
        return create_dataset(actor=self.actor, org=org, name=name, visibility=visibility, **fields)

    def _preview(self, options: dict[str, Any], choice: SelectionChoice | None) -> None:
        dataset = load_dataset(self.actor, *split_name(options["dataset"]))
        number = self._number(options["version"])
        look = plan(dataset, number=number, choice=choice, only_corrects=options["only_corrects"])
        refused = " ".join(look.blockers) or look.refuses(number, options["notes"])
        told = outlook(look, agreement=False)
        if options["json"]:
            self.report(
                {
                    "dataset": str(dataset),
                    "version": str(number),
                    "least": str(look.least),
                    "previous": look.previous.version if look.previous else None,
                    "refused": refused,
                    "selection": look.choice.as_data(),
                    "stories": look.stories,
                    "tiers": look.tiers,
                    "left_out": look.left_out,
                    "added": look.added,
                    "added_by_reason": look.added_by_reason,
                    "removed": look.removed,
                    "removed_by_reason": look.removed_by_reason,
                    "decided_anew": look.decided_anew,
                    "coverage": {"themes": told.coverage.themes, "principles": dict(told.coverage.rows)},
                }
            )
            return
        for stage in stages(look):
            self.say(f"{stage.stories:>12,} {stage.name}")
        if look.previous:
            self.say(f"Since {look.previous.version}: {look.added:,} added, {look.removed:,} no longer in, "
                     f"{look.decided_anew:,} decided anew.")  # fmt: skip
        for reason, n in in_words(look.removed_by_reason):
            self.say(f"{n:>12,} no longer in: {reason}")
        self.say(refused or f"{number} can be built. Nothing was. What is decided until then counts.")

    def _number(self, written: str) -> versions.Version:
        try:
            return versions.parse(written)
        except ValueError as error:
            raise InvalidInput(str(error)) from error

    def _release(self, dataset: Dataset, options: dict[str, Any], choice: SelectionChoice | None) -> Release:
        try:
            release = load_release(self.actor, dataset.org, dataset.name, options["version"])
        except NotFound:
            version, notes = options["version"], options["notes"]
            also = options["also"] and [name for name in options["also"] if name != NONE]
            return start_release(
                actor=self.actor,
                dataset=dataset,
                version=version,
                notes=notes,
                formats=also,
                choice=choice,
                only_corrects=options["only_corrects"],
            )
        if choice is not None and choice != release.selection.choice:
            raise Conflict(f"{release} was asked for with another selection. Leave the options of it out to go on.")
        if release.state == ReleaseState.BUILT:
            raise Conflict(f"{release} is built already, and a version never changes. Choose a later one.")
        if release.state == ReleaseState.ABANDONED:
            raise Conflict(f"{release} was abandoned, and its name is never used again. Choose a later one.")
        if release.state == ReleaseState.FAILED:
            retry(actor=self.actor, release=release)
        return release

    def _build(self, release: Release) -> Release:
        def draw(done: int) -> None:
            self.line.draw(done, release.rows_total, "stories built")

        try:
            return build(release=release, progress=draw)
        except Conflict:
            # A worker was faster. Its progress is as good to look at.
            while True:
                release.refresh_from_db()
                if release.complete:
                    return release
                if release.state == ReleaseState.FAILED:
                    raise Unavailable(release.error) from None
                draw(release.rows_done)
                time.sleep(0.5)

    def _tell(self, release: Release, *, as_json: bool) -> None:
        files = list(release.files.values_list("path", "blob__size", "blob_id"))
        size = sum(bytes_ for _path, bytes_, _sha256 in files)
        if as_json:
            self.report(
                {
                    "dataset": str(release.dataset),
                    "version": release.version,
                    "state": release.state,
                    "stories": release.rows_total,
                    "splits": release.frozen["counts"]["splits"],
                    "tiers": release.frozen["counts"]["tiers"],
                    "manifest_sha256": release.manifest_sha256,
                    "files": [{"path": path, "size": bytes_, "sha256": sha256} for path, bytes_, sha256 in files],
                }
            )
            return
        self.say(f"{release}: {release.rows_total:,} stories in {len(files)} files, {size:,} bytes.")
        self.say(f"Manifest SHA-256 {release.manifest_sha256}")
        if release.state == ReleaseState.AWAITING:
            self.say("It awaits the approval of another curator or admin, on its page.")
        self.say(f"See /datasets/{release.dataset}/{release.version}/")
