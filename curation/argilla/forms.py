"""The forms of the pages about Argilla servers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from annotations.models import Queue
from annotations.models.queue import QueueState
from curation.argilla.actions.servers import LONGEST_KEY
from curation.argilla.models import ArgillaServer, Link, LinkState
from curation.argilla.queries import servers
from curation.scoring.models import Judge


class KeyForm(forms.Form):
    """Asks for a key."""

    key = forms.CharField(
        label=_("API key"),
        max_length=LONGEST_KEY,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("That of an owner, or of an admin of the workspace. It is stored encrypted and never shown again."),
    )


class ServerForm(KeyForm):
    """Asks for an Argilla server."""

    name = forms.CharField(label=_("Name"), max_length=60)
    url = forms.CharField(
        label=_("Address"),
        max_length=300,
        widget=forms.URLInput(attrs={"placeholder": "https://argilla.example.org", "autocomplete": "off"}),
    )
    workspace = forms.CharField(
        label=_("Workspace"), max_length=200, help_text=_("It has to be there: Argilla’s owner makes it.")
    )
    verify_tls = forms.BooleanField(
        label=_("Look at its certificate"),
        required=False,
        initial=True,
        help_text=_("Without that, whoever stands between can read the key. Only for a server that signs its own."),
    )
    field_order = ["name", "url", "workspace", "key", "verify_tls"]


class LinkForm(forms.Form):
    """Asks where a queue is to be reviewed."""

    queue = forms.ModelChoiceField(label=_("Queue"), queryset=Queue.objects.none(), to_field_name="slug")
    server = forms.ModelChoiceField(label=_("Server"), queryset=ArgillaServer.objects.none())
    name = forms.CharField(
        label=_("Name of the dataset"),
        required=False,
        max_length=200,
        help_text=_("The address of the queue, if you leave it empty."),
    )
    judge = forms.ModelChoiceField(
        label=_("Show the scores of"),
        required=False,
        queryset=Judge.objects.none(),
        empty_label=_("Nobody: review blind"),
        help_text=_("As suggestions. Then no review from there is blind, and none counts in a decision or a figure."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        linked = Link.objects.exclude(state=LinkState.CLOSED).values("queue")
        # Django's stubs take any field to be one without choices.
        fields: dict[str, Any] = self.fields
        fields["queue"].queryset = Queue.objects.exclude(state=QueueState.CLOSED).exclude(pk__in=linked)
        fields["server"].queryset = servers()
        fields["judge"].queryset = Judge.objects.order_by("name")


class AccountForm(forms.Form):
    """Asks who somebody there is here."""

    person = forms.CharField(label=_("Person"), required=False, max_length=150)
