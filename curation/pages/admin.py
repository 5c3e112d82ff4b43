"""The back office's pages of rows that tell what became of stories, kept from those who have yet to judge them."""

from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from annotations.admin import KeptBlindAdmin
from curation.accounts.models import User
from curation.audit.models import Entry
from curation.core.admin import ReadOnlyAdmin
from curation.pages.kept_back import entries_kept_from
from curation.stories.models import RewriteRequest


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "verb", "target_type", "target_id")
    list_select_related = ("actor",)
    show_full_result_count = False
    ordering = ("-at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """Leave out what would tell this admin of reviews that they must not know yet."""
        return super().get_queryset(request).exclude(entries_kept_from(cast(User, request.user)))


@admin.register(RewriteRequest)
class RewriteRequestAdmin(KeptBlindAdmin):
    list_display = ("story", "reason", "requested_by", "created_at", "claimed_at")
    list_select_related = ("story", "requested_by")
