"""Slowing down guesses: how often somebody at one address failed to sign in under one name."""

import unicodedata
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from curation.accounts.models import SignInAttempt


def _key(request: HttpRequest, username: str) -> str:
    # Only a keyed hash is stored: people type passwords into the wrong field.
    name = unicodedata.normalize("NFKC", username.strip()).lower()
    return str(salted_hmac("sign-in", f"{name}\0{address(request)}", algorithm="sha256").hexdigest())


def address(request: HttpRequest) -> str:
    """The visitor's address; behind our own proxy, the one that the proxy saw."""
    if settings.SECURE_PROXY_SSL_HEADER and (forwarded := request.headers.get("X-Forwarded-For")):
        return str(forwarded).rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def too_many(request: HttpRequest, username: str) -> bool:
    """Whether this name failed `SIGN_IN_ATTEMPTS` times from this address in the last `SIGN_IN_WINDOW_SECONDS`."""
    since = timezone.now() - timedelta(seconds=settings.SIGN_IN_WINDOW_SECONDS)
    return SignInAttempt.objects.filter(key=_key(request, username), at__gte=since).count() >= settings.SIGN_IN_ATTEMPTS


def record_failure(request: HttpRequest, username: str) -> None:
    """Count one failed sign-in, and forget those that no longer count."""
    since = timezone.now() - timedelta(seconds=settings.SIGN_IN_WINDOW_SECONDS)
    SignInAttempt.objects.filter(at__lt=since).delete()
    SignInAttempt.objects.create(key=_key(request, username))


def forget(request: HttpRequest, username: str) -> None:
    """Start again from nought: this person got in."""
    SignInAttempt.objects.filter(key=_key(request, username)).delete()
