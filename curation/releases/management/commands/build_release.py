"""Cuts a version of a dataset and builds it."""

import time
from argparse import ArgumentParser
from typing import Any

from curation.accounts.actors import SYSTEM, Actor
from curation.accounts.people import named_person
from curation.core.commands import ExemplaCommand
from curation.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from curation.releases.actions import build, create_dataset, retry, start_release
from curation.releases.formats import PURPOSES
from curation.releases.models import Dataset, Release
from curation.releases.models.dataset import Visibility
from curation.releases.models.release import ReleaseState
from curation.releases.queries.find import load_dataset, load_release, split_name


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
            "--also", action="append", default=[], choices=list(PURPOSES), help="another format of the stories as well"
        )
        parser.add_argument("--create", action="store_true", help="make the dataset if there is none")
        parser.add_argument("--title", default="", help="with --create: the title on the card")
        parser.add_argument("--description", default="", help="with --create: what the dataset is")
        parser.add_argument("--license", default="CC-BY-4.0", help="with --create: an SPDX identifier")
        parser.add_argument(
            "--public", action="store_true", help="with --create: open to everyone, and to programs without an account"
        )

    def run(self, options: dict[str, Any]) -> None:
        """Start or resume the release, build it, and say where it is."""
        self.actor = named_person(options["person"]) if options["person"] else SYSTEM
        dataset = self._dataset(options)
        release = self._release(dataset, options)
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

    def _release(self, dataset: Dataset, options: dict[str, Any]) -> Release:
        try:
            release = load_release(self.actor, dataset.org, dataset.name, options["version"])
        except NotFound:
            version, notes = options["version"], options["notes"]
            also = options["also"]
            return start_release(actor=self.actor, dataset=dataset, version=version, notes=notes, formats=also)
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
