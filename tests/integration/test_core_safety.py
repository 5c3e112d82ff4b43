"""What protects whoever uses the site: the policy, the cookies, and how often one may guess. Each is spelled out."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from curation.accounts.attempts import address
from curation.accounts.models import SignInAttempt
from tests.builders import person

ROOT = Path(__file__).resolve().parents[2]
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "manifest-src": "'self'",
}
GOOD = {"username": "imani", "password": "a-long-password"}
BAD = {**GOOD, "password": "something-else"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/nowhere/", "/healthz", "/admin/", "/stories/?q=%00", "/a%00"]
)
def test_every_answer_carries_the_whole_policy_and_nothing_weaker(client: Client, path: str) -> None:
    answer = client.get(path)
    said = [part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";")]
    assert {name: value for name, _space, value in said} == POLICY
    assert len(said) == len(POLICY)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
def test_a_script_cannot_read_the_session_and_other_sites_do_not_send_it(client: Client) -> None:
    person(username="imani")
    client.post(reverse("login"), GOOD)
    kept = client.cookies[site.SESSION_COOKIE_NAME]
    assert (kept["httponly"], kept["samesite"], kept["path"], kept["domain"]) == (True, "Lax", "/", "")
    assert client.get(reverse("preferences")).cookies[site.CSRF_COOKIE_NAME]["samesite"] == "Lax"


def served(tmp_path: Path, names: str, **environment: str) -> list[str]:
    """Return settings as a site that is served to others has them."""
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    given = {"DATABASE_URL": "postgres://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
    given |= {"ALLOWED_HOSTS": "exempla.example", "SECRET_KEY": "a-secret-0123456789" * 4}
    code = f"from curation import settings as s; print(*[repr(getattr(s, n)) for n in {names.split()!r}], sep='\\n')"
    command = [sys.executable, "-c", code]
    given |= {"EXEMPLA_HOME": str(tmp_path)} | environment
    return subprocess.check_output(command, cwd=ROOT, env=clean | given, text=True).splitlines()


def test_a_served_site_sends_its_cookies_only_by_https_and_says_so_for_a_year(tmp_path: Path) -> None:
    names = (
        "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SECURE_SSL_REDIRECT SECURE_HSTS_SECONDS "
        "SECURE_HSTS_INCLUDE_SUBDOMAINS DEBUG SECURE_PROXY_SSL_HEADER SIGN_IN_ATTEMPTS SIGN_IN_WINDOW_SECONDS "
        "SIGN_IN_ATTEMPTS_OF_ADDRESS DATA_UPLOAD_MAX_MEMORY_SIZE MAX_UPLOAD_MB PASSWORD_HASHERS"
    )
    assert served(tmp_path, names) == ["True"] * 3 + [
        *("31536000", "False", "False", "None", "10", "300", "50", "5242880", "2048"),
        "['django.contrib.auth.hashers.ScryptPasswordHasher']",
    ]
    assert served(tmp_path, "SECURE_PROXY_SSL_HEADER", BEHIND_PROXY="1") == ["('HTTP_X_FORWARDED_PROTO', 'https')"]


@pytest.mark.parametrize(
    ("behind", "forwarded", "expected"),
    [
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1,198.51.100.2 ,  203.0.113.9 ", "203.0.113.9"),
        (True, "", "192.0.2.1"),
        (False, "203.0.113.9", "192.0.2.1"),
    ],
)
def test_the_address_is_the_one_that_the_own_proxy_saw(
    rf: RequestFactory, settings: Any, behind: bool, forwarded: str, expected: str
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if behind else None
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", **({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}))
    assert address(request) == expected


@pytest.mark.django_db
def test_a_guesser_gains_no_tries_by_making_addresses_up(client: Client, settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SIGN_IN_ATTEMPTS = 2
    person(username="imani")
    for made_up in ("198.51.100.1", "198.51.100.2"):
        client.post(reverse("login"), BAD, HTTP_X_FORWARDED_FOR=f"{made_up}, 203.0.113.9")
    answer = client.post(reverse("login"), GOOD, HTTP_X_FORWARDED_FOR="198.51.100.3, 203.0.113.9")
    assert answer.status_code == 429
    assert client.post(reverse("login"), GOOD, HTTP_X_FORWARDED_FOR="203.0.113.10").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["IMANI", "  imani  ", "ｉｍａｎｉ"])
def test_a_guesser_gains_no_tries_by_writing_the_name_otherwise(client: Client, settings: Any, typed: str) -> None:
    settings.SIGN_IN_ATTEMPTS = 1
    person(username="imani")
    client.post(reverse("login"), BAD | {"username": typed})
    assert client.post(reverse("login"), GOOD).status_code == 429


@pytest.mark.django_db
def test_the_last_try_is_still_one_and_old_ones_stop_counting(client: Client, settings: Any) -> None:
    settings.SIGN_IN_ATTEMPTS = 3
    person(username="imani")
    for _ in range(2):
        client.post(reverse("login"), BAD)
    assert client.post(reverse("login"), GOOD).status_code == 302
    client.logout()
    for _ in range(3):
        assert client.post(reverse("login"), BAD).status_code == 200
    assert client.post(reverse("login"), GOOD).status_code == 429
    edge = timezone.now() - timedelta(seconds=settings.SIGN_IN_WINDOW_SECONDS)
    SignInAttempt.objects.update(at=edge + timedelta(seconds=60))
    assert client.post(reverse("login"), GOOD).status_code == 429
    SignInAttempt.objects.update(at=edge - timedelta(seconds=1))
    assert client.post(reverse("login"), BAD).status_code == 200
    assert SignInAttempt.objects.count() == 2, "one of the name, one of the address"
    assert client.post(reverse("login"), GOOD).status_code == 302


@pytest.mark.django_db
def test_tries_are_counted_for_each_name_and_kept_under_a_hash(client: Client, settings: Any) -> None:
    settings.SIGN_IN_ATTEMPTS = 1
    person(username="imani")
    person(username="jo")
    client.post(reverse("login"), BAD)
    assert client.post(reverse("login"), GOOD | {"username": "jo"}).status_code == 302
    for key in SignInAttempt.objects.values_list("key", flat=True):
        assert len(key) == 64
        assert "127.0.0.1" not in key
    client.logout()
    settings.SECRET_KEY = "another"
    assert client.post(reverse("login"), GOOD).status_code == 302, "the hash is keyed with the site's secret"


@pytest.mark.django_db
def test_a_closed_account_does_not_get_in(client: Client) -> None:
    user = person(username="imani")
    user.is_active = False
    user.save()
    assert client.post(reverse("login"), GOOD).status_code == 200
    assert site.SESSION_COOKIE_NAME not in client.cookies
