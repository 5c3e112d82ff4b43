"""`manage.py seed_demo`: fill a new workspace with the demonstration."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation.core.errors import ExemplaError
from curation.demo.seed import can_seed, seed, seeded


class Command(BaseCommand):
    help = "Fill a new workspace with sample stories, demonstration reviews and a first release."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-new", action="store_true", help="do nothing in a workspace that is in use")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_new"] and (seeded() or not can_seed()):
            return
        if seeded():
            self.stdout.write("The demonstration is already here.")
            return
        try:
            seed(say=lambda line: self.stdout.write(f"exempla: {line}"))
        except ExemplaError as error:
            raise CommandError(error.message) from error
