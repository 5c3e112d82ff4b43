"""A line of progress on a terminal, and nothing elsewhere."""

import time
from typing import TextIO

WIDTH = 24


class Line:
    """Draws `[####....] 42%  420 of 1,000 stories, 310 a second`, over itself."""

    def __init__(self, output: TextIO, verb: str) -> None:
        self.output, self.verb, self.began = output, verb, time.monotonic()
        self.total = 0

    def draw(self, done: int) -> None:
        """Show that `done` of `total` rows are done."""
        if not self.output.isatty():
            return
        share = min(1.0, done / max(self.total, 1))
        rate = done / max(time.monotonic() - self.began, 0.001)
        bar = ("#" * round(share * WIDTH)).ljust(WIDTH, ".")
        line = f"\r{self.verb} [{bar}] {share:4.0%}  {done:,} of {self.total:,} stories, {rate:,.0f} a second"
        self.output.write(line.ljust(88))
        self.output.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self.output.isatty():
            self.output.write("\r" + " " * 88 + "\r")
