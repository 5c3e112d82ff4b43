from django.contrib import admin

from annotations.models import Assignment, Consent, Decision, Item, Membership, Queue, Rating, Review, ReviewFlag, Span
from curation.core.admin import ReadOnlyAdmin, ReadOnlyInline


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
class ItemAdmin(ReadOnlyAdmin):
    list_display = ("id", "queue", "story", "kind", "seats", "seats_left")
    list_select_related = ("queue", "story")
    list_filter = ("queue",)
    show_full_result_count = False


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "reviewer", "story", "state", "claimed_at", "ended_at")
    list_select_related = ("reviewer", "story")
    list_filter = ("state",)
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
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
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("id", "story", "outcome", "decided_by", "created_at")
    list_select_related = ("story", "decided_by")
    list_filter = ("outcome",)
    ordering = ("-id",)
    show_full_result_count = False
