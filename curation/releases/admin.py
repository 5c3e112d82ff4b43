from django.contrib import admin

from curation.core.admin import ReadOnlyAdmin, ReadOnlyInline
from curation.releases.models import Dataset, Release, ReleaseFile


class ReleaseFileInline(ReadOnlyInline):
    model = ReleaseFile


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    list_display = ("org", "name", "visibility", "license", "created_at")


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ("dataset", "major", "minor", "patch", "state", "rows_total", "built_at")
    list_select_related = ("dataset",)
    list_filter = ("state",)
    inlines = (ReleaseFileInline,)
