from curation.llm.models.batch import Batch, BatchState
from curation.llm.models.money import Budget, PriceOverride, Spend, SpendState
from curation.llm.models.provider import Provider, ProviderKind

__all__ = ["Batch", "BatchState", "Budget", "PriceOverride", "Provider", "ProviderKind", "Spend", "SpendState"]
