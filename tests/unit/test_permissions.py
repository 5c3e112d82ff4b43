"""Who may do what, as one table: the rule of every room, asked of every role and of the application itself."""

from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import Any

import pytest

from annotations.permissions import (
    can_consent,
    can_read_decisions,
    can_review,
    can_run_queues,
    check_can_consent,
    check_can_read_decisions,
    check_can_review,
    check_can_run_queues,
)
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.accounts.permissions import (
    can_keep_accounts,
    can_make_token,
    can_open_back_office,
    check_can_keep_accounts,
    check_can_open_back_office,
)
from curation.argilla.permissions import can_keep_servers, check_can_keep_servers
from curation.calibration.permissions import can_audit, can_read_judges, check_can_audit, check_can_read_judges
from curation.core.errors import NotAllowed
from curation.erasure.permissions import can_erase, can_purge, check_can_erase, check_can_purge
from curation.llm.permissions import (
    can_keep_providers,
    can_open_budgets,
    check_can_keep_providers,
    check_can_open_budgets,
)
from curation.publishing.permissions import can_keep_targets, check_can_keep_targets
from curation.ratings_import.permissions import can_import_ratings, check_can_import_ratings
from curation.research.permissions import (
    can_see_what_waits,
    can_send_outcome,
    check_can_see_what_waits,
    check_can_send_outcome,
)
from curation.scoring.permissions import can_retry, can_run_judges, check_can_retry, check_can_run_judges
from curation.standards.permissions import can_edit_standards, check_can_edit_standards
from curation.stories.permissions import (
    can_browse,
    can_import,
    can_tag,
    check_can_browse,
    check_can_import,
    check_can_tag,
)
from curation.webhooks.permissions import can_keep_webhooks, check_can_keep_webhooks
from tests.unit.test_core_permissions import CHECKS

CURATORS, ADMINS = {Role.CURATOR, Role.ADMIN}, {Role.ADMIN}
REVIEWERS = {Role.ANNOTATOR, *CURATORS}
# Of a person alone, and never of the application.
PERSONAL = {check_can_consent, check_can_read_decisions, check_can_review}
RULES: list[tuple[Callable[..., Any], Callable[..., Any], set[Role]]] = [
    (check_can_run_queues, can_run_queues, CURATORS),
    (check_can_import, can_import, CURATORS),
    (check_can_edit_standards, can_edit_standards, CURATORS),
    (check_can_retry, can_retry, CURATORS),
    (check_can_keep_accounts, can_keep_accounts, ADMINS),
    (check_can_purge, can_purge, ADMINS),
    (check_can_erase, can_erase, ADMINS),
    (check_can_open_back_office, can_open_back_office, ADMINS),
    (check_can_keep_servers, can_keep_servers, ADMINS),
    (check_can_keep_providers, can_keep_providers, ADMINS),
    (check_can_keep_targets, can_keep_targets, ADMINS),
    (check_can_keep_webhooks, can_keep_webhooks, ADMINS),
    (check_can_open_budgets, can_open_budgets, CURATORS),
    (check_can_audit, can_audit, CURATORS),
    (check_can_read_judges, can_read_judges, CURATORS),
    (check_can_run_judges, can_run_judges, CURATORS),
    (check_can_import_ratings, can_import_ratings, CURATORS),
    (check_can_browse, can_browse, CURATORS),
    (check_can_tag, can_tag, CURATORS),
    (check_can_see_what_waits, can_see_what_waits, CURATORS),
    (check_can_read_decisions, can_read_decisions, CURATORS),
    (check_can_review, can_review, REVIEWERS),
    (check_can_consent, can_consent, REVIEWERS),
    (check_can_send_outcome, can_send_outcome, {*Role}),
]


def test_every_rule_that_asks_for_the_role_alone_is_in_the_table() -> None:
    alone = {
        getattr(import_module(room), name)
        for room, name in CHECKS
        if [*signature(getattr(import_module(room), name)).parameters] == ["actor"]
    }
    assert alone == {check for check, _can, _allowed in RULES}


@pytest.mark.parametrize(("check", "can", "allowed"), RULES, ids=lambda one: getattr(one, "__name__", None))
def test_each_rule_lets_in_whom_it_is_for(
    check: Callable[..., None], can: Callable[..., Any], allowed: set[Role]
) -> None:
    for role in Role:
        actor = User(username=role)
        actor.take_role(role)
        answer = can(actor=actor)
        assert bool(answer) == (role in allowed), role
        if role in allowed:
            check(actor=actor)
        else:
            with pytest.raises(NotAllowed, match=r"\w+") as raised:
                check(actor=actor)
            assert answer.reason == str(raised.value)
    assert check in PERSONAL or can(actor=SYSTEM)


def test_a_token_is_made_by_its_person_alone_and_by_the_application() -> None:
    anna, ben = User(pk=1, username="anna"), User(pk=2, username="ben")
    assert [bool(can_make_token(actor=one, user=anna)) for one in (anna, ben, SYSTEM)] == [True, False, True]


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
