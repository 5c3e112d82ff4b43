"""`manage.py install_standards`: the project's own constitution, rubric and policy, or those of your own files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from curation.accounts.actors import SYSTEM
from curation.core.commands import ExemplaCommand
from curation.standards.actions import import_file, install_defaults
from curation.standards.queries import current_rubric


class Command(ExemplaCommand):
    help = "Install the default constitution, rubric and policy; or import others from YAML files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--constitution", metavar="FILE")
        parser.add_argument("--rubric", metavar="FILE")
        parser.add_argument("--policy", metavar="FILE", help="for the rubric given, or else for the newest one")

    def run(self, options: dict[str, Any]) -> None:
        given = [(kind, options[kind]) for kind in ("constitution", "rubric", "policy") if options[kind]]
        if not given:
            install_defaults()
            if options["verbosity"]:
                self.say("The standards are installed.")
        for kind, file in given:
            rubric = current_rubric() if kind == "policy" else None
            stored = import_file(actor=SYSTEM, kind=kind, content=Path(file).read_bytes(), rubric=rubric)
            self.say(f"{stored} is imported.")
