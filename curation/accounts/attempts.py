"""Slowing down guesses: how often somebody at one address failed to sign in, under one name and under any."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from curation.accounts.models import SignInAttempt
from curation.core.plain_text import in_form

NETWORK_BITS = 64


def _key(*parts: str) -> str:
    # Only a keyed hash is stored: people type passwords into the wrong field.
    return str(salted_hmac("sign-in", "\0".join(parts), algorithm="sha256").hexdigest())


def _limits(request: HttpRequest, username: str) -> dict[str, int]:
    """Map what is counted to how often it may fail: this name from this address, and any name from it."""
    name, place = in_form("NFKC", username.strip()).lower(), address(request)
    return {_key(name, place): settings.SIGN_IN_ATTEMPTS, _key(place): settings.SIGN_IN_ATTEMPTS_OF_ADDRESS}


def address(request: HttpRequest) -> str:
    """The visitor's address; behind our own proxy, the one that the proxy saw.

    Of an IPv6 address its network of 64 bits, in which one visitor has all addresses.
    """
    said = str(request.META.get("REMOTE_ADDR", ""))
    if settings.SECURE_PROXY_SSL_HEADER and (forwarded := request.headers.get("X-Forwarded-For")):
        said = str(forwarded).rsplit(",", 1)[-1].strip()
    # Some proxies add the port, which is another for each connection.
    bare = said.partition("]")[0].removeprefix("[") if said.startswith("[") else said
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return said
    if isinstance(found, IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), NETWORK_BITS), strict=False))


@contextmanager
def counted(request: HttpRequest, username: str) -> Iterator[bool]:
    """Count a try under this name, as failed unless the block ends without an error; then this name begins anew.

    Whether it may be looked at is what the block gets: not if this name from this address, or this address with all
    names, failed too often of late. `SIGN_IN_ATTEMPTS` and `SIGN_IN_ATTEMPTS_OF_ADDRESS` say how often,
    `SIGN_IN_WINDOW_SECONDS` in how long. It is counted before it is looked at: of many that come at once no more are
    looked at than may fail. What may not be looked at does not count.
    """
    since = timezone.now() - timedelta(seconds=settings.SIGN_IN_WINDOW_SECONDS)
    limits, attempts = _limits(request, username), SignInAttempt.objects
    attempts.filter(at__lt=since).delete()
    ours = [row.pk for row in attempts.bulk_create(SignInAttempt(key=key) for key in limits)]
    failed = attempts.filter(at__gte=since)
    if any(failed.filter(key=key).count() > most for key, most in limits.items()):
        attempts.filter(pk__in=ours).delete()
        yield False
        return
    yield True
    # This person got in. What the address tried with other names stays.
    name_and_address = next(iter(limits))
    attempts.filter(Q(pk__in=ours) | Q(key=name_and_address)).delete()
