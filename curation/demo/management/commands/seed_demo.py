"""`manage.py seed_demo`: fill a new workspace with the demonstration."""

from argparse import ArgumentParser
from typing import Any

from curation.core.commands import ExemplaCommand
from curation.demo.seed import can_seed, seed, seeded


class Command(ExemplaCommand):
    help = "Fill a new workspace with sample stories, demonstration reviews and a first release."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-new", action="store_true", help="do nothing in a workspace that is in use")

    def run(self, options: dict[str, Any]) -> None:
        if options["if_new"] and (seeded() or not can_seed()):
            return
        if seeded():
            self.say("The demonstration is already here.")
            return
        seed(say=lambda line: self.say(f"exempla: {line}"))
