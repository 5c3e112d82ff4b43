from curation.llm.actions.budgets import change_budget, open_budget, settle_lost
from curation.llm.actions.prices import set_price
from curation.llm.actions.providers import (
    change_provider,
    create_provider,
    install_named_providers,
    remove_provider,
)
from curation.llm.actions.trying import TrialCall, try_provider

__all__ = [
    "TrialCall",
    "change_budget",
    "change_provider",
    "create_provider",
    "install_named_providers",
    "open_budget",
    "remove_provider",
    "set_price",
    "settle_lost",
    "try_provider",
]
