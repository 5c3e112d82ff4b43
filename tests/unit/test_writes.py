"""Who writes: actions, and the few modules that carry work out. What shows, asks or takes a request writes nothing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = {"actions", "actions.py"}
SKIPPED = {"migrations", "embedded", "serving"}
ALWAYS = {"bulk_create", "bulk_update", "get_or_create", "update_or_create"}
OF_ROWS = {"create", "delete", "save", "update"}
# What a row or a queryset is called on.
ROWS = re.compile(r"\.objects\b|_default_manager\b|\.(?:filter|exclude|mine)\b")
STATEMENT = re.compile(r"\b(?:INSERT INTO\s|DELETE FROM\s|COPY \w+ \(|UPDATE \S+ SET\s)")
# Modules outside of `actions` that write, and what.
WRITERS = {
    "curation/accounts/attempts.py": "failed sign-ins",
    "curation/accounts/invitations.py": "invitations, and the accounts they make",
    "curation/accounts/people.py": "accounts",
    "curation/accounts/sessions.py": "sessions, for Django",
    "curation/accounts/tokens.py": "tokens",
    "curation/api/idempotency.py": "answers to calls with a key",
    "curation/argilla/asking.py": "which criteria a record asks for",
    "curation/argilla/hearing.py": "what a server told",
    "curation/argilla/listening.py": "listeners",
    "curation/argilla/pulling.py": "what was answered there",
    "curation/argilla/pushing.py": "which item is which record",
    "curation/argilla/bringing_in.py": "what became of an answer",
    "curation/argilla/told.py": "records that were told of",
    "curation/core/leases/lease.py": "leases",
    "curation/core/leases/renewer.py": "leases",
    "curation/demo/accounts.py": "the demonstration's accounts",
    "curation/llm/batches/rows.py": "batches",
    "curation/llm/batches/sending.py": "batches",
    "curation/llm/ledger.py": "what calls cost",
    "curation/publishing/carrying.py": "how far a publication is",
    "curation/webhooks/emitting.py": "messages",
}
SHOW_OR_ASK = {"admin", "api", "forms", "hub", "management", "pages", "queries", "serializers", "templatetags", "views"}
MODULES = sorted(
    path
    for room in ("curation", "annotations")
    for path in (ROOT / room).rglob("*.py")
    if not SKIPPED & set(path.relative_to(ROOT).parts)
)


def writes(text: str) -> Iterator[str]:
    """Yield what of a module's source writes rows."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on = ast.unparse(node.func.value)
            if node.func.attr in ALWAYS or (node.func.attr in OF_ROWS and ROWS.search(on)):
                yield f"{on}.{node.func.attr}()"
            elif node.func.attr == "save" and on != "super()":
                yield f"{on}.save()"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.search(node.value):
            yield node.value.strip()[:60]


def test_nothing_but_actions_and_what_carries_work_out_writes() -> None:
    found = {str(path.relative_to(ROOT)): list(writes(path.read_text(encoding="utf-8"))) for path in MODULES}
    outside = {
        name: said for name, said in found.items() if said and not {"actions", "actions.py"} & {*Path(name).parts}
    }
    assert {name: said for name, said in outside.items() if name not in WRITERS} == {}
    assert sorted(WRITERS) == sorted(outside)


def test_what_shows_or_asks_is_not_among_them() -> None:
    rooms = {name: {part.removesuffix(".py") for part in Path(name).parts} for name in WRITERS}
    assert {name for name, parts in rooms.items() if parts & SHOW_OR_ASK} == {"curation/api/idempotency.py"}


@pytest.mark.parametrize(
    "line",
    [
        "Story.objects.create(text='')",
        "Story.objects.filter(pk=1).update(title='')",
        "story.save(update_fields=['title'])",
        "Tag.objects.bulk_create([])",
        "lease.mine.filter(pk=1).delete()",
        "KEEP = 'INSERT INTO stories_check (story_id) VALUES (1)'",
        "cursor.copy('COPY stories_story (id) FROM STDIN')",
    ],
)
def test_a_write_is_seen(line: str) -> None:
    assert list(writes(line))


@pytest.mark.parametrize(
    "line", ["digest.update(part)", "self.cells.update({})", "super().save()", "vars(one).update(n=1)"]
)
def test_what_only_looks_like_one_is_not(line: str) -> None:
    assert not list(writes(line))
