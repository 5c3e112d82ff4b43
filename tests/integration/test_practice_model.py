"""The practice model against the real clients: what it says is what their types say a provider says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2
import pytest
from pydantic import BaseModel

from curation.demo.practice_model.judge import INVENTED, SAYS
from tests.model_stand_in import StandIn
from tests.model_stand_in.faults import FAULTS, Faults

if TYPE_CHECKING:
    import anthropic
    import openai

Found = TypeVar("Found")
CRITERIA = ["A1", "B1", "C2", "D1"]
STORY = (
    "The tug asked whether the second option was safe, because it was not sure. “Then wait,” said the harbour master. "
    "It waited in the rain, and it told the truth about why."
)
SCHEMA: dict[str, Any] = {
    "title": "Reading",
    "type": "object",
    "properties": {
        "code": {"type": "string"},
        "criteria": {"type": "array", "items": {"$ref": "#/$defs/Criterion"}},
        "flags": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"flag": {"enum": ["backfire", "moral_lecture"]}, "quote": {"type": "string"}},
                "required": ["flag", "quote"],
                "additionalProperties": False,
            },
        },
        "honeypot": {"type": "boolean"},
    },
    "required": ["code", "criteria", "flags", "honeypot"],
    "additionalProperties": False,
    "$defs": {
        "Criterion": {
            "type": "object",
            "properties": {
                "criterion": {"enum": CRITERIA},
                "quotes": {"type": "array", "items": {"type": "string"}},
                "rationale": {"type": "string"},
                "value": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            },
            "required": ["criterion", "quotes", "rationale", "value"],
            "additionalProperties": False,
        }
    },
}
LONG = "Read the story as the rubric says. " * 200
MESSAGE = f"Rate this.\n===== STORY c0de =====\n{STORY}\n===== END OF STORY c0de =====\nIts code is c0de."


@pytest.fixture(scope="module", autouse=True)
def clients() -> None:
    """Load the clients once a test needs them: it takes seconds, and every worker of a parallel run reads this file."""
    globals().update(anthropic=import_module("anthropic"), openai=import_module("openai"))


@pytest.fixture
def claude(stand_in: StandIn) -> Iterator[anthropic.Anthropic]:
    """Anthropic's client."""
    with anthropic.Anthropic(base_url=stand_in.url, api_key="practice", max_retries=0) as client:
        yield client


@pytest.fixture
def gpt(stand_in: StandIn) -> Iterator[openai.OpenAI]:
    """OpenAI's client."""
    with openai.OpenAI(base_url=stand_in.openai_url, api_key="practice", max_retries=0) as client:
        yield client


def asked(**more: Any) -> dict[str, Any]:
    """The parameters of a message."""
    return {
        "model": "practice-steady",
        "max_tokens": 4000,
        "system": [{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": MESSAGE}],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        **more,
    }


def completed(**more: Any) -> dict[str, Any]:
    """The parameters of a completion."""
    form = {"type": "json_schema", "json_schema": {"name": "Reading", "schema": SCHEMA, "strict": True}}
    messages = [{"role": "system", "content": LONG}, {"role": "user", "content": MESSAGE}]
    return {"model": "practice-kind", "messages": messages, "response_format": form, **more}


def holds(kind: type[BaseModel], raw: bytes) -> None:
    """Assert that an answer is valid by a client's own type, and has nothing that the type does not know."""
    read = kind.model_validate_json(raw, strict=False)
    unknown = [part for part in _parts(read) if part.model_extra]
    assert not unknown


def _parts(value: Any) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from _parts(getattr(value, name))
    elif isinstance(value, list):
        for one in value:
            yield from _parts(one)


def check_reading(text: str) -> dict[str, Any]:
    """Assert that an answer is what the schema asks for, with quotes from the story, and return it."""
    reading: dict[str, Any] = json.loads(text)
    assert reading["code"] == "c0de"
    assert [one["criterion"] for one in reading["criteria"]] == CRITERIA
    for one in reading["criteria"]:
        assert one["value"] is None or 1 <= one["value"] <= 5
        assert one["rationale"] == SAYS
        assert all(quote in STORY for quote in one["quotes"])
    return reading


def test_a_message_is_valid_by_anthropics_own_types_and_reads_the_story(claude: anthropic.Anthropic) -> None:
    raw = claude.beta.messages.with_raw_response.create(**asked())
    holds(anthropic.types.beta.BetaMessage, raw.http_response.content)
    message = raw.parse()
    assert message.stop_reason == "end_turn"
    check_reading(message.content[0].text)
    with_tool = claude.beta.messages.create(
        **{
            **asked(),
            "output_config": {},
            "tools": [{"name": "reading", "input_schema": SCHEMA}],
            "tool_choice": {"type": "tool", "name": "reading"},
        }
    )
    assert with_tool.stop_reason == "tool_use"
    check_reading(json.dumps(with_tool.content[0].input))


def test_the_cache_is_written_once_then_read_and_the_bill_says_what_the_usage_says(
    stand_in: StandIn, claude: anthropic.Anthropic
) -> None:
    first, second = (claude.beta.messages.create(**asked()).usage for _ in range(2))
    plain = claude.beta.messages.create(**asked(system="Short.")).usage
    assert first.cache_creation_input_tokens == second.cache_read_input_tokens > 1024
    assert first.cache_read_input_tokens == second.cache_creation_input_tokens == 0
    assert plain.cache_creation_input_tokens == plain.cache_read_input_tokens == 0
    bill = stand_in.bill(with_entries=True)
    assert bill.calls == 3
    assert bill.micro_usd == sum(entry.micro_usd for entry in bill.entries)
    usage = bill.entries[1].usage
    assert (usage.input, usage.cached_read, usage.output) == (
        second.input_tokens,
        second.cache_read_input_tokens,
        second.output_tokens,
    )
    # 3, 0.30 and 15 dollars a million.
    assert abs(bill.entries[1].micro_usd - (3 * usage.input + 0.3 * usage.cached_read + 15 * usage.output)) < 1


def test_who_asks_before_the_first_answer_is_there_finds_no_cache(stand_in: StandIn) -> None:
    stand_in.begin(seconds=0.2)

    async def together() -> list[Any]:
        async with anthropic.AsyncAnthropic(base_url=stand_in.url, api_key="practice", max_retries=0) as client:
            return await asyncio.gather(*(client.beta.messages.create(**asked()) for _ in range(3)))

    assert all(message.usage.cache_read_input_tokens == 0 for message in waited_for(together()))
    assert stand_in.seen()["most_working"] == 3


def waited_for(work: Coroutine[Any, Any, Found]) -> Found:
    """What it comes to."""
    return asyncio.run(work)


def test_a_completion_is_valid_by_openais_own_types_and_reads_the_story(stand_in: StandIn, gpt: openai.OpenAI) -> None:
    raw = gpt.chat.completions.with_raw_response.create(**completed())
    holds(openai.types.chat.ChatCompletion, raw.http_response.content)
    check_reading(raw.parse().choices[0].message.content)
    again = gpt.chat.completions.create(**completed())
    assert again.usage.prompt_tokens_details.cached_tokens > 1024
    tool = {"type": "function", "function": {"name": "reading", "parameters": SCHEMA}}
    with_tool = gpt.chat.completions.create(
        **{**completed(), "response_format": {"type": "text"}, "tools": [tool], "tool_choice": "required"}
    )
    check_reading(with_tool.choices[0].message.tool_calls[0].function.arguments)
    assert [one.id for one in gpt.models.list()] == ["practice-steady", "practice-kind", "practice-erratic"]
    assert stand_in.bill().calls == 3


def test_a_batch_is_valid_by_anthropics_own_types_and_costs_half(
    stand_in: StandIn, claude: anthropic.Anthropic
) -> None:
    alone = claude.beta.messages.create(**asked(system="Short."))
    whole = stand_in.bill().micro_usd
    batches = claude.beta.messages.batches
    params = asked(system="Short.")
    raw = batches.with_raw_response.create(
        requests=[{"custom_id": "one", "params": params}, {"custom_id": "two", "params": {**params, "model": "gone"}}]
    )
    holds(anthropic.types.beta.messages.BetaMessageBatch, raw.http_response.content)
    batch = raw.parse()
    assert (batch.processing_status, batch.request_counts.processing) == ("in_progress", 2)
    while (batch := batches.retrieve(batch.id)).processing_status != "ended":
        pass
    assert (batch.request_counts.succeeded, batch.request_counts.errored) == (1, 1)
    results = {one.custom_id: one for one in batches.results(batch.id)}
    for one in results.values():
        holds(anthropic.types.beta.messages.BetaMessageBatchIndividualResponse, one.model_dump_json().encode())
    assert results["one"].result.type == "succeeded"
    check_reading(results["one"].result.message.content[0].text)
    assert results["two"].result.error.error.type == "not_found_error"
    charged = stand_in.bill(with_entries=True).entries[-1]
    assert charged.batch
    assert charged.usage.input == alone.usage.input_tokens
    cost = 3 * charged.usage.input + 15 * charged.usage.output
    assert charged.micro_usd in (cost // 2, cost // 2 + 1)
    assert whole == 3 * alone.usage.input_tokens + 15 * alone.usage.output_tokens
    assert [one.id for one in batches.list()] == [batch.id]
    cancelled = batches.cancel(batches.create(requests=[{"custom_id": "three", "params": params}]).id)
    assert cancelled.processing_status == "canceling"
    assert batches.retrieve(cancelled.id).request_counts.canceled == 1
    assert stand_in.bill().calls == 2


def test_an_answer_that_may_not_be_so_long_is_cut_and_says_so(claude: anthropic.Anthropic, gpt: openai.OpenAI) -> None:
    assert claude.beta.messages.create(**asked(max_tokens=20)).stop_reason == "max_tokens"
    assert gpt.chat.completions.create(**completed(max_completion_tokens=20)).choices[0].finish_reason == "length"


def test_what_a_provider_refuses_it_refuses_in_the_clients_own_errors(stand_in: StandIn) -> None:
    stand_in.begin(key="right")

    def ask(*, key: str = "right", **more: Any) -> None:
        with anthropic.Anthropic(base_url=stand_in.url, api_key=key, max_retries=0) as client:
            client.beta.messages.create(**asked(**more))

    with pytest.raises(anthropic.AuthenticationError):
        ask(key="wrong")
    with pytest.raises(anthropic.NotFoundError, match="model: gone"):
        ask(model="gone")
    with pytest.raises(anthropic.BadRequestError, match="temperature"):
        ask(model="practice-erratic", extra_body={"temperature": 0.5})
    with (
        openai.OpenAI(base_url=stand_in.openai_url, api_key="right", max_retries=0) as client,
        pytest.raises(openai.NotFoundError, match="gone"),
    ):
        client.chat.completions.create(**completed(model="gone"))
    assert stand_in.bill().calls == 0


def test_bias_noise_and_what_is_not_applicable_are_as_they_were_set(
    stand_in: StandIn, claude: anthropic.Anthropic
) -> None:
    truths = {STORY: {"A1": 2.0, "B1": 4.0, "C2": 3.0, "D1": 1.0}}
    exact = {"noise": 0.0, "sample_noise": 0.0, "not_applicable": 0.0}

    def values() -> dict[str, Any]:
        reading = check_reading(claude.beta.messages.create(**asked()).content[0].text)
        return {one["criterion"]: one["value"] for one in reading["criteria"]}

    stand_in.judge("practice-steady", truths=truths, bias=0.0, **exact)
    assert values() == truths[STORY]
    stand_in.judge("practice-steady", truths=truths, bias={"A1": 2.0, "D1": -3.0}, **exact)
    assert values() == {"A1": 4, "B1": 4, "C2": 3, "D1": 1}
    stand_in.judge("practice-steady", not_applicable=1.0)
    assert set(values().values()) == {None}
    stand_in.judge("practice-steady", truths=truths, bias=0.0, noise=0.0, sample_noise=1.5, not_applicable=0.0)
    assert len({json.dumps(values()) for _ in range(6)}) > 1
    stand_in.judge("practice-steady", invented=1.0)
    assert INVENTED in claude.beta.messages.create(**asked()).content[0].text


def test_the_same_question_is_answered_in_the_same_way_by_every_process(stand_in: StandIn) -> None:
    def first_answer(running: StandIn) -> str:
        with anthropic.Anthropic(base_url=running.url, api_key="practice", max_retries=0) as client:
            text: str = client.beta.messages.create(**asked()).content[0].text
            return text

    with StandIn() as other:
        assert first_answer(stand_in) == first_answer(other)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"hang"}))
def test_every_fault_is_met_and_charged_for_exactly_where_work_was_done(stand_in: StandIn, fault: str) -> None:
    stand_in.begin(Faults(rates={fault: 1.0}, retry_after=7, huge_bytes=3_000_000, drip_seconds=0.2))
    status, body = None, b""
    headers = {"x-api-key": "practice"}
    try:
        with httpx2.Client(timeout=20) as client:
            answer = client.post(f"{stand_in.url}/v1/messages", json=asked(), headers=headers)
        status, body = answer.status_code, answer.content
        assert answer.headers.get("retry-after", "7") == "7"
    except httpx2.TransportError:
        pass
    told = {
        "limited": 429,
        "unavailable": 503,
        "overloaded": 529,
        "forbidden": 403,
        "reset": None,
        "reset_at_once": None,
    }
    assert status == told.get(fault, 200)
    assert stand_in.seen()["met"] == {fault: 1}
    unpaid = ("limited", "unavailable", "overloaded", "forbidden", "reset_at_once")
    assert stand_in.bill().calls == (0 if fault in unpaid else 1)
    assert len(body) == 3_000_000 or fault != "huge_body"
    if status == 200:
        fine = is_reading(body)
        assert fine == (fault == "drip")


def is_reading(body: bytes) -> bool:
    """Whether a message says what was asked for."""
    try:
        check_reading(json.loads(body)["content"][0]["text"])
    except (ValueError, KeyError, TypeError, AssertionError):
        return False
    return True


def test_a_provider_can_be_gone_and_come_back_at_the_same_address(stand_in: StandIn) -> None:
    with anthropic.Anthropic(base_url=stand_in.url, api_key="practice", max_retries=0) as client:
        client.beta.messages.create(**asked())
        stand_in.refuse()
        with pytest.raises(anthropic.APIConnectionError):
            client.beta.messages.create(**asked())
        stand_in.accept()
        client.beta.messages.create(**asked())
        stand_in.begin(Faults(down=True))
        with pytest.raises(anthropic.InternalServerError):
            client.beta.messages.create(**asked())


def test_a_limit_of_requests_lets_through_what_it_allows(stand_in: StandIn, claude: anthropic.Anthropic) -> None:
    stand_in.begin(Faults(requests_a_minute=3, retry_after=20))
    for _ in range(3):
        claude.beta.messages.create(**asked())
    with pytest.raises(anthropic.RateLimitError) as caught:
        claude.beta.messages.create(**asked())
    assert caught.value.response.headers["retry-after"] == "20"


def test_one_that_speaks_no_http_is_turned_away(stand_in: StandIn) -> None:
    with httpx2.Client() as client:
        assert client.get(f"{stand_in.url}/healthz").json() == {"practice": True}
        assert client.get(f"{stand_in.url}/v1/models").status_code == 401
        headers = {"x-api-key": "practice"}
        assert client.post(f"{stand_in.url}/v1/messages", content=b"[1", headers=headers).status_code == 400
        assert client.post(f"{stand_in.url}/v1/messages", json={}, headers=headers).status_code == 400
        assert client.post(f"{stand_in.url}/v1/nothing", json={}, headers=headers).status_code == 404
