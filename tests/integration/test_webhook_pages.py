"""The pages of webhooks: what an admin sees and does, and that nothing of it is believed as HTML."""

import re
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.webhooks.actions import create_endpoint, pause_endpoint, try_endpoint
from curation.webhooks.actions.taking import record, take_due
from curation.webhooks.emitting import emit
from curation.webhooks.keys import secrets_of
from curation.webhooks.models import Delivery, Endpoint
from curation.webhooks.parcels import AttemptResult
from tests.builders import failed, person
from tests.webhook_receiver import Receiver

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
FORM = {"name": f"Ours {SCRIPT}", "url": "https://hooks.example.org/x", "events": ["release.built", "story.scored"]}


@pytest.fixture
def at(client: Client) -> Client:
    client.force_login(person(Role.ADMIN))
    return client


def ours(url: str = "https://hooks.example.org/x") -> Endpoint:
    return create_endpoint(actor=SYSTEM, name=f"Ours {SCRIPT}", url=url, events=["release.built"])[0]


def page(client: Client, name: str, *args: Any) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_endpoint_is_added_and_its_secret_shown_once(at: Client) -> None:
    answer = at.post(reverse("webhook_new"), FORM)
    text, endpoint = answer.content.decode(), Endpoint.objects.get()
    secret = secrets_of(endpoint)[0].value
    assert secret in text
    assert "no-store" in answer["Cache-Control"]
    assert endpoint.events == ["story.scored", "release.built"]
    for shown in (
        page(at, "webhook", endpoint.pk),
        page(at, "webhook_list"),
        page(at, "webhook_deliveries", endpoint.pk),
    ):
        assert "whsec_" not in shown
        assert SCRIPT not in shown
    answer = at.post(reverse("webhook_new"), FORM)
    assert answer.status_code == 422
    assert "has this name" in answer.content.decode()


def test_a_url_that_nothing_may_be_sent_to_is_refused_with_the_reason(at: Client) -> None:
    for url in ("https://127.0.0.1/", "http://hooks.example.org/", "javascript:alert(1)"):
        answer = at.post(reverse("webhook_new"), {**FORM, "url": url})
        assert answer.status_code == 422
        assert "Nothing may be sent to this URL" in answer.content.decode()
    assert not Endpoint.objects.exists()


def test_events_are_changed(at: Client) -> None:
    endpoint = ours()
    at.post(reverse("webhook", args=[endpoint.pk]), {**FORM, "events": ["decision.made"], "each_story": "on"})
    endpoint.refresh_from_db()
    assert (endpoint.events, endpoint.each_story) == (["decision.made"], True)
    assert re.search(r'value="decision.made"[^>]*checked', page(at, "webhook", endpoint.pk))


def test_another_secret_is_shown_once_and_how_long_the_old_one_goes_on(at: Client) -> None:
    endpoint = ours()
    before = secrets_of(endpoint)[0].value
    answer = at.post(reverse("webhook_secret", args=[endpoint.pk]), {"overlap_hours": 48})
    text = answer.content.decode()
    endpoint.refresh_from_db()
    new, old = (one.value for one in secrets_of(endpoint))
    assert (new in text, old in text, old == before) == (True, False, True)
    assert "For 48 hours the old one signs too" in text
    assert "The former one signs too until" in page(at, "webhook", endpoint.pk)


def test_a_test_shows_status_time_and_the_beginning_of_the_answer(at: Client, settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    with Receiver(always=500, body=f"{SCRIPT} no".encode()) as receiver:
        endpoint = ours(receiver.url())
        text = at.post(reverse("webhook_test", args=[endpoint.pk]), headers={"HX-Request": "true"}).content.decode()
        assert "It answered 500." in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; no" in text
        assert re.search(r"\d\.\d\d s", text)
        assert text.lstrip().startswith('<div id="tested"')
        receiver.always = 204
        assert "It took the message." in at.post(reverse("webhook_test", args=[endpoint.pk])).content.decode()
        at.cookies["django_language"] = "de"
        receiver.always = 500
        assert "Die Antwort war 500." in at.post(reverse("webhook_test", args=[endpoint.pk])).content.decode()


def test_it_is_paused_goes_on_and_is_removed(at: Client) -> None:
    endpoint = ours()
    move = reverse("webhook_move", args=[endpoint.pk])
    at.post(move, {"move": "pause"})
    assert "Let it go on" in page(at, "webhook", endpoint.pk)
    assert "by an admin" in page(at, "webhook_list")
    at.post(move, {"move": "resume"})
    assert "Pause it" in page(at, "webhook", endpoint.pk)
    assert at.post(move, {"move": "dance"}).status_code == 422
    at.post(move, {"move": "remove"})
    assert at.get(reverse("webhook", args=[endpoint.pk])).status_code == 404
    assert "Nobody is told yet" in page(at, "webhook_list")


def test_dead_letters_are_shown_and_sent_again_one_or_all(at: Client) -> None:
    endpoint = ours()
    for key in range(3):
        emit(event="release.built", thing="release", key=key)
    failed(Delivery, "It answered 500.")
    Delivery.objects.update(answer=SCRIPT)
    dead = page(at, "webhook_dead")
    assert dead.count("It answered 500.") == 3
    assert SCRIPT not in dead
    assert "3 given up" in page(at, "webhook_list")
    one = Delivery.objects.order_by("pk")[0]
    answer = at.post(reverse("webhook_replay", args=[one.pk]), {"back": "dead"})
    assert answer["Location"] == reverse("webhook_dead")
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["pending", "failed", "failed"]
    at.post(reverse("webhook_dead_replay"))
    assert "Nothing was given up" in page(at, "webhook_dead")
    assert at.post(reverse("webhook_replay", args=[one.pk])).status_code == 409
    assert page(at, "webhook_deliveries", endpoint.pk).count("msg_") >= 3


def test_the_pages_take_few_statements_however_much_there_is(at: Client, django_assert_max_num_queries: Any) -> None:
    endpoint = ours()
    pause_endpoint(actor=SYSTEM, endpoint=create_endpoint(actor=SYSTEM, **{**FORM, "name": "Two"})[0])
    for key in range(60):
        emit(event="release.built", thing="release", key=key)
    record([(taken, AttemptResult(status=204)) for taken in take_due({})])
    for name, args in (("webhook_list", []), ("webhook", [endpoint.pk]), ("webhook_deliveries", [endpoint.pk])):
        with django_assert_max_num_queries(6):
            page(at, name, *args)
    assert "?page=2" in page(at, "webhook_deliveries", endpoint.pk)


def test_the_receiver_of_the_guide_works_as_it_is_printed(settings: Any) -> None:
    """The code block of the guide, but for the port and the line that serves for ever."""
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    guide = (Path(settings.BASE_DIR) / "docs/admin/webhooks.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    lines, said = code.replace("serve_forever()", "handle_request()"), []
    with Receiver() as free:
        port = free.port
    url = f"http://127.0.0.1:{port}/"
    endpoint, secret = create_endpoint(actor=SYSTEM, name="Guide", url=url, events=["release.built"])
    names = {"SECRET": secret.value, "PORT": port, "print": lambda *words: said.append(words)}
    serving = Thread(target=exec, args=(compile(lines, "guide", "exec"), names), daemon=True)
    serving.start()
    while serving.is_alive() and not said:
        outcome = try_endpoint(actor=SYSTEM, endpoint=endpoint).outcome
    assert outcome.taken, outcome
    assert [words[1] for words in said] == ["webhook.test"]
    serving.join(10)
    names["server"].server_close()
