"""The back office's pages of the human side. Who has yet to judge a story blind finds no row about it here."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from annotations.models import Assignment, Consent, Decision, Item, Membership, Queue, Rating, Review, ReviewFlag, Span
from annotations.queries.blindness import to_judge_blind
from curation.accounts.models import User
from curation.core.admin import ReadOnlyAdmin, ReadOnlyInline


class KeptBlindAdmin(ReadOnlyAdmin):
    """Rows with a `story`, without those of stories that the admin who looks has yet to judge blind."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave such rows out of lists, and of the pages of single rows."""
        return super().get_queryset(request).exclude(to_judge_blind(cast(User, request.user), "story"))


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

    exclude = ("priority",)
    list_display = ("id", "queue", "story", "kind", "seats", "seats_left")
    list_select_related = ("queue", "story")
    list_filter = ("queue",)
    show_full_result_count = False


@admin.register(Assignment)
class AssignmentAdmin(KeptBlindAdmin):
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
