"""Who may do what, as one table: the rule of every room, asked of every role and of the application itself."""

from collections.abc import Callable
from typing import Any

import pytest

from annotations.permissions import can_run_queues, check_can_run_queues
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.accounts.permissions import can_keep_accounts, check_can_keep_accounts
from curation.core.errors import NotAllowed
from curation.erasure.permissions import can_erase, can_purge, check_can_erase, check_can_purge
from curation.scoring.permissions import can_retry, check_can_retry
from curation.standards.permissions import can_edit_standards, check_can_edit_standards
from curation.stories.permissions import can_import, check_can_import

CURATORS, ADMINS = {Role.CURATOR, Role.ADMIN}, {Role.ADMIN}
RULES: list[tuple[Callable[..., Any], Callable[..., Any], set[Role]]] = [
    (check_can_run_queues, can_run_queues, CURATORS),
    (check_can_import, can_import, CURATORS),
    (check_can_edit_standards, can_edit_standards, CURATORS),
    (check_can_retry, can_retry, CURATORS),
    (check_can_keep_accounts, can_keep_accounts, ADMINS),
    (check_can_purge, can_purge, ADMINS),
    (check_can_erase, can_erase, ADMINS),
]


@pytest.mark.parametrize(("check", "can", "allowed"), RULES, ids=lambda one: getattr(one, "__name__", None))
def test_each_rule_lets_in_whom_it_is_for(
    check: Callable[..., None], can: Callable[..., Any], allowed: set[Role]
) -> None:
    for role in Role:
        actor = User(username=role, role=role)
        answer = can(actor=actor)
        assert bool(answer) == (role in allowed), role
        if role in allowed:
            check(actor=actor)
        else:
            with pytest.raises(NotAllowed, match=r"\w+") as raised:
                check(actor=actor)
            assert answer.reason == str(raised.value)
    assert can(actor=SYSTEM)


def test_a_closed_account_keeps_no_accounts() -> None:
    assert not can_keep_accounts(actor=User(username="imani", role=Role.ADMIN, is_active=False))


def test_what_a_role_is_there_for() -> None:
    roles = {role: User(username=role) for role in Role}
    for role, user in roles.items():
        user.take_role(role)
    found = {
        role: (user.is_curator, user.is_reviewer, user.is_staff, user.is_superuser) for role, user in roles.items()
    }
    assert found == {
        Role.ANNOTATOR: (False, True, False, False),
        Role.CURATOR: (True, True, False, False),
        Role.RESEARCHER: (False, False, False, False),
        Role.ADMIN: (True, True, True, True),
    }
    assert User().role == Role.ANNOTATOR, "who is made without a word may do the least"
    assert (SYSTEM.is_curator, SYSTEM.is_active, SYSTEM.role, SYSTEM.pk) == (True, True, Role.ADMIN, None)
