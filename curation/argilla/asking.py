"""Telling readers there which criteria the tags of a story ask for: with its record, and again where tags come later.

A dataset that was published before it had the field for this stays without: Argilla takes no other fields then.
"""

from collections import defaultdict
from collections.abc import Collection
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import Now

from curation.argilla.client import Argilla
from curation.argilla.faults import ArgillaTrouble
from curation.argilla.models import ArgillaRecord, Link
from curation.argilla.shaping import ASKED, TEXT, TITLE, asked_of, themes_that_ask
from curation.core.leases import Lease
from curation.standards.spec import RubricSpec, spec_of
from curation.stories.models import Story, Tag
from curation.stories.models.tag import TagKind


def texts_of(story: Story) -> dict[str, str]:
    """Return the fields of a story's record that hold its own words, by their names."""
    return {TEXT: story.text, **({TITLE: story.title} if story.title else {})}


class Asking:
    """What the stories of one link are asked for, as long as one round lasts."""

    def __init__(self, link: Link, argilla: Argilla) -> None:
        self.link, self.argilla = link, argilla
        self.spec: RubricSpec = spec_of(link.queue.rubric)
        self.asking = themes_that_ask(self.spec)

    @cached_property
    def is_told(self) -> bool:
        """Whether records there have the field for it."""
        return bool(self.asking) and ASKED in {one["name"] for one in self.argilla.fields(self.link.dataset)}

    def themes_of(self, stories: Collection[int]) -> dict[int, list[str]]:
        """Return by story the themes among its tags that have criteria of their own, in order. One statement."""
        found: dict[int, list[str]] = defaultdict(list)
        if self.is_told:
            tags = Tag.objects.filter(story__in=stories, kind=TagKind.THEME, key__in=self.asking)
            for story, key in tags.order_by("key").values_list("story", "key").distinct():
                found[story].append(key)
        return found

    def field(self, themes: Collection[str]) -> dict[str, str]:
        """Return the field that tells it, by its name; none where nothing is asked."""
        asked = asked_of(self.spec, themes)
        return {ASKED: asked} if asked else {}

    def tell_again(self, lease: Lease) -> None:
        """Tell anew of the stories that were tagged after they had been sent; note those that are gone there.

        Argilla 2.5 leaves a record's fields as they are, and says nothing of that.
        """
        if not self.asking:
            return
        tags = Tag.objects.filter(story=OuterRef("item__story"), kind=TagKind.THEME, key__in=self.asking)
        rows = ArgillaRecord.objects.filter(link=self.link, gone_at=None).exclude(
            themes=ArraySubquery(tags.order_by("key").values("key").distinct())
        )
        rows = rows.select_related("item__story").order_by("pk")
        before = 0
        # Behind the last one, so that those that are told by then are not looked through again.
        while (row := rows.filter(pk__gt=before).first()) is not None and self.is_told:
            before, story = row.pk, row.item.story
            themes = self.themes_of([story.pk])[story.pk]
            changes: dict[str, Any] = {"themes": themes}
            try:
                self.argilla.change_record(row.record, fields=texts_of(story) | self.field(themes))
            except ArgillaTrouble as error:
                if error.status != 404:
                    raise
                changes = {"gone_at": Now()}
            with lease.storing():
                ArgillaRecord.objects.filter(pk=row.pk).update(**changes)
