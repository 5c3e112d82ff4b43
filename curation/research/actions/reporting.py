"""Problems with rows of a release: reported by readers, answered by curators."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import SYSTEM, Actor
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core import rates
from curation.core.errors import Conflict, InvalidInput, TooMany
from curation.core.plain_text import storable
from curation.releases.models import Release
from curation.research.models import ReportKind, ReportState, RowReport
from curation.research.models.report import LONGEST
from curation.research.permissions import check_can_answer, check_can_finish_report

HOUR = 3600
# All strangers together may send so many times as much as one address.
ADDRESSES = 20


def report_row(
    *,
    reporter: User | AnonymousUser,
    address: str,
    release: Release,
    split: str,
    row: int,
    story_id: str,
    kind: str,
    text: str,
) -> RowReport:
    """Tell the curators of a problem with the story `story_id`, at `row` of its split.

    `address` is where a stranger's request came from: it is counted and not kept. Raises `InvalidInput` without words
    or for a kind that is none, and `TooMany` after too many reports in an hour.
    """
    text = checked_words(text, _("Say what is wrong with it."))
    if kind not in ReportKind.values:
        raise InvalidInput(_("Choose what kind of problem it is."))
    person = reporter if isinstance(reporter, User) else None
    if person:
        _refuse_too_many(f"report:{person.pk}", settings.REPORTS_AN_HOUR)
    else:
        _refuse_too_many(f"report-from:{address}", settings.STRANGERS_REPORTS_AN_HOUR)
        _refuse_too_many("report-from-strangers", ADDRESSES * settings.STRANGERS_REPORTS_AN_HOUR)
    with transaction.atomic():
        made = RowReport.objects.create(
            release=release, split=split, row=row, story_id=story_id, kind=kind, text=text, reporter=person
        )
        record(actor=person or SYSTEM, verb="report.sent", target=made, key=story_id, kind=kind)
    return made


def answer_report(*, actor: Actor, report: RowReport, answer: str) -> None:
    """Answer a report; whoever sent it is told.

    Raises `NotAllowed` for who may not release the dataset, `InvalidInput` without words, `Conflict` when it has an
    answer.
    """
    check_can_answer(actor=actor, dataset=report.release.dataset)
    answer = checked_words(answer, _("Write an answer."))
    with transaction.atomic():
        moved = RowReport.objects.filter(pk=report.pk, state=ReportState.OPEN).update(
            state=ReportState.ANSWERED, answer=answer, answered_by=actor.pk, answered_at=Now()
        )
        if not moved:
            raise Conflict(_("Somebody has answered this report already."))
        record(actor=actor, verb="report.answered", target=report, key=report.story_id)


def finish_report(*, actor: User, report: RowReport) -> None:
    """Put an answer away that was read, so that the home page no longer tells of it. Again changes nothing.

    Raises `NotAllowed` for everybody but whoever reported.
    """
    check_can_finish_report(actor=actor, report=report)
    waiting = RowReport.objects.filter(pk=report.pk, state=ReportState.ANSWERED, seen_at__isnull=True)
    with transaction.atomic():
        if waiting.update(seen_at=Now()):
            record(actor=actor, verb="report.finished", target=report, key=report.story_id)


def checked_words(text: str, missing: str) -> str:
    """Return what somebody wrote, without the space around it; `InvalidInput` (`missing`) for nothing."""
    text = text.strip()
    if not text or not storable(text):
        raise InvalidInput(missing)
    if len(text) > LONGEST:
        raise InvalidInput(_("Write at most %(most)d characters.") % {"most": LONGEST})
    return text


def _refuse_too_many(who: str, most: int) -> None:
    if rates.count(who, seconds=HOUR) > most:
        raise TooMany(
            _("There were many reports within an hour. Please come back in a while."),
            retry_after=rates.wait(seconds=HOUR),
        )
