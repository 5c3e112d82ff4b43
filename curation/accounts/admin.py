"""People in the back office. Roles are given and accounts closed on the people page, which does what goes with it."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.admin import OfferedFiltersOnly

admin.site.unregister(Group)
admin.site.site_header = _("Exempla back office")
admin.site.site_title = "Exempla"
admin.site.index_title = _("Look things up, and keep the accounts")


@admin.register(User)
class PersonAdmin(OfferedFiltersOnly, UserAdmin[User]):
    """Accounts. An admin's account reaches the back office by itself; nobody is deleted, accounts are closed."""

    list_display = ("username", "display_name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("username", "display_name", "email")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("display_name", "email", "role", "is_active")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "display_name", "role", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Role and closing are the people page's: seats and sessions go with them."""
        return (*self.readonly_fields, "role", "is_active") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """Save, keep staff in step with the role, and write the audit log."""
        obj.take_role(obj.role)
        super().save_model(request, obj, form, change)
        changed: list[Any] = [name for name in form.changed_data if not name.startswith("password")]
        verb = "user.changed" if change else "user.created"
        record(actor=request.user, verb=verb, target=obj, role=obj.role, changed=changed)  # type: ignore[arg-type]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set somebody's password, and write the audit log where it is another one then."""
        before = dict(User.objects.filter(pk=id).values_list("pk", "password")) if id.isdecimal() else {}
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            for user in User.objects.filter(pk__in=before):
                if user.password != before[user.pk]:
                    record(actor=cast(User, request.user), verb="user.password_changed", target=user)
        return response

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Everything that people did names them: close the account instead."""
        return False
