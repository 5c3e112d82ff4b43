from curation.llm.models.batch import Batch, BatchState
from curation.llm.models.money import Budget, PriceOverride, Spend, SpendState
from curation.llm.models.provider import Kind, Provider

__all__ = ["Batch", "BatchState", "Budget", "Kind", "PriceOverride", "Provider", "Spend", "SpendState"]
