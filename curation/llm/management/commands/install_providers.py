"""`manage.py install_providers`: add the providers of models that the environment names."""

from typing import Any

from curation.core.commands import ExemplaCommand
from curation.llm.actions import install_named_providers


class Command(ExemplaCommand):
    help = "Add the providers whose keys are in ANTHROPIC_API_KEY or OPENAI_API_KEY. Safe to run again."

    def run(self, options: dict[str, Any]) -> None:
        """Add them, and say which there are."""
        for provider in install_named_providers():
            if options["verbosity"]:
                self.say(f"{provider.name}: {provider.address}, key from {provider.key_variable}")
