"""Calls handed to a provider together: half the price, and an answer within a day.

A row of `Batch` is stored before anything is sent and says, after any restart, where the answers are. Its calls are
rows of `Spend`, named by their `idempotency_key`, whose money is kept back until the answers are there. `open_batch`
keeps it back, `send` sends, `look` asks how far it is, `cancel` has it ended early, `collect` returns the answers, as
often as it is asked, and `close` says that they are stored.
"""

from curation.llm.batches.collecting import Outcome, collect
from curation.llm.batches.looking import cancel, close, look
from curation.llm.batches.rows import are_batches_due, take_due_batches
from curation.llm.batches.sending import MOST_CALLS, Opened, abandon, open_batch, send

__all__ = [
    "MOST_CALLS",
    "Opened",
    "Outcome",
    "abandon",
    "are_batches_due",
    "cancel",
    "close",
    "collect",
    "look",
    "open_batch",
    "send",
    "take_due_batches",
]
