"""States and the moves between them: what the code says, the page says, and the database keeps."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from annotations.models import Queue
from curation.pages.management.commands.states import MACHINES, Machine, page
from tests.builders import queue_of

ROOT = Path(__file__).resolve().parents[2]
TRIGGER = """
SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relname = %s AND t.tgname = 'transitions'
"""


def moves(machine: Machine) -> set[tuple[str, str]]:
    return {(str(old), str(new)) for old, following in machine.transitions.items() for new in following}


def test_the_page_is_what_the_code_says() -> None:
    assert (ROOT / "docs/reference/states.md").read_text(encoding="utf-8") == page()


def test_everything_that_has_states_is_among_them() -> None:
    stateful = {model for model in apps.get_models() if any(field.name == "state" for field in model._meta.fields)}
    assert {machine.model for machine in MACHINES} == stateful


@pytest.mark.django_db
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.title)
def test_the_database_allows_these_states_and_moves_and_no_other(machine: Machine) -> None:
    table, states = machine.model._meta.db_table, set(map(str, machine.transitions))
    field = machine.model._meta.get_field("state")
    assert states == {value for value, _label in field.choices}
    with connection.cursor() as cursor:
        cursor.execute(TRIGGER, [table])
        (definition,) = cursor.fetchone()
        pairs = re.findall(r"'(\w+) (\w+)'", definition)
        assert set(pairs) == moves(machine)
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND conname LIKE %s",
            [table, "%state_known"],
        )
        (constraint,) = cursor.fetchone()
        assert set(re.findall(r"'(\w+)'", constraint)) == states


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.title)
def test_every_state_can_be_reached(machine: Machine) -> None:
    reached: set[str] = set()
    due: list[str] = [machine.model._meta.get_field("state").get_default()]
    while due:
        state = due.pop()
        reached.add(str(state))
        following: Iterable[str] = machine.transitions[state]
        due += [new for new in following if str(new) not in reached]
    assert reached == set(map(str, machine.transitions))


@pytest.mark.django_db
def test_a_move_that_is_not_allowed_is_refused_by_the_database() -> None:
    queue = queue_of()
    Queue.objects.filter(pk=queue.pk).update(state="closed")
    with pytest.raises(IntegrityError, match="no way from closed to paused"), transaction.atomic():
        Queue.objects.filter(pk=queue.pk).update(state="paused")
