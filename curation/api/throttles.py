"""How many calls a minute are answered."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from curation.accounts.attempts import address
from curation.accounts.models import Token
from curation.core import rates

MINUTE = 60


class CallsAMinute(BaseThrottle):
    """So many calls a minute for each token, for each person without one, and for each address of strangers."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether this call is still within the minute's number."""
        if isinstance(request.auth, Token):
            who, most = f"token:{request.auth.pk}", settings.API_CALLS_A_MINUTE
        elif request.user and request.user.is_authenticated:
            who, most = f"person:{request.user.pk}", settings.API_CALLS_A_MINUTE
        else:
            who, most = f"stranger:{address(request._request)}", settings.API_STRANGERS_CALLS_A_MINUTE
        return rates.count(who, seconds=MINUTE) <= most

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return rates.wait(seconds=MINUTE)
