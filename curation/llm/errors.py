"""What can become of a call to a model. Each class says what the caller is to do, `paid` whether it cost."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from curation.core.errors import Conflict, ExemplaError, Unavailable


class ProviderUnreachable(Unavailable):
    """The provider is away: nothing was answered and nothing paid. Ask again after `retry_after` seconds.

    It says nothing about what was asked, so it counts as no attempt. `for_everybody` says that no other call to this
    provider would do better meanwhile.
    """

    for_everybody = False
    code = "provider_unreachable"
    title = gettext_lazy("The provider does not answer")


class ProviderLimited(Unavailable):
    """The provider's limit, or ours, is reached. Ask again after `retry_after` seconds; it counts as no attempt.

    `for_everybody` as for `ProviderUnreachable`.
    """

    for_everybody = False
    code = "provider_limited"
    title = gettext_lazy("The provider’s limit is reached")


class ProviderRefused(Conflict):
    """The provider refuses this key or does not have this model: no other call would do better. Nothing was paid."""

    code = "provider_refused"
    title = gettext_lazy("The provider refuses")


class BudgetSpent(Conflict):
    """The next call could cost more than what is left of the budget of the run, or of the provider's month."""

    code = "budget_spent"
    title = gettext_lazy("The budget is spent")


class PriceUnknown(Conflict):
    """Nobody knows what a call would cost, so it is not made. An admin can set a price, for a server of one's own 0."""

    code = "price_unknown"
    title = gettext_lazy("Set a price first")


class AnswerUnusable(ExemplaError):
    """The call was made, and what came back cannot be used. It counts as an attempt.

    `raw` is what came, as text, up to a megabyte; `spend_id` the row of the call.
    """

    code = "answer_unusable"
    status = 502
    title = gettext_lazy("The answer cannot be used")
    paid: ClassVar[bool] = True

    def __init__(
        self,
        message: StrOrPromise,
        *,
        raw: str = "",
        spend_id: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, data=data)
        self.raw = raw
        self.spend_id = spend_id


class AnswerLost(AnswerUnusable):
    """The call was sent and its answer never came, or broke off: time ran out, or the connection was reset."""

    code = "answer_lost"
    title = gettext_lazy("The answer did not arrive")


class RequestRejected(AnswerUnusable):
    """The provider will not answer this one: too long, or refused for what it says. Nothing was paid."""

    code = "request_rejected"
    title = gettext_lazy("The provider does not take this request")
    paid = False
