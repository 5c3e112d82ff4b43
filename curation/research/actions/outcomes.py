"""The registry of what came of training on a version."""

import math
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core import rates
from curation.core.errors import Conflict, InvalidInput, TooMany
from curation.core.plain_text import storable
from curation.releases.models import Release
from curation.research.actions.reporting import HOUR, checked_words
from curation.research.models import OutcomeState, TrainingOutcome
from curation.research.permissions import check_can_answer, check_can_send_outcome

WORDS = ("who", "model", "rows", "method", "measure")


def add_outcome(*, actor: User, release: Release, **fields: Any) -> TrainingOutcome:
    """Add a result to the registry, which lists it once a curator has looked at it.

    `fields` are those of the model that somebody writes. Raises `InvalidInput` when one is missing or does not fit:
    figures are finite, an interval has both ends and holds the result, a link leads to the web. `TooMany` after too
    many in an hour.
    """
    check_can_send_outcome(actor=actor)
    check_fits(fields)
    if rates.count(f"outcome:{actor.pk}", seconds=HOUR) > settings.REPORTS_AN_HOUR:
        raise TooMany(_("You sent many outcomes within an hour. Please come back in a while."), retry_after=HOUR)
    with transaction.atomic():
        made = TrainingOutcome.objects.create(release=release, sent_by=actor, **fields)
        record(actor=actor, verb="outcome.sent", target=made, release=release.version)
    return made


def check_fits(fields: dict[str, Any]) -> None:
    """Raise `InvalidInput` for what no outcome can say."""
    if any(not storable(value) for value in fields.values() if isinstance(value, str)):
        raise InvalidInput(_("A field holds what no text may hold."))
    if any(not str(fields.get(name, "")).strip() for name in WORDS):
        raise InvalidInput(_("Say who trained what, on which rows, how, and what was measured."))
    low, high = fields.get("low"), fields.get("high")
    figures = [fields["baseline"], fields["result"], *(one for one in (low, high) if one is not None)]
    if any(not math.isfinite(one) for one in figures):
        raise InvalidInput(_("Write figures as numbers."))
    if (low is None) != (high is None):
        raise InvalidInput(_("An interval has two ends. Leave both empty if you have none."))
    if low is not None and high is not None and not low <= fields["result"] <= high:
        raise InvalidInput(_("The result lies within its interval."))
    try:
        URLValidator(schemes=["http", "https"])(fields.get("link", ""))
    except ValidationError as error:
        raise InvalidInput(_("Link to where it can be read or checked: http:// or https://.")) from error


def decide_outcome(*, actor: Actor, outcome: TrainingOutcome, listed: bool, reason: str = "") -> None:
    """List an outcome, or decline it with the reason that whoever sent it is shown.

    Raises `NotAllowed` for who may not release the dataset, `InvalidInput` without a reason to decline, `Conflict` when
    it is decided.
    """
    check_can_answer(actor=actor, dataset=outcome.release.dataset)
    reason = "" if listed else checked_words(reason, _("Say why you decline it."))
    state = OutcomeState.LISTED if listed else OutcomeState.DECLINED
    with transaction.atomic():
        moved = TrainingOutcome.objects.filter(pk=outcome.pk, state=OutcomeState.WAITING).update(
            state=state, reason=reason, decided_by=actor.pk, decided_at=Now()
        )
        if not moved:
            raise Conflict(_("Somebody has decided on this outcome already."))
        verb = "outcome.listed" if listed else "outcome.declined"
        record(actor=actor, verb=verb, target=outcome, release=outcome.release.version)
