"""In what orders the story browser shows its stories, and how one page follows the other in each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.functions import Lower
from django.db.models.lookups import GreaterThan, LessThan
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from curation.core import plain_text
from curation.stories.models import Story

NEWEST = "newest"
# Characters; a title has at most 300, which can be longer in lower case.
LONGEST_KEY = 1000


class ComparedRow(Func):
    """Columns compared as one: PostgreSQL begins at the place in the index, however many rows share the first."""

    function = "ROW"
    output_field = BooleanField()


@dataclass(frozen=True)
class PageEnd:
    """Where a page ends: the last story's sort key (None where the id alone sorts) and its id."""

    key: Any
    pk: int


@dataclass(frozen=True)
class Order:
    """One order: by `key` (an expression, or None), then by id, so that no two stories share a place.

    `read` makes a key of its text in an address and raises ValueError where it cannot; `of` is the relation that the
    key and the id beside it in the index belong to, or empty where that is the story.
    """

    label: Any
    descending: bool
    key: Any = None
    read: Callable[[str], Any] = str
    of: str = ""

    @property
    def columns(self) -> list[Any]:
        pk = F(f"{self.of}__story" if self.of else "pk")
        return [pk] if self.key is None else [self.key, pk]

    def marked(self, stories: QuerySet[Story]) -> QuerySet[Story]:
        """Return the stories with their sort key as `sort_key`."""
        if self.of:
            stories = stories.filter(**{f"{self.of}__isnull": False})
        return stories.annotate(sort_key=Value(None, BooleanField()) if self.key is None else self.key)

    def sorted(self, stories: QuerySet[Story], *, backwards: bool = False) -> QuerySet[Story]:
        """Return the stories in this order, or in the opposite one."""
        down = self.descending != backwards
        return stories.order_by(*(column.desc() if down else column.asc() for column in self.columns))

    def beyond(self, stories: QuerySet[Story], place: PageEnd, *, backwards: bool = False) -> QuerySet[Story]:
        """Return the stories that follow `place` in this order, or that come before it."""
        there = [place.pk] if self.key is None else [place.key, place.pk]
        compare = LessThan if self.descending != backwards else GreaterThan
        return stories.filter(compare(ComparedRow(*self.columns), ComparedRow(*map(Value, there))))

    def write(self, story: Any) -> str:
        """Return the place of a `marked` story as text for an address."""
        if self.key is None:
            return str(story.pk)
        key = story.sort_key
        return f"{story.pk}:{key.isoformat() if hasattr(key, 'isoformat') else key}"

    def place(self, text: str) -> PageEnd | None:
        """Return the place that `write` wrote, or None if the text is no place in this order."""
        number, colon, key = text.partition(":")
        try:
            pk = whole_number(number)
            if self.key is None:
                return None if colon else PageEnd(None, pk)
            return PageEnd(self.read(key), pk) if colon else None
        except ValueError:
            return None


def whole_number(text: str) -> int:
    """Return a number from 0 that fits into 8 bytes, or raise ValueError."""
    number = plain_text.whole_number(text)
    if number is None:
        raise ValueError(text)
    return number


def _title(text: str) -> str:
    if len(text) > LONGEST_KEY:
        raise ValueError(text)
    return text


def _moment(text: str) -> Any:
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise ValueError(text)
    return moment


ORDERS = {
    NEWEST: Order(_("Newest"), descending=True),
    "oldest": Order(_("Oldest"), descending=False),
    "title": Order(_("Title"), descending=False, key=Lower("title"), read=_title),
    "longest": Order(_("Longest"), descending=True, key=F("n_words"), read=whole_number),
    "changed": Order(_("State changed"), descending=True, key=F("stage__changed_at"), read=_moment, of="stage"),
}
