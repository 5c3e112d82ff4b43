"""Has a judge score stories: the estimate first, and with a budget the run itself."""

import time
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from curation.accounts.actors import SYSTEM
from curation.core.commands import ExemplaCommand
from curation.core.errors import InvalidInput, NotFound, Unavailable
from curation.scoring.models import ScoreRun
from curation.scoring.models.run import RunState
from curation.scoring.queries import load_judge, run_progress, versions_at_work
from curation.stories.languages import tag_of
from curation.triage.actions import begin_run, propose_run, start_due_runs
from curation.triage.filters import StoryFilter
from curation.triage.forms import OF_RUNS

MICRO = 1_000_000
EVERY = 0.5


class Command(ExemplaCommand):
    """The run goes on without this command once it is started."""

    help = "Say what it costs to have a judge score the stories that fit; with --budget, start that and watch it."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be chosen."""
        super().add_arguments(parser)
        parser.add_argument("judge", help="the judge, by the name in its page's address")
        parser.add_argument("--source", default="", help="only stories of this source, by its short name")
        parser.add_argument("--language", default="", help="only stories in this language, by its name or code")
        parser.add_argument("--import", dest="run", type=int, help="only stories of the import of this number")
        parser.add_argument("--state", choices=sorted(OF_RUNS), default="any", help="only stories in this state")
        parser.add_argument("--at-most", type=int, help="so many of them, by chance")
        parser.add_argument("--budget", help="start the run, for so many dollars at most")
        parser.add_argument(
            "--batches", action="store_true", help="have it answered within a day, in batches: nobody waits for it here"
        )

    def run(self, options: dict[str, Any]) -> None:
        """Estimate, start where a budget is given, and follow the run to its end."""
        limit = None if options["budget"] is None else micro_usd(options["budget"])
        version = versions_at_work().filter(judge=load_judge(options["judge"])).order_by("-pk").first()
        if version is None:
            raise NotFound("This judge has no version at work.")
        language = tag_of(options["language"])
        if options["language"] and not language:
            raise InvalidInput(
                f"No language is called “{options['language']}”. Write its name or its code, such as de."
            )
        chosen = StoryFilter(
            source=options["source"], language=language, run=options["run"], states=OF_RUNS[options["state"]]
        )
        run = propose_run(actor=SYSTEM, version=version, chosen=chosen, at_most=options["at_most"])
        if limit is not None:
            begin_run(actor=SYSTEM, run=run, limit_micro_usd=limit, in_batches=options["batches"])
            start_due_runs()
            if not options["batches"]:
                self.follow(run)
        self.tell(run, as_json=options["json"])
        if run.state == RunState.PAUSED:
            raise Unavailable(f"Run {run.pk} is paused: {run.note or run.get_paused_by_display()}")

    def follow(self, run: ScoreRun) -> None:
        """Watch a run until nothing more happens to it by itself."""
        run.refresh_from_db()
        while run.state == RunState.RUNNING:
            progress = run_progress(run)
            self.line.draw(progress.over, progress.total, "answers")
            time.sleep(EVERY)
            run.refresh_from_db()

    def tell(self, run: ScoreRun, *, as_json: bool) -> None:
        """Say what it will cost, or what it came to."""
        run.refresh_from_db()
        progress = run_progress(run)
        spent = run.budget.gone_micro_usd if run.budget else 0
        if as_json:
            self.report(
                {
                    "run": run.pk,
                    "state": run.state,
                    "stories": run.stories,
                    "answers": run.total,
                    "estimated_micro_usd": run.estimated_micro_usd,
                    "answer_at_most_micro_usd": run.answer_at_most_micro_usd,
                    "batch_micro_usd": run.batch_micro_usd,
                    "done": progress.done,
                    "failed": progress.failed,
                    "spent_micro_usd": spent,
                }
            )
        elif run.state == RunState.ESTIMATED:
            cost = "not known" if run.estimated_micro_usd is None else f"about ${run.estimated_micro_usd / MICRO:,.2f}"
            if run.batch_micro_usd is not None:
                cost += f", or ${run.batch_micro_usd / MICRO:,.2f} with --batches"
            self.say(f"Run {run.pk}: {run.total:,} answers about {run.stories:,} stories. Cost: {cost}.")
            self.say("Nothing has been asked. Start it on its page, or give this command a --budget.")
        else:
            self.say(
                f"Run {run.pk} is {run.get_state_display().lower()}: {progress.done:,} answers, "
                f"{progress.failed:,} failed, ${spent / MICRO:,.2f} spent."
            )


def micro_usd(dollars: str) -> int:
    """Return an amount in dollars as micro-dollars. `InvalidInput` for what is none."""
    try:
        amount = int(Decimal(dollars) * MICRO)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise InvalidInput("Say the budget in dollars, as in 12.50.") from error
    return amount
