"""Visitors who are not signed in, where pages are open to them."""

import math

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from curation.accounts.attempts import address
from curation.core.errors import TooMany
from curation.core.pace import count, until_next_minute


def check_pace(request: HttpRequest) -> None:
    """Count a stranger's request; `TooMany` after `STRANGERS_REQUESTS_A_MINUTE` from one address."""
    if count(f"visitor:{address(request)}") > settings.STRANGERS_REQUESTS_A_MINUTE:
        text = _("Too many requests came from your address. Wait a minute, or sign in.")
        raise TooMany(text, retry_after=math.ceil(until_next_minute()))
