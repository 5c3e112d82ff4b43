"""Providers, their keys and prices: what is stored, what is told, and what is refused."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.core import encryption
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.llm.actions import (
    change_provider,
    create_provider,
    install_named_providers,
    open_budget,
    remove_provider,
    set_price,
)
from curation.llm.errors import PriceUnknown, ProviderRefused
from curation.llm.keys import key_of
from curation.llm.models import Provider
from curation.llm.prices import Usage, tariff_of
from curation.llm.wire import http_client
from curation.webhooks import network
from tests.builders import person

pytestmark = pytest.mark.django_db
KEY = "sk-a-key-that-nobody-may-see"


@pytest.fixture
def admin() -> User:
    return person(Role.ADMIN)


@pytest.fixture
def at(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def ours(**fields: Any) -> Provider:
    given = {"name": "Ours", "kind": "openai", "base_url": "https://models.example.org/v1", "key": KEY}
    return create_provider(actor=SYSTEM, **{**given, **fields})


def test_a_key_is_stored_encrypted_and_opens_for_its_own_address_alone() -> None:
    provider, other = ours(), ours(name="Other", base_url="https://elsewhere.example/v1", key="sk-other")
    stored = Provider.objects.get(pk=provider.pk)
    assert KEY.encode() not in bytes(stored.encrypted_key or b"")
    assert key_of(stored).value == KEY
    assert KEY not in repr(key_of(stored)) + str(key_of(stored)) + f"{key_of(stored)}"
    # Somebody who can write to the database moves it to where they listen.
    Provider.objects.filter(pk=other.pk).update(encrypted_key=stored.encrypted_key)
    with pytest.raises(ProviderRefused, match="Enter it again"):
        key_of(Provider.objects.get(pk=other.pk))
    again = ours(name="Again")
    assert bytes(again.encrypted_key or b"") != bytes(stored.encrypted_key or b""), "each encryption is its own"


def test_a_secret_of_its_own_may_be_replaced_and_the_old_one_still_opens(tmp_path: Path, settings: Any) -> None:
    files = []
    for number, lines in enumerate([["a" * 40], ["b" * 40, "a" * 40], ["b" * 40], ["short"], []]):
        files.append(tmp_path / str(number))
        files[-1].write_text("\n".join(lines))
    settings.PROVIDER_SECRET_FILE = str(files[0])
    provider = ours()
    settings.PROVIDER_SECRET_FILE = str(files[1])
    assert key_of(provider).value == KEY
    change_provider(actor=SYSTEM, provider=provider, key=KEY)
    provider.refresh_from_db()
    settings.PROVIDER_SECRET_FILE = str(files[2])
    assert key_of(provider).value == KEY
    settings.PROVIDER_SECRET_FILE = ""
    with pytest.raises(ProviderRefused):
        key_of(provider)
    for bad in (files[3], files[4], tmp_path / "none"):
        settings.PROVIDER_SECRET_FILE = str(bad)
        with pytest.raises(ImproperlyConfigured):
            key_of(provider)
    encryption._from_file.cache_clear()


def test_a_key_goes_to_no_other_address_than_it_was_entered_for() -> None:
    provider = ours()
    with pytest.raises(InvalidInput, match="Enter the key again"):
        change_provider(actor=SYSTEM, provider=provider, base_url="https://evil.example/v1")
    moved = change_provider(actor=SYSTEM, provider=provider, base_url="https://new.example/v1", key="sk-new")
    assert (moved.address, key_of(moved).value) == ("https://new.example/v1", "sk-new")


def test_a_key_of_the_environment_is_read_there_and_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    ours(name="Anthropic")
    (provider,) = install_named_providers()
    assert (provider.name, provider.encrypted_key, key_of(provider).value) == (
        "Anthropic (ANTHROPIC_API_KEY)",
        None,
        KEY,
    )
    for change in ({"base_url": "https://evil.example"}, {"key": "sk-new"}):
        with pytest.raises(InvalidInput, match="environment"):
            change_provider(actor=SYSTEM, provider=provider, **change)
    with pytest.raises(Conflict, match="out of the environment"):
        remove_provider(actor=SYSTEM, provider=provider)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(ProviderRefused, match="not set on this host"):
        key_of(provider)
    assert install_named_providers() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "other"},
        {"name": " "},
        {"base_url": "models.example.org"},
        {"base_url": "ftp://models.example.org"},
        {"base_url": "https://user:word@models.example.org"},
        {"base_url": "https://[broken"},
        {"key": "two words"},
        {"key": "kéy"},
        {"key": "line\nbreak"},
        {"key": "x" * 501},
        {"in_flight": 0},
        {"in_flight": 1_001},
        {"requests_per_minute": 0},
        {"tokens_per_minute": 2**31},
        {"timeout_seconds": 601},
        {"month_limit_micro_usd": -1},
    ],
)
def test_what_is_no_provider_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        ours(**fields)
    assert not Provider.objects.exists()


def test_two_providers_of_one_name_are_refused_until_the_first_is_removed() -> None:
    first = ours()
    with pytest.raises(Conflict, match="has this name"):
        ours()
    remove_provider(actor=SYSTEM, provider=first)
    first.refresh_from_db()
    assert first.encrypted_key is None, "its key is forgotten"
    with pytest.raises(Conflict, match="removed"):
        change_provider(actor=SYSTEM, provider=first, in_flight=2)
    assert ours().pk != first.pk


def test_only_admins_keep_providers_and_only_curators_open_budgets() -> None:
    curator, annotator = person(Role.CURATOR), person()
    for actor in (curator, annotator, person(Role.RESEARCHER)):
        with pytest.raises(NotAllowed):
            create_provider(actor=actor, name="x", kind="openai")
    with pytest.raises(NotAllowed):
        open_budget(actor=annotator, limit_micro_usd=1, purpose="")
    assert open_budget(actor=curator, limit_micro_usd=1, purpose="").left_micro_usd == 1


def test_published_prices_are_known_by_the_address_and_not_by_the_name_alone() -> None:
    anthropic = ours(name="Anthropic", kind="anthropic", base_url="")
    published = tariff_of(anthropic, "claude-haiku-4-5")
    assert published.source.startswith("genai-prices ")
    # A dollar for a million tokens read, five for as many answered; from the cache a tenth, to it a quarter more.
    usage = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
    assert published.of(usage) == 6_000_000
    assert published.of(usage, in_batch=True) == 3_000_000
    assert published.of(Usage(cached_read_tokens=1_000_000)) == 100_000
    assert published.of(Usage(cached_write_tokens=1_000_000)) == 1_250_000
    assert published.at_most(input_tokens=1_000_000, output_tokens=0) == 1_250_000
    for provider in (anthropic, ours()):
        with pytest.raises(PriceUnknown):
            tariff_of(provider, "a-model-of-nobody")
    with pytest.raises(PriceUnknown):
        tariff_of(ours(name="Own server"), "gpt-4o")


def test_a_price_that_an_admin_sets_goes_first_until_it_is_taken_back() -> None:
    provider = ours(name="OpenAI", base_url="")
    published = tariff_of(provider, "gpt-4o")
    set_price(
        actor=SYSTEM, provider=provider, model="gpt-4o", input=Decimal("0.5"), output=Decimal(2), batch_percent=10
    )
    own = tariff_of(provider, "gpt-4o")
    assert own.of(Usage(3, 2, 1, 1)) == 5, "rounded up: 6 tokens at half, and one at two"
    assert own.of(Usage(output_tokens=100), in_batch=True) == 20
    assert not own.is_published
    set_price(actor=SYSTEM, provider=provider, model="gpt-4o", input=None, output=None)
    assert tariff_of(provider, "gpt-4o") == published
    for half in ({"input": Decimal(1), "output": None}, {"input": Decimal(-1), "output": Decimal(1)}):
        with pytest.raises(InvalidInput):
            set_price(actor=SYSTEM, provider=provider, model="gpt-4o", **half)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO llm_priceoverride (provider_id, model, input, batch_percent, created_at) "
                       "VALUES (%s, 'x', 1, 50, now())", [provider.pk])  # fmt: skip


NEW = {
    "kind": "openai",
    "name": "Ours",
    "base_url": "https://models.example.org/v1",
    "key": KEY,
    "default_model": "llama",
    "requests_per_minute": "60",
    "tokens_per_minute": "100000",
    "in_flight": "8",
    "timeout_seconds": "30",
    "month_limit": "12.50",
}


def test_an_admin_adds_a_provider_and_its_key_comes_back_nowhere(at: Client) -> None:
    assert "No provider yet" in at.get(reverse("provider_list")).content.decode()
    answer = at.post(reverse("provider_new"), NEW)
    provider = Provider.objects.get()
    assert answer["Location"] == reverse("provider", args=[provider.pk])
    assert (provider.month_limit_micro_usd, key_of(provider).value) == (12_500_000, KEY)
    for address in (reverse("provider_list"), answer["Location"], reverse("spending"), reverse("activity")):
        page = at.get(address)
        assert page.status_code == 200
        assert KEY not in page.content.decode()
    failed = at.post(reverse("provider_new"), {**NEW, "in_flight": "0"})
    assert failed.status_code == 422
    assert KEY not in failed.content.decode(), "not even where it was just entered"
    assert KEY not in "".join(str(entry.data) for entry in Entry.objects.all())


def test_a_provider_is_changed_on_its_page_and_keeps_its_key_where_none_is_entered(at: Client) -> None:
    provider = ours()
    address = reverse("provider", args=[provider.pk])
    assert 'value="https://models.example.org/v1"' in at.get(address).content.decode()
    assert at.post(address, {**NEW, "key": "", "name": "Renamed"}).status_code == 302
    provider.refresh_from_db()
    assert (provider.name, provider.in_flight, key_of(provider).value) == ("Renamed", 8, KEY)
    moved = at.post(address, {**NEW, "key": "", "base_url": "https://evil.example/v1"})
    assert moved.status_code == 422
    assert "Enter the key again" in moved.content.decode()


def test_a_price_is_set_on_the_page(at: Client) -> None:
    provider = ours(default_model="llama")
    address = reverse("provider", args=[provider.pk])
    assert "not known: no call is made" in at.get(address).content.decode()
    price = {"model": "llama", "input": "0", "output": "0", "batch_percent": "50"}
    assert at.post(reverse("provider_price", args=[provider.pk]), price).status_code == 302
    page = at.get(address).content.decode()
    assert "not known: no call is made" not in page
    assert "an admin" in page
    assert at.post(reverse("provider_price", args=[provider.pk]), {**price, "output": ""}).status_code == 422


def test_a_removed_provider_is_on_no_page(at: Client) -> None:
    provider = ours()
    assert at.post(reverse("provider_remove", args=[provider.pk])).status_code == 302
    assert at.get(reverse("provider", args=[provider.pk])).status_code == 404
    assert "Ours" not in at.get(reverse("provider_list")).content.decode().partition("<table")[2]


NOWHERE = [
    "169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0.0.0.0", "①②⑦.⓪.⓪.①", "127。0。0。1", "a b",  # noqa: S104
    "a.example:99999", "a.example:0", "a.example#", "a.example\\b", "[::1",
]  # fmt: skip


@pytest.mark.parametrize("host", NOWHERE)
def test_no_provider_is_where_a_cloud_hands_out_keys(host: str) -> None:
    with pytest.raises(InvalidInput, match=r"Nothing is sent to this address|An address looks like"):
        ours(base_url=f"http://{host}/v1")
    for private in ("127.0.0.1:8000", "10.1.2.3", "[fd12::1]", "vllm"):
        assert ours(name=private, base_url=f"http://{private}/v1").pk


def test_a_name_that_means_such_an_address_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the time of the call it may mean another host than when it was kept."""
    dialled: list[str] = []

    class Dialled(AsyncNetworkBackend):
        async def connect_tcp(self, host: str, *_args: Any, **_named: Any) -> AsyncNetworkStream:
            dialled.append(host)
            raise ConnectError("refused")

    meanings = {"models.example.org": ["169.254.169.254", "fe80::1"], "vllm.example.org": ["10.1.2.3"]}
    monkeypatch.setattr(network, "AnyIOBackend", Dialled)
    monkeypatch.setattr(network, "look_up", lambda host, _port: meanings[host])
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)

    async def ask(host: str) -> None:
        address = f"http://{host}/v1"
        async with http_client(address=address, seconds=5) as http:
            await http.post(address, json={})

    with pytest.raises(httpx2.ConnectError, match="nothing is sent to models"):
        asyncio.run(ask("models.example.org"))
    with pytest.raises(httpx2.ConnectError, match="refused"):
        asyncio.run(ask("vllm.example.org"))
    assert dialled == ["10.1.2.3"]
