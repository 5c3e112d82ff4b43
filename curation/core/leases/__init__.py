"""Work that one worker at a time holds for a while: docs/decisions says how, `lease` does it."""

from curation.core.leases.claiming import carry_out_each, claim_one
from curation.core.leases.lease import Lease, LeaseLost, reclaim, take
from curation.core.leases.model import Leased, Terms
from curation.core.leases.retrying import Fatal, is_retryable

__all__ = [
    "Fatal",
    "Lease",
    "LeaseLost",
    "Leased",
    "Terms",
    "carry_out_each",
    "claim_one",
    "is_retryable",
    "reclaim",
    "take",
]
