"""The forms that ask for a password, which refuse after too many failures."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from curation.accounts import attempts

TOO_MANY = _("Too many tries for this name. Wait five minutes, then try again.")


class SignInForm(AuthenticationForm):
    """Name and password. A name that failed too often from one address has to wait, even with the right password."""

    error_messages = {
        "invalid_login": _("That name and password do not go together. Check both; the password minds capitals."),
        "inactive": _("This account is closed. Ask an admin to open it again."),
        "too_many": TOO_MANY,
    }
    limited = False

    def clean(self) -> dict[str, Any]:
        """Sign in, counting failures."""
        username = self.cleaned_data.get("username") or ""
        if self.request is None or not username:
            return super().clean()
        with attempts.counted(self.request, username) as may_try:
            if may_try:
                return super().clean()
        self.limited = True
        raise ValidationError(self.error_messages["too_many"], code="too_many")


class ChangePasswordForm(PasswordChangeForm):
    """The old password and twice the new one. Wrong old ones count like failed sign-ins."""

    limited = False

    def __init__(self, request: HttpRequest, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.request = request

    def clean_old_password(self) -> str:
        """Check the old password, counting failures."""
        username = self.user.get_username()
        with attempts.counted(self.request, username) as may_try:
            if may_try:
                return str(super().clean_old_password())
        self.limited = True
        raise ValidationError(TOO_MANY, code="too_many")
