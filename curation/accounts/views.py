"""Sign in and out, and change one's password."""

from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from curation.accounts.forms import SignInForm


class SignIn(LoginView):
    """The sign-in page; 429 when there were too many failures."""

    form_class = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Show the form again."""
        response = super().form_invalid(form)
        if getattr(form, "limited", False):
            response.status_code = 429
        return response


class ChangePassword(PasswordChangeView):
    """Change the password; other sessions of this person end."""

    success_url = reverse_lazy("password_change_done")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Say that it worked."""
        messages.success(self.request, _("Your password is changed. You stay signed in here and nowhere else."))
        return super().form_valid(form)
