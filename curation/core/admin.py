"""The back office: stock pages for looking things up. What has rules is changed on the project's own pages."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest


class OfferedFiltersOnly(admin.ModelAdmin[Any]):
    """Filters its list by what the list offers, and by no other column."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """An address may otherwise ask for any column, also for one that no page shows."""
        offered = {str(name) for name in self.get_list_filter(request) if isinstance(name, str)}
        return lookup.split("__")[0] in offered and super().lookup_allowed(lookup, value, request)


class ReadOnlyAdmin(OfferedFiltersOnly):
    """Shows rows; adds, changes and deletes nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    """Shows rows of a parent's page."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
