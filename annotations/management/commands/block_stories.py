"""Takes stories out of review because of what a check elsewhere has found in them."""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from annotations.actions import Hit, block_later
from curation.core.commands import ExemplaCommand
from curation.core.errors import InvalidInput
from curation.core.plain_text import parse_json, whole_number
from curation.stories.models import Story


class Command(ExemplaCommand):
    """Each line is a transaction of its own, and the same line again changes nothing: repeat an interrupted run."""

    help = (
        "Block stories in which a check has found something, such as an overlap with a benchmark. FILE has one JSON "
        'object per line: {"story": 12, "reason": "...", "start": 0, "end": 40}; the passage may be left out.'
    )
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What was checked for, and against what, is the same for all lines."""
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--kind", required=True, help="what was checked for, such as benchmark_overlap")
        parser.add_argument("--against", required=True, help="what it was held against, with its version")

    def run(self, options: dict[str, Any]) -> None:
        """Keep the findings line by line; the first one that cannot be kept ends it, and says which."""
        states: Counter[str] = Counter()
        size, read = max(options["file"].stat().st_size, 1), 0
        with options["file"].open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                read += len(line)
                if line.strip():
                    states[keep(number, in_utf8(number, line), options)] += 1
                    self.line.draw(number, None, "findings", share=read / size)
        if options["json"]:
            self.report(dict(states))
            return
        said = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
        self.say(f"{states.total():,} findings kept. The stories stand at: {said or 'none'}.")


def in_utf8(number: int, line: bytes) -> str:
    """Return a line as text; `InvalidInput` names one that is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"Line {number}: not UTF-8. Save the file in that encoding.") from error


def keep(number: int, line: str, options: dict[str, Any]) -> str:
    """Keep one finding, and return where its story stands then."""
    try:
        found = parse_json(line)
        if whole_number(str(found["story"])) is None:
            raise ValueError("story takes the number of a story")
        hit = Hit(
            kind=options["kind"][:32],
            reason=str(found["reason"]),
            index_version=options["against"][:40],
            start=found.get("start"),
            end=found.get("end"),
        )
        return block_later(story=Story.objects.get(pk=found["story"]), hit=hit).value
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"Line {number} is no finding: {type(error).__name__}: {error}") from error
    except Story.DoesNotExist as error:
        raise InvalidInput(f"Line {number}: there is no story {found['story']}.") from error
    except InvalidInput as error:
        raise InvalidInput(f"Line {number}: {error.message}") from error
