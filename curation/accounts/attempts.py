"""Slowing down guesses: how often somebody at one address failed to sign in, under one name and under any."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from curation.accounts.models import SignInAttempt
from curation.core.plain_text import in_form


def _key(*parts: str) -> str:
    # Only a keyed hash is stored: people type passwords into the wrong field.
    return str(salted_hmac("sign-in", "\0".join(parts), algorithm="sha256").hexdigest())


def _limits(request: HttpRequest, username: str) -> dict[str, int]:
    """Map what is counted to how often it may fail: this name from this address, and any name from it."""
    name, place = in_form("NFKC", username.strip()).lower(), address(request)
    return {_key(name, place): settings.SIGN_IN_ATTEMPTS, _key(place): settings.SIGN_IN_ATTEMPTS_OF_ADDRESS}


def address(request: HttpRequest) -> str:
    """The visitor's address; behind our own proxy, the one that the proxy saw."""
    if settings.SECURE_PROXY_SSL_HEADER and (forwarded := request.headers.get("X-Forwarded-For")):
        return str(forwarded).rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def too_many(request: HttpRequest, username: str) -> bool:
    """Whether this name from this address, or this address with all names, failed too often of late.

    `SIGN_IN_ATTEMPTS` and `SIGN_IN_ATTEMPTS_OF_ADDRESS` say how often, `SIGN_IN_WINDOW_SECONDS` in how long.
    """
    since = timezone.now() - timedelta(seconds=settings.SIGN_IN_WINDOW_SECONDS)
    failed = SignInAttempt.objects.filter(at__gte=since)
    return any(failed.filter(key=key).count() >= most for key, most in _limits(request, username).items())


def record_failure(request: HttpRequest, username: str) -> None:
    """Count one failure, and forget those that no longer count."""
    since = timezone.now() - timedelta(seconds=settings.SIGN_IN_WINDOW_SECONDS)
    SignInAttempt.objects.filter(at__lt=since).delete()
    SignInAttempt.objects.bulk_create(SignInAttempt(key=key) for key in _limits(request, username))


def forget(request: HttpRequest, username: str) -> None:
    """Start again from nought for this name: this person got in. What the address tried with other names stays."""
    name_and_address = next(iter(_limits(request, username)))
    SignInAttempt.objects.filter(key=name_and_address).delete()
