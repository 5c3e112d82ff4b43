"""What every call of the API has in common: tokens, errors, pages, keys, conditions, limits."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, Token
from curation.accounts.people import close_account, reopen_account, set_role
from curation.accounts.tokens import MOST_TOKENS, create_token, revoke_token, token_of
from curation.api.idempotency import forget_old_calls
from curation.api.models import AnsweredCall
from curation.audit.models import Entry
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.releases.models import Dataset
from tests.api import Caller, problem
from tests.builders import person

pytestmark = pytest.mark.django_db
NEW = {"org": "acme", "name": "first"}


@pytest.fixture
def curator() -> Caller:
    return Caller(person(Role.CURATOR))


def test_of_a_token_only_its_hash_and_its_beginning_are_kept(curator: Caller) -> None:
    kept = json.dumps(list(Token.objects.values()) + list(Entry.objects.values()), default=str)
    assert curator.secret.startswith("exempla_")
    assert curator.secret[:15] in kept
    assert curator.secret not in kept
    assert curator.secret[15:] not in kept


def test_a_token_does_what_its_person_may_do_now(curator: Caller) -> None:
    assert curator.get("me")["role"] == "curator"
    assert curator.get("me")["token_id"] == curator.token.pk
    curator.post("datasets", NEW, Idempotency_Key="k0")
    set_role(actor=SYSTEM, user=curator.user, role="annotator")
    assert curator.get("me")["scopes"] == ["read", "review"]
    assert problem(curator("POST", "datasets", NEW)) == (403, "not_allowed")
    assert problem(curator("POST", "datasets", NEW, Idempotency_Key="k0")) == (403, "not_allowed")


def test_the_browser_of_somebody_whose_role_was_taken_is_not_answered_as_before(curator: Caller) -> None:
    browser, kept = Client(raise_request_exception=False), {"Idempotency-Key": "k0"}
    browser.force_login(curator.user)
    assert browser.post("/api/v1/datasets", NEW, "application/json", headers=kept).status_code == 201
    set_role(actor=SYSTEM, user=curator.user, role="annotator")
    assert browser.post("/api/v1/datasets", NEW, "application/json", headers=kept).status_code in {401, 403, 409}


def test_a_token_ends_none_that_may_do_more_than_itself(curator: Caller) -> None:
    reader = Caller(curator.user, "read")
    assert problem(reader("DELETE", f"tokens/{curator.token.pk}")) == (403, "not_allowed")
    assert curator("DELETE", f"tokens/{Caller(curator.user, 'review').token.pk}").status_code == 204
    assert reader("DELETE", f"tokens/{reader.token.pk}").status_code == 204
    assert problem(reader("GET", "me")) == (401, "token_refused")


def test_what_a_token_is_answered_stays_out_of_caches(curator: Caller) -> None:
    for answer in (curator("GET", "me"), curator("GET", "datasets"), curator("GET", "decisions/1")):
        assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("secret", "refused"), [("", 401), ("exempla_" + "0" * 64, 401), ("a token to review", 403)], ids=str
)
def test_who_is_refused_is_counted_too(curator: Caller, settings: Any, secret: str, refused: int) -> None:
    settings.API_STRANGERS_CALLS_A_MINUTE = settings.API_CALLS_A_MINUTE = 2
    if refused == 403:
        secret = Caller(curator.user, "review").secret
    sent = {"Authorization": f"Bearer {secret}"} if secret else {}
    # An address of its own, since all who call from one share a count.
    told = [Client(REMOTE_ADDR=f"192.0.2.{len(secret) + 1}").get("/api/v1/me", headers=sent) for _ in range(6)]
    assert {answer.status_code for answer in told} == {refused, 429}
    limited = next(answer for answer in told if answer.status_code == 429)
    assert problem(limited) == (429, "too_many")


def test_a_token_that_is_over_lets_nobody_in_and_stays_so(curator: Caller) -> None:
    user = curator.user
    old, secret = create_token(actor=user, user=user, name="old", scopes=["read"])
    Token.objects.filter(pk=old.pk).update(created=timezone.now() - timedelta(9), expiry=timezone.now() - timedelta(1))
    assert token_of(secret) is None
    revoked, secret = create_token(actor=user, user=user, name="revoked", scopes=["read"])
    revoke_token(actor=user, token=revoked)
    assert token_of(secret) is None
    close_account(actor=SYSTEM, user=user)
    assert problem(curator("GET", "me")) == (401, "token_refused")
    reopen_account(actor=SYSTEM, user=user)
    assert problem(curator("GET", "me")) == (401, "token_refused")


@pytest.mark.parametrize(
    "sent", ["Bearer", "Bearer a b", "Bearer exempla_" + "0" * 64, "Bearer ü", "Bearer " + "x" * 5000]
)
def test_what_is_no_token_is_refused(curator: Caller, sent: str) -> None:
    answer = Client().get("/api/v1/me", headers={"Authorization": sent.encode().decode("latin-1")})
    assert problem(answer) == (401, "token_refused")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_opens_no_page(curator: Caller) -> None:
    assert curator("GET", reverse("story_list")).status_code == 302


def test_who_makes_tokens_and_for_whom(curator: Caller) -> None:
    user = curator.user
    with pytest.raises(NotAllowed):
        create_token(actor=person(Role.ADMIN), user=user, name="theirs", scopes=["read"])
    for wrong in (
        {"scopes": ["admin"]},
        {"scopes": []},
        {"scopes": ["all"]},
        {"days": 0},
        {"days": 367},
        {"name": " "},
    ):
        with pytest.raises(InvalidInput):
            create_token(actor=user, user=user, **{"name": "new", "scopes": ["read"], **wrong})
    for _ in range(MOST_TOKENS - 1):
        create_token(actor=user, user=user, name="many", scopes=["read"])
    with pytest.raises(Conflict):
        create_token(actor=user, user=user, name="one more", scopes=["read"])


def test_a_command_makes_one_and_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    user = person(Role.CURATOR)
    call_command("create_token", user.username, "nightly", "--scope", "read", "--scope", "curate")
    token = token_of(capsys.readouterr().out.strip())
    assert token is not None
    assert (token.user, token.scopes, token.created_by) == (user, ["read", "curate"], None)
    with pytest.raises(CommandError, match="nobody-here"):
        call_command("create_token", "nobody-here", "nightly")


def test_the_last_use_is_noted_once_a_minute(curator: Caller, django_assert_max_num_queries: Any) -> None:
    curator.get("me")
    first = Token.objects.get(pk=curator.token.pk).last_used_at
    assert first is not None
    with django_assert_max_num_queries(1):
        curator.get("me")
    Token.objects.update(last_used_at=first - timedelta(hours=1))
    curator.get("me")
    assert Token.objects.get(pk=curator.token.pk).last_used_at >= first


def test_a_page_makes_a_token_shows_it_once_and_revokes_it() -> None:
    user, page = person(Role.CURATOR), reverse("tokens")
    client = Client()
    client.force_login(user)
    made = client.post(page, {"name": "notebook", "scopes": ["read", "curate"], "days": "30"})
    assert (made.status_code, made["Cache-Control"]) == (201, "private, no-store")
    token = Token.objects.get(user=user)
    (secret,) = [word for word in made.content.decode().split('"') if word.startswith("exempla_")]
    assert token_of(secret) == token
    assert secret not in client.get(page).content.decode()
    revoke = reverse("token_revoke", args=[token.pk])
    assert revoke in client.get(page).content.decode()
    other = Client()
    other.force_login(person(Role.CURATOR))
    assert other.post(revoke).status_code == 404
    assert token_of(secret) == token
    client.post(revoke)
    assert token_of(secret) is None
    assert revoke not in client.get(page).content.decode()


def test_an_admin_revokes_the_token_of_somebody_else_on_their_page(curator: Caller) -> None:
    page, revoke = reverse("person", args=[curator.user.pk]), reverse("token_revoke", args=[curator.token.pk])
    client = Client()
    client.force_login(person(Role.ADMIN))
    assert revoke in client.get(page).content.decode()
    assert client.post(revoke)["Location"] == page
    assert problem(curator("GET", "me")) == (401, "token_refused")
    assert revoke not in client.get(page).content.decode()


def test_errors_are_problem_documents_whatever_is_preferred(curator: Caller) -> None:
    for accept in ("text/html", "*/*", "image/png", ""):
        assert problem(Client().get("/api/v1/nothing", headers={"Accept": accept}))[0] == 404
    assert problem(curator("PATCH", "me", {})) == (405, "not_this_way")
    assert problem(curator("GET", "me", Accept="image/png")) == (406, "not_acceptable")
    assert problem(curator("POST", "datasets", b"org=a", Content_Type="text/plain")) == (415, "media_type")
    assert problem(curator("POST", "datasets", b'{"org": "a", "org": "b"}')) == (400, "bad_request")
    assert problem(curator("POST", "datasets", b"[" * 5000)) == (400, "bad_request")
    assert problem(curator("POST", "datasets", b'{"org": "a\\u0000"}')) == (400, "bad_request")
    assert problem(curator("POST", "datasets", b'{"org": "\\ud800"}')) == (400, "bad_request")
    assert problem(curator("POST", "datasets", b'{"org": "' + b"a" * 6_000_000 + b'"}')) == (413, "too_large")
    answer = curator("POST", "datasets", {"org": "acme"})
    assert problem(answer) == (422, "invalid_input")
    assert answer.json()["missing"] == ["name"]
    assert answer.json()["errors"] == {"name": ["This field is required."]}
    odd = curator("POST", "datasets", {**NEW, "colour": "blue"})
    assert "colour" in odd.json()["detail"]


@pytest.mark.parametrize(
    "asked",
    ["limit=0", "limit=501", "limit=x", "limit=", "cursor=x", "cursor=cD1hYmM%3D", "colour=blue", "limit=1&limit=2"],
)
def test_a_parameter_that_is_none_is_refused(curator: Caller, asked: str) -> None:
    assert problem(curator("GET", f"tokens?{asked}")) == (422, "invalid_input")


def test_a_list_is_walked_both_ways(curator: Caller) -> None:
    for _ in range(4):
        create_token(actor=curator.user, user=curator.user, name="many", scopes=["read"])
    everything = [row["id"] for row in curator.get("tokens")["results"]]
    page, seen = curator.get("tokens?limit=2"), []
    while page["next"]:
        seen += [row["id"] for row in page["results"]]
        last, page = page, curator.get(page["next"].partition("testserver")[2])
    assert [*seen, *(row["id"] for row in page["results"])] == everything == sorted(everything, reverse=True)
    before = curator.get(page["previous"].partition("testserver")[2])
    assert before["results"] == last["results"]


def test_the_same_key_carries_a_call_out_once(curator: Caller) -> None:
    first = curator("POST", "datasets", NEW, Idempotency_Key="k1")
    again = curator("POST", "datasets", NEW, Idempotency_Key="k1")
    assert (first.status_code, again.status_code, Dataset.objects.count()) == (201, 201, 1)
    assert (again.json(), again["Location"]) == (first.json(), first["Location"])
    assert again["Idempotent-Replayed"] == "true"
    assert (
        problem(curator("POST", "datasets", {**NEW, "name": "other"}, Idempotency_Key="k1"))[1]
        == "idempotency_key_used"
    )
    other = Caller(person(Role.CURATOR))
    assert problem(other("POST", "datasets", NEW, Idempotency_Key="k1")) == (409, "conflict")


def test_what_was_refused_can_be_mended_under_the_same_key(curator: Caller) -> None:
    assert curator("POST", "datasets", {"org": "acme"}, Idempotency_Key="k2").status_code == 422
    assert not AnsweredCall.objects.exists()
    assert curator("POST", "datasets", NEW, Idempotency_Key="k2").status_code == 201
    for bad in ("", "a" * 256, "a\tb"):
        assert problem(curator("POST", "datasets", NEW, Idempotency_Key=bad)) == (422, "invalid_input")


def test_answers_are_forgotten_after_a_day(curator: Caller) -> None:
    curator("POST", "datasets", NEW, Idempotency_Key="k3")
    assert forget_old_calls() == 0
    AnsweredCall.objects.update(at=timezone.now() - timedelta(days=2))
    assert forget_old_calls() == 1


@pytest.mark.django_db(transaction=True)
def test_twice_at_the_same_time_is_once() -> None:
    curator = Caller(person(Role.CURATOR))
    answers, start = [], threading.Barrier(4)

    def call() -> None:
        start.wait()
        answers.append(Caller.__call__(curator, "POST", "datasets", NEW, Idempotency_Key="k4"))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert Dataset.objects.count() == 1


def test_what_a_caller_has_is_not_sent_again(curator: Caller) -> None:
    place = curator("POST", "datasets", NEW)["Location"]
    first = curator("GET", place)
    assert curator("GET", place, If_None_Match=first["ETag"]).status_code == 304
    assert curator("GET", place, If_None_Match='"other"').status_code == 200


def test_too_many_calls_in_a_minute_wait_for_the_next(curator: Caller, settings: Any) -> None:
    settings.API_CALLS_A_MINUTE = 2
    told = [curator("GET", "me") for _ in range(6)]
    assert [answer.status_code for answer in told][-1] == 429 or {answer.status_code for answer in told} == {200, 429}
    limited = next(answer for answer in told if answer.status_code == 429)
    assert problem(limited) == (429, "too_many")
    assert 0 < int(limited["Retry-After"]) <= 60


def test_a_body_is_not_read_before_it_is_known_who_calls() -> None:
    class Unread:
        read_any = False

        def read(self, *_args: Any) -> bytes:
            self.read_any = True
            return b""

        readline = read

    body = Unread()
    answer = Client().generic(
        "POST", "/api/v1/datasets", content_type="multipart/form-data; boundary=x",
        **{"wsgi.input": body, "CONTENT_LENGTH": "100"},
    )  # fmt: skip
    assert problem(answer) == (401, "not_signed_in")
    assert not body.read_any
