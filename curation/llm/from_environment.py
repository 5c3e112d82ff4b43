"""Which providers the environment names, by the variables that their own tools read."""

import os
from dataclasses import dataclass

from curation.core.environment import address
from curation.llm.models import ProviderKind


@dataclass(frozen=True)
class EnvironmentProvider:
    """A provider whose key is in the environment. It goes to no other address than the environment says."""

    name: str
    kind: ProviderKind
    key_variable: str
    base_url: str


def named_in_environment() -> list[EnvironmentProvider]:
    """Return the providers whose keys are set."""
    found = []
    if os.environ.get("ANTHROPIC_API_KEY"):
        found.append(
            EnvironmentProvider("Anthropic", ProviderKind.ANTHROPIC, "ANTHROPIC_API_KEY", address("ANTHROPIC_BASE_URL"))
        )
    if os.environ.get("OPENAI_API_KEY"):
        found.append(EnvironmentProvider("OpenAI", ProviderKind.OPENAI, "OPENAI_API_KEY", address("OPENAI_BASE_URL")))
    return found
