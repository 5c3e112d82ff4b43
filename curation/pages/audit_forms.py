"""What a curator fills in to have stories audited."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from annotations.models import Queue
from annotations.models.queue import QueueState
from curation.standards.models import Rubric


class AuditForm(forms.Form):
    """Into which queue of the rubric, and how many stories."""

    queue = forms.ModelChoiceField(Queue.objects.none(), label=_("Queue"), empty_label=None)
    stories = forms.IntegerField(min_value=1, max_value=5_000, initial=60, label=_("Stories"))

    def __init__(self, *args: Any, rubric: Rubric, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queues = Queue.objects.filter(rubric=rubric).exclude(state=QueueState.CLOSED)
        self.fields["queue"].queryset = queues  # type: ignore[attr-defined]
