"""`manage.py install_standards`: the project's own constitution, rubric and policy, or those of your own files."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation.core.errors import ExemplaError
from curation.standards.actions import import_file, install_defaults
from curation.standards.queries import current_rubric


class Command(BaseCommand):
    help = "Install the default constitution, rubric and policy; or import others from YAML files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--constitution", metavar="FILE")
        parser.add_argument("--rubric", metavar="FILE")
        parser.add_argument("--policy", metavar="FILE", help="for the rubric given, or else for the newest one")

    def handle(self, *args: Any, **options: Any) -> None:
        given = [(kind, options[kind]) for kind in ("constitution", "rubric", "policy") if options[kind]]
        try:
            if not given:
                install_defaults()
                if options["verbosity"]:
                    self.stdout.write("The standards are installed.")
            for kind, file in given:
                rubric = current_rubric() if kind == "policy" else None
                stored = import_file(actor=None, kind=kind, content=Path(file).read_bytes(), rubric=rubric)
                self.stdout.write(f"{stored} is imported.")
        except (ExemplaError, OSError) as error:
            raise CommandError(str(error)) from error
