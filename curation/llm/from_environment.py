"""Which providers the environment names, by the variables that their own tools read."""

import os
from dataclasses import dataclass

from curation.core.environment import address
from curation.llm.models import Kind


@dataclass(frozen=True)
class Named:
    """A provider whose key is in the environment. It goes to no other address than the environment says."""

    name: str
    kind: Kind
    key_variable: str
    base_url: str


def named_in_environment() -> list[Named]:
    """Return the providers whose keys are set."""
    found = []
    if os.environ.get("ANTHROPIC_API_KEY"):
        found.append(Named("Anthropic", Kind.ANTHROPIC, "ANTHROPIC_API_KEY", address("ANTHROPIC_BASE_URL")))
    if os.environ.get("OPENAI_API_KEY"):
        found.append(Named("OpenAI", Kind.OPENAI, "OPENAI_API_KEY", address("OPENAI_BASE_URL")))
    return found
