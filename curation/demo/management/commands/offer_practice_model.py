"""`manage.py offer_practice_model`: let a demonstration know where its practice model is. `serve` calls it."""

from argparse import ArgumentParser
from typing import Any

from curation.core.commands import ExemplaCommand
from curation.demo.practice import offer_practice_model


class Command(ExemplaCommand):
    help = "Let a demonstration know the practice model, which stands in for a language model, at a port."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True, help="its port on this machine")

    def run(self, options: dict[str, Any]) -> None:
        provider = offer_practice_model(port=options["port"])
        self.say(f"{provider} is at {provider.base_url}." if provider else "This workspace has no practice model.")
