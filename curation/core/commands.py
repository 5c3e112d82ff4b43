"""What every command of Exempla shares: a line of progress, `--json`, and one line that says why it failed."""

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.core.errors import ExemplaError

WIDTH = 24


class ExemplaCommand(BaseCommand):
    """A command that ends with status 0, or with status 1 and one line on standard error that says what to do.

    With `reports = True` it takes `--json` and prints one JSON object. A subclass implements `run`.
    """

    reports = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--json` where there is something to report; call it from a subclass's own."""
        if self.reports:
            parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, and end with the reason if that fails; a line of progress is taken away first."""
        self.line = ProgressLine(quiet=bool(options.get("json")))
        try:
            self.run(options)
        except (ExemplaError, OSError) as error:
            raise CommandError(str(error)) from error
        finally:
            self.line.clear()

    def run(self, options: dict[str, Any]) -> None:
        """Do what the command is for. Raise an `ExemplaError` that says what to do when it cannot be done."""
        raise NotImplementedError

    def report(self, data: Any) -> None:
        """Print what `--json` asks for."""
        self.line.clear()
        self.stdout.write(json.dumps(data, ensure_ascii=False))

    def say(self, *lines: str) -> None:
        """Print lines for people."""
        self.line.clear()
        for line in lines:
            self.stdout.write(line)


class ProgressLine:
    """A line of progress on standard error, drawn over itself on a terminal; elsewhere, and when quiet, nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.live = not quiet and sys.stderr.isatty()
        self.began = time.monotonic()
        self.drawn = False

    def begin(self) -> None:
        """Measure speed from now on."""
        self.began = time.monotonic()

    def draw(self, done: int, total: int | None, what: str, *, share: float | None = None) -> None:
        """Show a bar, `done` of `total` of `what`, and the speed. Without a total, `share` (0 to 1) is given."""
        if not self.live:
            return
        share = min(1.0, done / max(total or 1, 1) if share is None else share)
        rate = done / max(time.monotonic() - self.began, 0.001)
        bar = ("#" * round(share * WIDTH)).ljust(WIDTH, ".")
        number = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        sys.stderr.write(f"\r[{bar}] {share:4.0%}  {number} {what}, {rate:,.0f} a second".ljust(88))
        sys.stderr.flush()
        self.drawn = True

    def clear(self) -> None:
        """Take the line away."""
        if self.drawn:
            sys.stderr.write("\r" + " " * 88 + "\r")
            self.drawn = False
