"""Who asks for a page of this room."""

from typing import cast

from django.http import HttpRequest

from curation.accounts.models import User
from curation.ratings_import.permissions import check_can_import_ratings


def curator(request: HttpRequest) -> User:
    """Return who asks; `NotAllowed` unless they may bring datasets in."""
    actor = cast(User, request.user)
    check_can_import_ratings(actor=actor)
    return actor
