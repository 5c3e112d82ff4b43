"""Verifies a release: its stored files, and its frozen rows built anew."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from curation.accounts.actors import SYSTEM
from curation.core.commands import ExemplaCommand
from curation.core.errors import Conflict
from curation.releases.queries.find import load_release, split_name
from curation.releases.verify import verify


class Command(ExemplaCommand):
    """Changes nothing. Exits non-zero when a file or a row is not what was released; a note is no failure."""

    help = "Recompute a release from its frozen rows, and compare every file with what was released."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the release."""
        super().add_arguments(parser)
        parser.add_argument("dataset", metavar="ORG/NAME")
        parser.add_argument("version", metavar="VERSION")

    def run(self, options: dict[str, Any]) -> None:
        """Verify, and report."""
        done = 0

        def progress(rows: int) -> None:
            nonlocal done
            done += rows
            self.line.draw(done, release.rows_total, "stories verified")

        org, name = split_name(options["dataset"])
        release = load_release(SYSTEM, org, name, options["version"])
        report = verify(release, progress)
        if options["json"]:
            self.report({"dataset": options["dataset"], "version": release.version, "ok": report.ok, **asdict(report)})
        else:
            self.say(*(f"{problem.path} ({problem.check}): {problem.message}" for problem in report.problems))
            self.say(*(f"{gone.path} (purged): {gone.message}" for gone in report.purged))
            self.say(*(f"Note on {note.path}: {note.message}" for note in report.notes))
        if not report.ok:
            count = len(report.problems)
            raise Conflict(f"{release} does not verify: {count} problem{'s' if count > 1 else ''}.")
        if not options["json"]:
            left = report.files - len(report.purged)
            purged = f" {len(report.purged)} files are purged." if report.purged else ""
            self.say(f"{release} verifies: {left} files, {report.rows:,} stories, as released.{purged}")
