from django.contrib import admin

from curation.audit.models import Entry
from curation.core.admin import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "verb", "target_type", "target_id")
    list_select_related = ("actor",)
    show_full_result_count = False
    ordering = ("-at",)
