"""One call in the terms of the libraries that speak to providers, and their answers and errors in ours.

Everything that imports them does so when it is called: they take seconds and tens of megabytes to load.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from curation.core.encryption import Secret
from curation.core.errors import ExemplaError
from curation.llm.answers import Reply, error_in, reply_in
from curation.llm.errors import (
    AnswerLost,
    AnswerUnusable,
    ProviderLimited,
    ProviderRefused,
    ProviderUnreachable,
    RequestRejected,
)
from curation.llm.models import Provider, ProviderKind
from curation.llm.prices import Usage
from curation.llm.shapes import KEY, TEXT, Shape, caught, has_commands
from curation.llm.wire import MOST_KEPT, Heard, TooLong, http_client

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model, ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

# Models that answer by a schema only where it stands in the instructions. Those that come after them take it as such.
WITHOUT_SCHEMA = ("claude-2", "claude-3", "claude-instant", "claude-opus-4-0", "claude-sonnet-4-0")
NATIVE: Any = {"supports_json_schema_output": True}
# Above this the Anthropic SDK insists on a stream.
MOST_OUTPUT_TOKENS = 16_000
# The codes of errors that say that the account has nothing left, some of them with a 429.
EMPTY_ACCOUNT = {
    "billing_error",
    "billing_hard_limit_reached",
    "credit_balance_exhausted",
    "insufficient_quota",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
}
# What the provider itself adds to a request, in tokens, and more than any has been seen to add.
OVERHEAD_TOKENS = 1_500


@dataclass(frozen=True)
class Ask:
    """Everything that one paid call needs.

    `prefix` is what all calls of a run have in common; `cached` asks the provider to keep it in its cache, which costs
    more once and less for every call in the minutes after. `text` is the message.
    `schema` is the JSON schema that the answer has to fit, its name in `title`. `purpose` and `idempotency_key` are the
    caller's own names for the run and for the call; the key is sent along where the provider takes one.
    """

    provider_id: int
    model: str
    prefix: str
    text: str
    schema: Mapping[str, Any]
    max_output_tokens: int
    temperature: float | None = None
    effort: str | None = None
    budget_id: int | None = None
    purpose: str = ""
    idempotency_key: str = ""
    cached: bool = True


@dataclass(frozen=True)
class Answered:
    """What a model answered: `raw` exactly as it did, and what that cost. It took `seconds` to the last byte."""

    raw: str
    usage: Usage
    micro_usd: int
    seconds: float
    spend_id: int
    response_id: str
    stop_reason: str


def load_libraries(provider: Provider) -> None:
    """Load what speaks to a provider of this kind. The first time takes seconds."""
    import_module("pydantic_ai.direct")
    import_module(f"pydantic_ai.models.{provider.kind}")
    import_module(f"pydantic_ai.providers.{provider.kind}")


def client_for(provider: Provider) -> "httpx2.AsyncClient":
    """Return the HTTP client for the calls of a provider."""
    return http_client(address=provider.address, seconds=provider.timeout_seconds)


def model_for(
    provider: Provider, secret: Secret, name: str, http: "httpx2.AsyncClient", *, for_batches: bool = False
) -> "Model":
    """Return the model `name` of a provider. Neither it nor what is under it tries anything twice."""
    if provider.kind == ProviderKind.ANTHROPIC:
        from anthropic import AsyncAnthropic
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        client = AsyncAnthropic(
            api_key=secret.value or "none", base_url=provider.address, max_retries=0, http_client=http
        )
        return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=client), profile=NATIVE)
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    ours = AsyncOpenAI(api_key=secret.value or "none", base_url=provider.address, max_retries=0, http_client=http)
    kind = OpenAIResponsesModel if for_batches else OpenAIChatModel
    return kind(name, provider=OpenAIProvider(openai_client=ours), profile=NATIVE)


def request_of(
    ask: Ask, model: "Model", provider: Provider, *, in_batch: bool = False
) -> "tuple[list[ModelMessage], ModelSettings, ModelRequestParameters]":
    """Return messages, settings and parameters for an ask."""
    from pydantic_ai.messages import InstructionPart, ModelRequest, UserPromptPart
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition

    settings: dict[str, Any] = {"max_tokens": min(ask.max_output_tokens, MOST_OUTPUT_TOKENS)}
    # The calls of a batch are carried out whenever the provider likes. Each that found nothing in the cache would be
    # charged for writing to it, and nobody can say beforehand how many those are.
    if ask.cached and not in_batch:
        settings["cache"] = {"messages": False}
    if ask.temperature is not None:
        settings["temperature"] = ask.temperature
    if ask.effort:
        settings["anthropic_effort" if provider.kind == ProviderKind.ANTHROPIC else "openai_reasoning_effort"] = (
            ask.effort
        )
    if ask.idempotency_key and not in_batch:
        settings["extra_headers"] = {"Idempotency-Key": ask.idempotency_key}
    schema = dict(ask.schema)
    native = not ask.model.startswith(WITHOUT_SCHEMA)
    parameters = ModelRequestParameters(
        output_mode="native" if native else "prompted",
        output_object=OutputObjectDefinition(
            json_schema=schema, name=str(schema.get("title", "answer")), strict=True if native else None
        ),
        instruction_parts=[InstructionPart(content=ask.prefix, dynamic=False)],
    )
    messages: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart(content=ask.text)], instructions=ask.prefix)]
    return messages, settings, parameters  # type: ignore[return-value]


async def shape_of(ask: Ask, provider: Provider, secret: Secret) -> Shape:
    """Return the shape of all requests that differ from this one in text and key alone.

    Raises `ProviderRefused` where the libraries can make none, or leave out what the model does not take: an answer
    would not be what it is said to be.
    """
    bare = replace(ask, text=TEXT, idempotency_key=KEY)
    try:
        shape = await caught(
            lambda http: _through_libraries(bare, model_for(provider, secret, ask.model, http), provider)
        )
    except Exception as error:
        said = secret.hidden_in(str(error))[:300]
        raise ProviderRefused(_("This cannot be asked: %(said)s") % {"said": said}) from None
    body = json.loads(shape.before + b'""' + shape.after)
    effort = body.get("reasoning_effort") or body.get("output_config", {}).get("effort")
    if (ask.temperature is not None and "temperature" not in body) or (ask.effort and not effort):
        raise ProviderRefused(_("%(model)s takes no temperature or effort. Leave it out.") % {"model": ask.model})
    return shape


async def send(ask: Ask, shape: Shape, provider: Provider, secret: Secret, http: "httpx2.AsyncClient") -> Reply:
    """Make one call and return what was answered. Raises `NotAnswered` by status, and what came of a broken one."""
    if has_commands(ask.text):
        model = model_for(provider, secret, ask.model, http)
        return reply_of(await _through_libraries(ask, model, provider))
    response = await http.send(shape.filled(http, ask.text, ask.idempotency_key))
    if not response.is_success:
        raise NotAnswered
    return reply_in(response.content, provider.kind)


async def _through_libraries(ask: Ask, model: "Model", provider: Provider) -> "ModelResponse":
    from pydantic_ai.direct import model_request

    messages, settings, parameters = request_of(ask, model, provider)
    return await model_request(
        model, messages, model_settings=settings, model_request_parameters=parameters, instrument=False
    )


def reply_of(response: "ModelResponse") -> Reply:
    """Return what a response of the libraries says. Raises `ValueError` for one without a text."""
    from pydantic_ai.messages import TextPart

    text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    details = response.provider_details or {}
    stop = str(details.get("finish_reason") or response.finish_reason or "")
    if not text:
        raise ValueError(f"no text, {stop}")
    used = response.usage
    usage = Usage(
        input_tokens=max(0, used.input_tokens - used.cache_read_tokens - used.cache_write_tokens),
        cached_read_tokens=used.cache_read_tokens,
        cached_write_tokens=used.cache_write_tokens,
        output_tokens=used.output_tokens,
    )
    return Reply(text[:MOST_KEPT], usage, response.provider_response_id or "", stop)


class NotAnswered(Exception):
    """The provider answered with a status that is no success; what it said was heard."""


@dataclass(frozen=True)
class Failure:
    """What an error of the libraries means. `paid` None: nobody knows. `is_away` counts for the breaker."""

    error: ExemplaError
    paid: bool | None
    is_away: bool = False


def failure_of(error: BaseException, heard: Heard, provider: Provider, secret: Secret) -> Failure:
    """Return what an error means, in words that hold neither key nor address."""
    import httpx2

    name = {"name": provider.name}
    if not heard.left:
        said = secret.hidden_in(str(error))[:300]
        return Failure(RequestRejected(_("This cannot be asked: %(said)s") % {"said": said}), paid=False)
    if heard.status >= 300:
        return _refusal(heard, provider, secret)
    unsent = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
    if not heard.status and _is_of(error, *unsent):
        said = _("%(name)s cannot be reached.") % name
        return Failure(ProviderUnreachable(said, retry_after=1), paid=False, is_away=True)
    if _is_of(error, TooLong):
        said = _("%(name)s answered with more than an answer can be.") % name
        return Failure(AnswerUnusable(said, raw=heard.text), paid=None)
    if not heard.status or _is_of(error, httpx2.TransportError, TimeoutError):
        said = _("%(name)s was asked, and its answer did not arrive.") % name
        return Failure(AnswerLost(said, raw=heard.text), paid=None, is_away=True)
    said = _("What %(name)s answered is not what was asked for.") % name
    return Failure(AnswerUnusable(said, raw=heard.text), paid=None)


def _refusal(heard: Heard, provider: Provider, secret: Secret) -> Failure:
    code, message = error_in(heard.body)
    words = {"name": provider.name, "status": heard.status, "said": secret.hidden_in(message)[:300]}
    retry_after = None if heard.retry_after is None else max(1, min(600, round(heard.retry_after)))
    is_empty = code in EMPTY_ACCOUNT or "credit balance is too low" in message.lower()
    if is_empty or heard.status in (401, 402, 403, 404):
        return Failure(ProviderRefused(_("%(name)s refuses (%(status)s): %(said)s") % words), paid=False)
    if heard.status == 429:
        said = _("%(name)s says that it is asked too much at once.") % words
        return Failure(ProviderLimited(said, retry_after=retry_after or 5), paid=False)
    if heard.status >= 500 or heard.status in (408, 409, 425):
        said = _("%(name)s is out of order (%(status)s).") % words
        return Failure(ProviderUnreachable(said, retry_after=retry_after or 1), paid=False, is_away=True)
    said = _("%(name)s does not take this request (%(status)s): %(said)s") % words
    return Failure(RequestRejected(said, raw=heard.text), paid=False)


def _is_of(error: BaseException | None, *kinds: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kinds):
            return True
        error = error.__cause__ or error.__context__
    return False
