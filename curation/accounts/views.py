"""Sign in and out, change one's password, and set one's keys and how stories look."""

from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from curation.accounts.actions import end_other_sessions, end_session, save_preferences
from curation.accounts.checking import few_at_once
from curation.accounts.forms import TOO_MANY, ChangePasswordForm, SignInForm
from curation.accounts.models import User
from curation.accounts.permissions import check_can_open_back_office
from curation.accounts.preference_forms import PreferencesForm, initial_of, part_of
from curation.accounts.sessions import browsers_of, forget_expired
from curation.audit.actions import record
from curation.core.errors import TooMany
from curation.core.problems import wants_json

MOST_BROWSERS = 50


def refused(request: HttpRequest, form: Form, page: HttpResponse) -> HttpResponse:
    """Return the page of a form that was refused; after too many failures it says when the next try may come."""
    if getattr(form, "limited", False):
        error = TooMany(TOO_MANY, retry_after=settings.SIGN_IN_WINDOW_SECONDS)
        if wants_json(request):
            raise error
        page.status_code = error.status
        for name, value in error.headers.items():
            page.headers[name] = value
    return page


class SignIn(LoginView):
    """The sign-in page; 429 when there were too many failures."""

    form_class = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        """Check the password, beside few others."""
        with few_at_once():
            return super().post(request, *arguments, **named)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Show the form again."""
        return refused(self.request, form, super().form_invalid(form))

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Let them in, and forget sessions whose time is over."""
        forget_expired()
        return super().form_valid(form)


@login_not_required
def back_office(request: HttpRequest) -> HttpResponse:
    """Where the back office sends whoever may not enter: to the one sign-in page, or to a word on why not."""
    asked = request.GET.get("next", "")
    inside = asked if asked.startswith(reverse("admin:index")) else reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect(f"{reverse('login')}?{urlencode({'next': inside})}")
    check_can_open_back_office(actor=request.user)
    return redirect(inside)


class ChangePassword(PasswordChangeView):
    """Change the password; other sessions of this person end. 429 when there were too many wrong old ones."""

    form_class = ChangePasswordForm
    success_url = reverse_lazy("password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form where the tries come from."""
        return {**super().get_form_kwargs(), "request": self.request}

    def post(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        """Check the old password, beside few others."""
        with few_at_once():
            return super().post(request, *arguments, **named)

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        """Show the form again."""
        return refused(self.request, form, super().form_invalid(form))

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Keep it, write the log, and say that it worked."""
        user = cast(User, self.request.user)
        record(actor=user, verb="user.password_changed", target=user)
        messages.success(self.request, _("Your password is changed. You stay signed in here and nowhere else."))
        return super().form_valid(form)


@require_POST
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End every session of this person but the one that asks."""
    user = cast(User, request.user)
    end_other_sessions(user=user)
    update_session_auth_hash(request, user)
    messages.success(request, _("You are signed in here and nowhere else."))
    return redirect("preferences")


@require_POST
def sign_out_there(request: HttpRequest, pk: int) -> HttpResponse:
    """End one session of this person."""
    there = end_session(user=cast(User, request.user), pk=pk)
    messages.success(request, _("You are signed out there: %(browser)s.") % {"browser": there or _("another browser")})
    return redirect(f"{reverse('preferences')}#sessions")


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """A person's keys, and how stories look for them; 422 when something sent does not fit."""
    user = cast(User, request.user)
    if "reset" in request.POST:
        save_preferences(user=user, changes={}, reset_keys=True)
        messages.success(request, _("The keys are as they were at first."))
        return redirect("preferences")
    form = PreferencesForm(request.POST or None, initial=initial_of(user.settings))
    if request.method == "POST" and form.is_valid():
        kept = save_preferences(user=user, changes=form.changes())
        with override(kept.language or get_language()):
            messages.success(request, _("Kept, here and on every device where you sign in."))
        return redirect("preferences")
    status = 422 if form.is_bound else 200
    shown = {
        "form": form,
        "browsers": browsers_of(user)[:MOST_BROWSERS],
        "here": request.session.session_key,
        "days": settings.SESSION_DAYS,
    }
    return render(request, "accounts/preferences.html", shown, status=status)


@require_POST
def preferences_part(request: HttpRequest) -> HttpResponse:
    """Keep what a small dialog sent: 204 for a script, else back to the page it came from."""
    save_preferences(user=cast(User, request.user), changes=part_of(request.POST))
    if wants_json(request):
        return HttpResponse(status=204)
    back = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(back, {request.get_host()})
    return HttpResponseRedirect(back) if ours else redirect("preferences")
