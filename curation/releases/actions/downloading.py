"""Who has fetched the rows of a release has the ratings of its stories, and judges none of them blind any more."""

from django.db import transaction

from annotations.actions import recuse_from
from annotations.models import Saw
from curation.accounts.models import User
from curation.audit.actions import record
from curation.audit.models import Entry
from curation.releases.models import Release

DOWNLOADED = "release.downloaded"


def note_download(*, user: User, release: Release) -> None:
    """Record that `user` is about to fetch the rows of `release`, and recuse them from its stories.

    Once for each person and release; again changes nothing. Call it before the first byte.
    """
    about = {"target_type": release._meta.label_lower, "target_id": str(release.pk)}
    if Entry.objects.filter(**about, actor=user, verb=DOWNLOADED).exists():
        return
    with transaction.atomic():
        recuse_from(user=user, stories=release.items.order_by().values("story"), saw=Saw.REVIEWS)
        record(actor=user, verb=DOWNLOADED, target=release)
