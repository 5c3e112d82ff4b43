"""Reads the answers of a judge anew."""

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from curation.core.commands import ExemplaCommand
from curation.core.errors import NotFound
from curation.scoring.actions import read_anew
from curation.scoring.models import AnswerReading
from curation.scoring.queries import load_judge, versions


class Command(ExemplaCommand):
    """Any number of times: what was read by the rules of today is not read again."""

    help = "Read the answers that a judge has given so far by the rules of today. Nothing is asked, and nothing paid."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be chosen."""
        super().add_arguments(parser)
        parser.add_argument("judge", help="the judge, by the name in its page's address")

    def run(self, options: dict[str, Any]) -> None:
        """Read, and say how many answers there are and how many could not be read."""
        judge = load_judge(options["judge"])
        version = versions().filter(judge=judge).order_by("-active", "-number").first()
        if version is None:
            raise NotFound(_("This judge has no version yet."))
        reader = read_anew(version=version)
        readings = AnswerReading.objects.filter(judge_version=reader)
        read, failed = readings.count(), readings.exclude(fault="").count()
        if options["json"]:
            self.report({"judge": str(reader), "answers": read, "failed": failed})
            return
        self.say(f"{reader}: {read:,} answers read, {failed:,} of them could not be.")
