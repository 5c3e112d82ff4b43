"""Verifies a release: its stored files, and its frozen rows built anew."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.core.errors import ExemplaError
from curation.releases.management.progress import Line
from curation.releases.queries.find import load_release, split_name
from curation.releases.verify import verify


class Command(BaseCommand):
    """Changes nothing. Exits non-zero when a file or a row is not what was released; a note is no failure."""

    help = "Recompute a release from its frozen rows, and compare every file with what was released."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the release."""
        parser.add_argument("dataset", metavar="ORG/NAME")
        parser.add_argument("version", metavar="VERSION")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, and report."""
        line, done = Line(sys.stderr, "Verifying"), 0

        def progress(rows: int) -> None:
            nonlocal done
            done += rows
            line.draw(done)

        try:
            org, name = split_name(options["dataset"])
            release = load_release(None, org, name, options["version"])
            line.total = release.rows_total
            report = verify(release, progress)
        except ExemplaError as error:
            raise CommandError(error.message) from error
        finally:
            line.clear()
        if options["json"]:
            shown = {"dataset": options["dataset"], "version": release.version, "ok": report.ok, **asdict(report)}
            self.stdout.write(json.dumps(shown, ensure_ascii=False))
        else:
            for problem in report.problems:
                self.stdout.write(f"{problem.path} ({problem.check}): {problem.message}")
            for note in report.notes:
                self.stdout.write(f"Note on {note.path}: {note.message}")
        if not report.ok:
            count = len(report.problems)
            raise CommandError(f"{release} does not verify: {count} problem{'s' if count > 1 else ''}.")
        if not options["json"]:
            self.stdout.write(f"{release} verifies: {report.files} files, {report.rows:,} stories, as released.")
