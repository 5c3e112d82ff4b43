"""How near two ratings of one criterion are, in words that pages share."""

import math
from typing import Literal

AgreementLevel = Literal["same", "near", "apart"]


def agreement_level(own: int | None, other: float | None) -> AgreementLevel:
    """Say how near a rating is to another (1 to 5, or None for N/A), which counts as the whole number nearest to it.

    "same": that number; "near": one beside it; "apart": further, or N/A on one side only. A half counts upwards.
    """
    if own is None or other is None:
        return "same" if own == other else "apart"
    gap = abs(own - math.floor(other + 0.5))
    return "same" if gap == 0 else "near" if gap == 1 else "apart"
