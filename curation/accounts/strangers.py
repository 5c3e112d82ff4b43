"""Visitors who are not signed in, where pages are open to them."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from curation.accounts.attempts import address
from curation.core import rates
from curation.core.errors import TooMany

MINUTE = 60


def check_pace(request: HttpRequest) -> None:
    """Count a stranger's request; `TooMany` after `STRANGERS_REQUESTS_A_MINUTE` from one address."""
    if rates.count(f"visitor:{address(request)}", seconds=MINUTE) > settings.STRANGERS_REQUESTS_A_MINUTE:
        text = _("Too many requests came from your address. Wait a minute, or sign in.")
        raise TooMany(text, retry_after=rates.wait(seconds=MINUTE))
