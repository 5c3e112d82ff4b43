"""The forms of the webhook pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.core.stored_translations import translate_stored
from curation.webhooks.events import EVENTS
from curation.webhooks.models import Endpoint


def event_choices() -> list[tuple[str, str]]:
    """The events, as a person chooses them."""
    return [(event.name, f"{translate_stored(event.said, [event.said])} ({event.name})") for event in EVENTS.values()]


class EndpointForm(forms.Form):
    """Asks where messages go, and which."""

    name = forms.CharField(label=_("Name"), max_length=60)
    url = forms.CharField(
        label=_("URL"),
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("Where messages are posted to. Put no password in it: messages are signed instead."),
    )
    events = forms.MultipleChoiceField(label=_("Events"), choices=event_choices, widget=forms.CheckboxSelectMultiple)
    each_story = forms.BooleanField(
        label=_("Tell of each story that is scored"),
        required=False,
        help_text=_("Besides the end of a run. That is one message for every story."),
    )

    def __init__(self, *args: Any, endpoint: Endpoint | None = None, **kwargs: Any) -> None:
        if endpoint is not None:
            kwargs["initial"] = {name: getattr(endpoint, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)


class SecretForm(forms.Form):
    """Asks how long the old secret goes on."""

    overlap_hours = forms.IntegerField(
        label=_("Hours for which the old one signs too"), min_value=0, max_value=168, initial=24
    )
