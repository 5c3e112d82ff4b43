from django.contrib import admin

from curation.core.admin import ReadOnlyAdmin, ReadOnlyInline
from curation.stories.models import Check, ImportRun, Lineage, Source, Story, Tag


class CheckInline(ReadOnlyInline):
    model = Check
    fk_name = "story"


class TagInline(ReadOnlyInline):
    model = Tag


@admin.register(Story)
class StoryAdmin(ReadOnlyAdmin):
    """Stories, without their states: a state tells what reviewers found, and a story's page asks who looks."""

    list_display = ("id", "title", "source", "n_words", "created_at")
    list_select_related = ("source",)
    list_filter = ("source",)
    search_fields = ("=id", "=text_sha256", "=original_id")
    show_full_result_count = False
    ordering = ("-id",)
    inlines = (TagInline, CheckInline)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ("id", "file_name", "source", "state", "created", "duplicates", "rejected", "created_at")
    list_select_related = ("source",)
    list_filter = ("state",)


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    list_display = ("name", "title", "license", "created_at")


@admin.register(Lineage)
class LineageAdmin(ReadOnlyAdmin):
    list_display = ("child", "kind", "parent", "created_at")
    list_select_related = ("child", "parent")
