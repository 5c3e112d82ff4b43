"""What speaks to providers is loaded where a call is made, and nowhere else.

It takes two seconds and a hundred megabytes, which neither pages nor workers of other queues should pay. The import
contracts keep it out of all other rooms.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOM = Path(__file__).resolve().parents[2] / "curation/llm"
LIBRARIES = {"anthropic", "genai_prices", "httpx2", "openai", "pydantic_ai"}


def loaded(nodes: list[ast.stmt]) -> Iterator[str]:
    """The libraries that these statements import when their module is loaded."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.If):
            is_for_types = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            yield from loaded(node.orelse if is_for_types else [*node.body, *node.orelse])
        elif isinstance(node, ast.Try | ast.With | ast.ClassDef | ast.For | ast.While):
            yield from loaded([child for child in ast.walk(node) if isinstance(child, ast.Import | ast.ImportFrom)])


@pytest.mark.parametrize("path", sorted(ROOM.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOM)))
def test_a_module_of_the_room_loads_no_library_by_itself(path: Path) -> None:
    assert LIBRARIES & set(loaded(ast.parse(path.read_text(encoding="utf-8")).body)) == set()


def test_an_import_that_is_not_for_types_is_seen() -> None:
    for_types = "if TYPE_CHECKING:\n  import openai\nelse:\n  import httpx2\n"
    text = for_types + "try:\n  from anthropic.types import X\nexcept E: pass"
    assert LIBRARIES & set(loaded(ast.parse(text).body)) == {"httpx2", "anthropic"}
