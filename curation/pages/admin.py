"""The back office's pages of rows that tell what became of stories, kept from those who have yet to judge them."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from annotations.admin import KeptBlindAdmin
from annotations.queries.kept_back import entries_kept_from, story_of
from curation.accounts.models import User
from curation.audit.models import Entry
from curation.stories.models import RewriteRequest


@admin.register(Entry)
class EntryAdmin(KeptBlindAdmin):
    """The log. An entry's page has its data, which may say why a reader passed or what a curator said of a flag."""

    list_tells = False
    list_display = ("at", "actor", "verb", "target_type", "target_id")
    list_select_related = ("actor",)
    show_full_result_count = False
    ordering = ("-at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """Leave out what would tell this admin of reviews that they must not know yet."""
        return Entry.objects.exclude(entries_kept_from(cast(User, request.user))).order_by("-at")

    def story_of(self, row: Any) -> int | None:
        """Return the id of the story that an entry is about, if it is about one."""
        return story_of(row)


@admin.register(RewriteRequest)
class RewriteRequestAdmin(KeptBlindAdmin):
    list_display = ("story", "reason", "requested_by", "created_at", "claimed_at")
    list_select_related = ("story", "requested_by")
