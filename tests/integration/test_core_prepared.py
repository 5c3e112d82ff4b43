"""Queries that are made once answer as the query they were made of, whatever is asked and in whatever language."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.utils import translation
from django.utils.translation import gettext_lazy

from curation.accounts.models import User
from curation.core.prepared import Prepared, prepared_cursor
from tests.builders import person

pytestmark = pytest.mark.django_db


def named(pk: int, name: str, since: datetime) -> QuerySet[User]:
    """Ask by all kinds of parameters, one of them twice, with constants that look like places for them."""
    mine = Q(pk=pk) | Q(username=name)
    return User.objects.filter(mine, date_joined__gte=since).exclude(email="%s").annotate(
        again=F("pk") + Value(0), share=Value("5%"), asked=Value(pk)
    )  # fmt: skip


def test_it_answers_with_whatever_is_asked() -> None:
    asked = Prepared(named, pk=int, name=str, since=datetime)
    annie, ben = person(), person(username="it's 100% ben")
    now = datetime.now(UTC)
    for pk, name, since in ((annie.pk, ben.username, now - timedelta(days=1)), (ben.pk, "nobody", now), (0, "x", now)):
        expected = list(named(pk, name, since).order_by("pk").values_list("pk", "username", "again", "share", "asked"))
        found = sorted(asked(pk=pk, name=name, since=since), key=lambda one: one.pk)
        assert [(u.pk, u.username, u.again, u.share, u.asked) for u in found] == expected  # type: ignore[attr-defined]
    assert asked.first(pk=0, name="x", since=now) is None
    assert asked.first(pk=10**30, name="x", since=now) is None


def test_it_speaks_the_language_of_whoever_asks() -> None:
    word = gettext_lazy("Home")
    asked: Prepared[Any] = Prepared(lambda pk: User.objects.filter(pk=pk).values(word=Value(str(word))), pk=int)
    annie = person()
    assert asked(pk=annie.pk) == [{"word": "Home"}]
    with translation.override("de"):
        assert asked(pk=annie.pk) == [{"word": "Start"}]
    assert asked(pk=annie.pk) == [{"word": "Home"}]


def test_a_parameter_that_the_query_does_not_ask_is_a_mistake() -> None:
    asked: Prepared[Any] = Prepared(lambda pk, other: User.objects.filter(pk=pk), pk=int, other=int)
    with pytest.raises(ValueError, match="other"):
        asked(pk=1, other=2)


def test_a_parameter_inside_another_value_is_a_mistake() -> None:
    for wrong in (
        lambda pk: User.objects.filter(pk=pk, id__in=RawSQL("SELECT unnest(%s::bigint[])", [[pk]])),
        lambda pk: User.objects.filter(pk=pk, username=f"reader-{pk}"),
    ):
        with pytest.raises(ValueError, match="stands inside another value"):
            Prepared(wrong, pk=int)(pk=1)


def test_it_is_planned_once_and_survives_a_rollback() -> None:
    asked = Prepared(lambda pk: User.objects.filter(pk=pk), pk=int)
    annie, ben = person(), person()
    plans = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%accounts_user%'"
    for user in (annie, ben, annie):
        assert asked.first(pk=user.pk) == user
    with connection.cursor() as cursor:
        cursor.execute(plans)
        assert cursor.fetchone()[0] == 1
    with pytest.raises(IntegrityError), transaction.atomic(), prepared_cursor() as cursor:
        cursor.execute("INSERT INTO accounts_user (id) VALUES (%s)", [annie.pk])
    assert asked.first(pk=ben.pk) == ben


def test_those_who_ask_at_the_same_time_get_their_own_answers() -> None:
    asked = Prepared(lambda pk: User.objects.filter(pk=pk), pk=int)
    values: Prepared[Any] = Prepared(lambda pk: User.objects.filter(pk=pk).values("pk"), pk=int)
    annie, ben = person(), person()
    first, second = asked.asking(pk=annie.pk), asked.asking(pk=ben.pk)
    assert (list(first), list(second)) == ([annie], [ben])
    first, second = values.asking(pk=annie.pk), values.asking(pk=ben.pk)
    assert (list(first), list(second)) == ([{"pk": annie.pk}], [{"pk": ben.pk}])
