"""The form by which a person makes a token."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from curation.accounts.models import SCOPES_OF, Scope, User
from curation.accounts.tokens import LONGEST_DAYS

DAYS = (7, 30, 90, 365)
WHAT = {
    Scope.READ: _("Read: see what you may see, and change nothing"),
    Scope.REVIEW: _("Review: claim, rate and submit as you"),
    Scope.CURATE: _("Curate: import, tag, run queues and judges, adjudicate"),
    Scope.RELEASE: _("Release: make datasets and releases"),
    Scope.ADMIN: _("Administer: people, providers, webhooks, the audit log"),
}


class TokenForm(forms.Form):
    """Name, scopes and life of a new token."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("What will use it, so that you know it again: a script, a notebook."),
    )
    scopes = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(label=_("How long it lasts"), coerce=int, initial=90)

    def __init__(self, user: User, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["scopes"].choices = [(scope.value, WHAT[scope]) for scope in SCOPES_OF[user.role]]  # type: ignore[attr-defined]
        self.fields["scopes"].initial = [Scope.READ]
        self.fields["days"].choices = [(days, days_in_words(days)) for days in DAYS if days <= LONGEST_DAYS]  # type: ignore[attr-defined]


def days_in_words(days: int) -> Any:
    """Return a number of days as a page says it."""
    return ngettext_lazy("%(days)s day", "%(days)s days", days) % {"days": days}
