"""How many answers of a judge could be read, and what kept it from reading the others."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curation.scoring.models import AnswerReading, JudgeVersion
from curation.scoring.reading import Fault

FAULT_WORDS: dict[Fault, str | Promise] = {
    Fault.NOT_JSON: _("not the form that was asked for: no JSON, or words around it"),
    Fault.WRONG_SHAPE: _("fields that are missing, unasked for, or of another kind"),
    Fault.WRONG_CODE: _("not about the story that was sent"),
    Fault.INCOMPLETE: _("a criterion left out, or said twice"),
    Fault.NOT_APPLICABLE: _("N/A where the criterion always applies"),
    Fault.INVENTED_QUOTE: _("a quote that the story does not say"),
    Fault.UNKNOWN_KEY: _("a criterion, flag or theme that the rubric does not have"),
    Fault.NO_PASSAGE: _("a flag without the passage that it asks for"),
}


@dataclass(frozen=True)
class AnswersRead:
    """How many answers a version has read or tried to (`total`), and how many failed by what they did wrong."""

    total: int
    failed: list[tuple[str | Promise, int]]

    @property
    def unread(self) -> int:
        """How many could not be read."""
        return sum(n for _words, n in self.failed)


def answers_read(version: JudgeVersion) -> AnswersRead:
    """Count the answers that a version has read, in two statements; of failures the most frequent first."""
    rows = AnswerReading.objects.filter(judge_version=version).order_by()
    counts = rows.exclude(fault="").values_list("fault").annotate(n=Count("pk")).order_by("-n", "fault")
    return AnswersRead(rows.count(), [(FAULT_WORDS[Fault(fault)], n) for fault, n in counts])
