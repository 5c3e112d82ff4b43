"""Who has seen a score cannot judge that story blind any more."""

from django.db import transaction

from annotations.actions import recuse
from curation.accounts.models import User
from curation.audit.actions import record
from curation.calibration.models import Exposure
from curation.stories.models import Story


def record_exposure(*, user: User, story: Story, where: str) -> None:
    """Record that `user` is about to see scores of `story`, and recuse them from it. Again changes nothing.

    `where` is the page ("comparison", "story"). Call it before the scores are read, in the same request.
    """
    if Exposure.objects.filter(user=user, story=story).exists():
        return
    with transaction.atomic():
        _, created = Exposure.objects.get_or_create(user=user, story=story, defaults={"where": where})
        if created:
            recuse(user=user, story=story)
            record(actor=user, verb="scores.seen", target=story, where=where)
