"""The practice model as a provider of the demonstration."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from curation.accounts.actors import SYSTEM
from curation.audit.actions import record
from curation.core.serving.practice import remembered_port
from curation.demo.practice_model import billing
from curation.demo.practice_model.models import MODELS
from curation.llm.actions import remove_provider
from curation.llm.models import Provider
from curation.llm.prices import Usage, tariff_of
from tests.builders import person


@pytest.fixture
def demonstration(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace that was begun as a demonstration, with a home of its own."""
    monkeypatch.setenv("EXEMPLA_HOME", str(tmp_path))
    record(actor=SYSTEM, verb="demo.begun", target=person("admin"))


@pytest.mark.django_db
@pytest.mark.usefixtures("demonstration")
def test_a_demonstration_has_it_as_a_provider_once_at_the_port_of_the_day(tmp_path: Path) -> None:
    for port in (8101, 8101, 8102):
        call_command("offer_practice_model", port=port, stdout=StringIO())
    provider = Provider.objects.get()
    assert (provider.is_practice, provider.base_url) == (True, "http://127.0.0.1:8102")
    assert remembered_port(tmp_path) == 8102
    for name, model in MODELS.items():
        billed = billing.PracticeUsage(7_000, 901, cached_write=53, cached_read=2_001).micro_usd(model.price)
        assert tariff_of(provider, name).of(Usage(7_000, 2_001, 53, 901)) == billed
    assert provider.default_model in MODELS


@pytest.mark.django_db
@pytest.mark.usefixtures("demonstration")
def test_who_removes_it_is_not_given_it_again(tmp_path: Path) -> None:
    call_command("offer_practice_model", port=8101, stdout=StringIO())
    remove_provider(actor=SYSTEM, provider=Provider.objects.get())
    call_command("offer_practice_model", port=8101, stdout=StringIO())
    assert not Provider.objects.filter(removed_at=None).exists()
    assert remembered_port(tmp_path) == 0


@pytest.mark.django_db
def test_a_workspace_that_is_no_demonstration_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EXEMPLA_HOME", str(tmp_path))
    call_command("offer_practice_model", port=8101, stdout=StringIO())
    assert not Provider.objects.exists()
    assert remembered_port(tmp_path) == 0
