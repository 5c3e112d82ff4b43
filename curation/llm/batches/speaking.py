"""Speaking to a provider about batches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from curation.core.errors import ExemplaError, InvalidInput
from curation.llm import asking
from curation.llm.asking import Ask
from curation.llm.calling import ProviderChannel
from curation.llm.models import Batch
from curation.llm.wire import HEARING, Heard, http_client

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.models.batch import Batch as Handle
    from pydantic_ai.models.batch import BatchRequest

# What the answers of a whole batch may come to.
MOST_BYTES = 500_000_000


@asynccontextmanager
async def speaking(channel: ProviderChannel, name: str) -> "AsyncIterator[Model]":
    """Give the model to speak to about batches, with errors in our terms. Its answers may be larger than of a call."""
    seconds = channel.provider.timeout_seconds
    http = http_client(address=channel.provider.address, seconds=seconds, most_bytes=MOST_BYTES)
    heard = Heard()
    token = HEARING.set(heard)
    try:
        model = asking.model_for(channel.provider, channel.secret, name, http, for_batches=True)
        if model.batch_max_requests is None:
            raise InvalidInput(_("%(name)s takes no batches.") % {"name": channel.provider.name})
        yield model
    except ExemplaError:
        raise
    except Exception as error:
        raise asking.failure_of(error, heard, channel.provider, channel.secret).error from None
    finally:
        HEARING.reset(token)
        await http.aclose()


def request_in(channel: ProviderChannel, model: "Model", ask: Ask) -> "BatchRequest":
    from pydantic_ai.models.batch import BatchRequest

    messages, settings, parameters = asking.request_of(ask, model, channel.provider, in_batch=True)
    return BatchRequest(
        custom_id=ask.idempotency_key,
        messages=messages,
        model_settings=settings,
        model_request_parameters=parameters,
    )


def plain(handle: "Handle") -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(type(handle)).dump_python(handle, mode="json")


def handle_of(row: Batch) -> "Handle":
    from pydantic import TypeAdapter
    from pydantic_ai.models.batch import Batch as Handle

    return TypeAdapter(Handle).validate_python(row.handle)
