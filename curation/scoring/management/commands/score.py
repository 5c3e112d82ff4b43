"""Scores what waits, or watches the worker do it."""

import time
from argparse import ArgumentParser
from typing import Any

from curation.core.commands import ExemplaCommand
from curation.core.errors import Unavailable
from curation.core.jobs import nudge
from curation.scoring import actions
from curation.scoring.queries import ScoringProgress, failed_jobs, progress
from curation.stories.models import Stage
from curation.stories.stages import State

# A worker that is there has begun within this time; then this process begins itself.
PATIENCE = 5.0


class Command(ExemplaCommand):
    """Any number of these and of workers can run at once: a story is scored once."""

    help = "Score the stories that wait, and show how far it is. Fails if a story cannot be scored."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be chosen."""
        super().add_arguments(parser)
        parser.add_argument("--now", action="store_true", help="score here and now, whether or not a worker runs")

    def run(self, options: dict[str, Any]) -> None:
        """Go on until nothing is left that could be scored."""
        self.follow(now=options["now"])
        under_way = progress()
        self.tell(under_way, as_json=options["json"])
        if failed := sum(one.failed for one in under_way):
            reason = failed_jobs(1)[0].last_error
            raise Unavailable(f"{failed} stories could not be scored. The latest: {reason}")

    def follow(self, *, now: bool) -> None:
        """Wake the worker and watch it; score here when asked to, or when no worker takes anything up for a while."""
        actions.prepare()
        actions.create_jobs(everywhere=True)
        if now:
            actions.make_due()
        nudge("scoring.run")
        seen, since = -1, time.monotonic()
        while (under_way := progress()) and any(one.open for one in under_way):
            self.draw(under_way)
            done = sum(one.done for one in under_way)
            if done != seen:
                seen, since = done, time.monotonic()
            if now or time.monotonic() - since > PATIENCE:
                actions.work(seconds=1.0)
            if sum(one.done for one in progress()) == done:
                time.sleep(0.2)

    def draw(self, under_way: list[ScoringProgress]) -> None:
        """One line on a terminal."""
        self.line.draw(sum(one.done for one in under_way), sum(one.total for one in under_way), "stories scored")

    def tell(self, under_way: list[ScoringProgress], *, as_json: bool) -> None:
        """Say where each active version stands."""
        versions = [
            {
                "judge": str(one.version),
                "rubric": str(one.version.rubric),
                "calibration_status": one.version.calibration_status,
                "learnt_from": one.version.n_labels,
                "stories": one.total,
                "scored": one.done,
                "failed": one.failed,
            }
            for one in under_way
        ]
        if as_json:
            sums = {key: sum(version[key] for version in versions) for key in ("stories", "scored", "failed")}  # type: ignore[misc]
            self.report({**sums, "versions": versions})
            return
        if not versions:
            self.say("There is nothing to score yet.")
        if unchecked := Stage.objects.filter(state=State.STORED).count():
            self.say(f"{unchecked:,} stories wait for their checks first; a running worker does those.")
        for one in under_way:
            calibration_status = str(one.version.calibration_status.label).lower()
            self.say(f"{one.version} ({calibration_status}): {one.done:,} of {one.total:,} stories scored.")
