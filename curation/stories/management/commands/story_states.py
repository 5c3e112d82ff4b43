"""`manage.py story_states`: the states of a story and the moves between them, as a Mermaid diagram."""

from typing import Any

from django.core.management.base import BaseCommand

from curation.stories.stages import TRANSITIONS, State


def diagram() -> str:
    """Return the state machine of `stages.TRANSITIONS` as Mermaid text."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.STORED.value}"]
    lines += [f"    {state.value}: {state.label}" for state in State]
    lines += [
        f"    {old.value} --> {new.value}" for old in State for new in State if new in TRANSITIONS.get(old, frozenset())
    ]
    return "\n".join(lines)


class Command(BaseCommand):
    help = "Print the states of a story and the moves between them as a Mermaid diagram."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(diagram())
