"""The back office's pages of the human side. Who has yet to judge a story blind finds no row about it here."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from annotations.actions import recuse_from
from annotations.models import (
    Assignment,
    Consent,
    Decision,
    Item,
    Membership,
    Queue,
    Rating,
    Review,
    ReviewFlag,
    Saw,
    Span,
)
from annotations.queries.blindness import to_judge_blind
from curation.accounts.models import User
from curation.core.admin import ReadOnlyAdmin, ReadOnlyInline
from curation.core.own_pages import ask_first, is_from_elsewhere


class KeptBlindAdmin(ReadOnlyAdmin):
    """Rows with a `story`, without those of stories that the admin who looks has yet to judge blind.

    Of the others it is noted that the admin saw what is said there: on the page of a row, and in lists if they tell it.
    """

    list_tells = True
    row_tells = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave such rows out of lists, and of the pages of single rows."""
        return super().get_queryset(request).exclude(to_judge_blind(cast(User, request.user), "story"))

    def story_of(self, row: Any) -> int | None:
        """Return the id of the story that a row is about."""
        return cast(int, row.story_id)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a row; to who comes from elsewhere, first a link to it."""
        if self.row_tells and is_from_elsewhere(request):
            return ask_first(request)
        if self.row_tells and (row := self.get_object(request, unquote(object_id))) is not None:
            self._note(request, [row])
        return super().change_view(request, object_id, form_url, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> HttpResponse:
        """Show a list; to who comes from elsewhere, first a link to it."""
        if self.list_tells and is_from_elsewhere(request):
            return ask_first(request)
        answer = super().changelist_view(request, extra_context)
        shown = getattr(answer, "context_data", None) or {}
        if self.list_tells and "cl" in shown:
            self._note(request, shown["cl"].result_list)
        return answer

    def _note(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        told = {story for row in rows if (story := self.story_of(row)) is not None}
        recuse_from(user=cast(User, request.user), stories=told, saw=Saw.REVIEWS)


class MembershipInline(ReadOnlyInline):
    model = Membership


class RatingInline(ReadOnlyInline):
    model = Rating


class ReviewFlagInline(ReadOnlyInline):
    model = ReviewFlag


class SpanInline(ReadOnlyInline):
    model = Span


@admin.register(Queue)
class QueueAdmin(ReadOnlyAdmin):
    list_display = ("name", "slug", "state", "overlap", "reveal", "created_at")
    inlines = (MembershipInline,)


@admin.register(Item)
class ItemAdmin(KeptBlindAdmin):
    """Items, without their priority: it may be the mean of a model's scores, which are seen on a story's page only."""

    list_tells = row_tells = False
    exclude = ("priority",)
    list_display = ("id", "queue", "story", "kind", "seats", "seats_left")
    list_select_related = ("queue", "story")
    list_filter = ("queue",)
    show_full_result_count = False


@admin.register(Assignment)
class AssignmentAdmin(KeptBlindAdmin):
    list_tells = False
    list_display = ("id", "reviewer", "story", "state", "claimed_at", "ended_at")
    list_select_related = ("reviewer", "story")
    list_filter = ("state",)
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(Review)
class ReviewAdmin(KeptBlindAdmin):
    list_display = ("id", "story", "reviewer", "kind", "out_of_scope", "submitted_at")
    list_select_related = ("story", "reviewer")
    ordering = ("-id",)
    show_full_result_count = False
    inlines = (RatingInline, ReviewFlagInline, SpanInline)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("user", "version", "publish", "at")
    list_select_related = ("user",)
    list_filter = ("version", "publish")
    ordering = ("-id",)


@admin.register(Decision)
class DecisionAdmin(KeptBlindAdmin):
    list_display = ("id", "story", "outcome", "decided_by", "created_at")
    list_select_related = ("story", "decided_by")
    list_filter = ("outcome",)
    ordering = ("-id",)
    show_full_result_count = False
