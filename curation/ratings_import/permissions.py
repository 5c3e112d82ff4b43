"""Who may bring ratings of another tool in."""

from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.core.errors import NotAllowed
from curation.core.permissions import asked


def check_can_import_ratings(*, actor: Actor) -> None:
    """Raise `NotAllowed` unless `actor` may import stories, make rubrics, and say which reviews are whose."""
    if not actor.is_curator:
        raise NotAllowed(_("Only curators import datasets with ratings."))


can_import_ratings = asked(check_can_import_ratings)
