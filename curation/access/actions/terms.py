"""Writing the terms of a gated dataset."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from curation.access.models import AccessTerms, Grant, GrantState
from curation.access.models.grant import OPEN
from curation.access.queries.grants import terms_of
from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import InvalidInput
from curation.releases.models import Dataset
from curation.releases.permissions import check_can_release

LONGEST_TERMS = 20_000


def write_terms(*, actor: Actor, dataset: Dataset, text: str, by_request: bool, anew: bool) -> AccessTerms:
    """Give a dataset new terms; those that held before stay on record. The dataset need not be gated yet.

    With `by_request` curators let people in one by one; otherwise accepting the terms is enough. With `anew` whoever
    has access, or waits for it, has to accept these: until then their access is over. Raises `NotAllowed` for anybody
    who may not release the dataset, and `InvalidInput` for no text or a long one. The same again changes nothing.
    """
    check_can_release(actor=actor, dataset=dataset)
    text = text.strip()
    if not text:
        raise InvalidInput(_("Write what people agree to."))
    if len(text) > LONGEST_TERMS:
        raise InvalidInput(_("Terms have up to %(most)d characters.") % {"most": LONGEST_TERMS})
    with transaction.atomic():
        locked = Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
        before = terms_of(locked)
        if before is not None and (before.text, before.by_request) == (text, by_request):
            return before
        made = AccessTerms.objects.create(
            dataset=locked,
            number=before.number + 1 if before else 1,
            text=text,
            by_request=by_request,
            anew=anew,
            written_by_id=actor.pk,
        )
        if anew:
            held = Grant.objects.filter(dataset=locked, state__in=OPEN)
            held.update(state=GrantState.OUTDATED, decided_at=Now())
        record(actor=actor, verb="dataset.terms_written", target=locked, version=made.number)
    return made
