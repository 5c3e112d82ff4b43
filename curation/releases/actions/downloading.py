"""Who has fetched or been shown rows of a release knows ratings of its stories, and judges none of them blind."""

from collections.abc import Sequence

from django.db import transaction

from annotations.actions import recuse_from
from annotations.models import Saw
from curation.accounts.models import User
from curation.audit.actions import record
from curation.audit.models import Entry
from curation.releases.card import row_in
from curation.releases.models import Release
from curation.releases.queries.fields import ConfigFields
from curation.releases.story_ids import named
from curation.stories.models import Story

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


def note_card(*, user: User, readme: str) -> None:
    """Recuse `user` from the story of which a card shows a row, with ratings. Call it before the card is sent."""
    if shown := row_in(readme):
        recuse_from(user=user, stories=Story.objects.filter(named({shown})).values("pk"), saw=Saw.REVIEWS)


def note_samples(*, user: User, configs: Sequence[ConfigFields]) -> None:
    """Recuse `user` from the stories of which these configs show rows, with ratings. Call it before they are shown.

    One statement where nothing is new.
    """
    names = [(config, [field.name for field in config.fields]) for config in configs]
    cells = [
        row[fields.index(name)]
        for config, fields in names
        for name in ("id" if config.name == "stories" else "story_id",)
        if name in fields
        for row in config.samples
    ]
    shown = Story.objects.filter(named({cell for cell in cells if cell}))
    recuse_from(user=user, stories=shown.values("pk"), saw=Saw.REVIEWS)
