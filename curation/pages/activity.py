"""The audit log as people read it: sentences with titles, what belongs together on one line, a day at a time."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.models import Assignment, Review
from annotations.models.decision import Outcome
from annotations.queries.kept_back import entries_kept_from
from curation.accounts.models import Role, User
from curation.audit.kinds import KINDS
from curation.audit.models import Entry
from curation.core.quoting import quoted
from curation.pages.deeds import DEEDS
from curation.stories.models import ImportRun, Story
from curation.stories.stages import State

PAGE = 50
NAMED = 3
# What one person did within an hour is one line when only the things differ to which it was done. Served by
# `audit_newest`: no more is read than one day.
LINES = """
SELECT actor_id, verb, target_type, max(at) AS last, count(DISTINCT target_id) AS n,
  (array_agg(DISTINCT target_id))[1:%(named)s] AS targets,
  jsonb_strip_nulls((array_agg(data ORDER BY at DESC))[1] || jsonb_build_object('count',
    sum(CASE WHEN jsonb_typeof(data->'count') = 'number' THEN (data->>'count')::numeric END))) AS data
FROM audit_entry
WHERE at >= %(start)s AND at < %(end)s AND id <> ALL(%(kept)s) AND (%(actor)s::bigint IS NULL OR actor_id = %(actor)s)
  AND (%(kinds)s::text[] IS NULL OR split_part(verb, '.', 1) = ANY(%(kinds)s))
GROUP BY actor_id, verb, target_type, date_trunc('hour', at), data->>'to', data->>'outcome', data->>'role',
  data->>'user', data->>'key'
ORDER BY last DESC, verb LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclass(frozen=True)
class ActivityLine:
    """One line: when it last happened, and the sentence."""

    at: datetime
    words: str


@dataclass(frozen=True)
class EntryGroup:
    """What the log says of a line: `count` things it was done to, some of them, and the data of the last time."""

    actor: int | None
    verb: str
    type: str
    at: datetime
    count: int
    targets: Sequence[str]
    data: Mapping[str, Any]


def lines_of(day: date, *, reader: User, actor: int | None, kind: str, number: int) -> tuple[list[ActivityLine], bool]:
    """Return page `number` (from 1) of a day's lines, the latest first, and whether another page follows.

    Without others' deeds at stories that `reader` has yet to judge blind.
    """
    start = timezone.make_aware(datetime.combine(day, time.min))
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    values = {
        "start": start,
        "end": end,
        "actor": actor,
        "kept": list(
            Entry.objects.filter(entries_kept_from(reader), at__gte=start, at__lt=end).values_list("pk", flat=True)
        ),
        "kinds": KINDS[kind][1] if kind in KINDS else None,
        "named": NAMED,
        "limit": PAGE + 1,
        "offset": (number - 1) * PAGE,
    }
    with connection.cursor() as cursor:
        cursor.execute(LINES, values)
        found = [
            EntryGroup(a, v, t, at, n, targets, _object(data)) for a, v, t, at, n, targets, data in cursor.fetchall()
        ]
    names = _names(found[:PAGE])
    return [ActivityLine(one.at, _words(one, names)) for one in found[:PAGE]], len(found) > PAGE


def days_around(day: date | None, actor: int | None, *, reader: User) -> tuple[date, date | None, date | None]:
    """Return the day to show (that of the latest entry, if none is given), and the next ones before and after it that
    have an entry."""
    entries = Entry.objects.exclude(entries_kept_from(reader))
    entries = entries.filter(actor=actor) if actor else entries
    if day is None:
        latest = entries.order_by("-at").values_list("at", flat=True).first()
        day = timezone.localdate(latest) if latest else timezone.localdate()
    start = timezone.make_aware(datetime.combine(day, time.min))
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    before = entries.filter(at__lt=start).order_by("-at").values_list("at", flat=True).first()
    after = entries.filter(at__gte=end).order_by("at").values_list("at", flat=True).first()
    return day, before and timezone.localdate(before), after and timezone.localdate(after)


def _object(data: object) -> Mapping[str, Any]:
    found = json.loads(data) if isinstance(data, str) else data
    return found if isinstance(found, dict) else {}


def _names(found: Iterable[EntryGroup]) -> dict[tuple[str, str], str]:
    """Name what the lines speak of, by type and key, in one statement for each type."""
    wanted: dict[str, set[str]] = {"accounts.user": set()}
    for one in found:
        wanted.setdefault(one.type, set()).update(one.targets)
        wanted["accounts.user"] |= {str(pk) for pk in (one.actor, one.data.get("user")) if pk}
        if queue := one.data.get("queue"):
            wanted.setdefault("annotations.queue", set()).add(str(queue))
    names = {}
    for kind, keys in wanted.items():
        for row in _rows(kind, [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]):
            names[kind, str(row.pk)] = _name(row)
    return names


def _rows(kind: str, keys: Sequence[int]) -> Iterable[Model]:
    if not keys:
        return []
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        return []
    rows: QuerySet[Model] = model._default_manager.filter(pk__in=keys)
    if model in (Assignment, Review):
        return rows.select_related("story").defer("story__text", "story__prompt", "story__original")
    return rows.defer("text", "prompt", "original") if model is Story else rows.select_related()


def _name(row: Model) -> str:
    if isinstance(row, User):
        return row.shown_name
    if isinstance(row, Assignment | Review):
        return str(row.story)
    return row.file_name if isinstance(row, ImportRun) else str(row)


def _words(one: EntryGroup, names: Mapping[tuple[str, str], str]) -> str:
    data = one.data
    called = [names.get((one.type, key), f"{one.type.rpartition('.')[2]} {key}") for key in one.targets]
    what = ", ".join(map(quoted, dict.fromkeys(called)))
    if one.count > len(one.targets):
        left = one.count - len(one.targets)
        what = ngettext("%(what)s and %(n)d more", "%(what)s and %(n)d more", left) % {"what": what, "n": left}
    values = {
        "who": names.get(("accounts.user", str(one.actor)), "Exempla"),
        "what": what,
        "to": dict(State.choices).get(data.get("to", ""), data.get("to", "")),
        "outcome": dict(Outcome.choices).get(data.get("outcome", ""), data.get("outcome", "")),
        "role": dict(Role.choices).get(data.get("role", ""), data.get("role", "")),
        "person": names.get(("accounts.user", str(data.get("user"))), "?"),
        "count": data.get("count", one.count),
        "key": data.get("key", ""),
        "version": data.get("version", ""),
        "repo": data.get("repo", ""),
        "model": data.get("model", ""),
    }
    if words := DEEDS.get(one.verb):
        return str(words) % values
    return _("%(who)s: %(deed)s, %(what)s") % (values | {"deed": one.verb.replace(".", " ").replace("_", " ")})
