"""Everything that destroys: stories after their release, and who people were."""

from curation.erasure.actions.asking import (
    approve_purge,
    ask_purge,
    decline_purge,
    retry_purge,
    take_purge_back,
)
from curation.erasure.actions.following import follow_up
from curation.erasure.actions.people import erase_person
from curation.erasure.actions.purging import purge, purge_due

__all__ = [
    "approve_purge",
    "ask_purge",
    "decline_purge",
    "erase_person",
    "follow_up",
    "purge",
    "purge_due",
    "retry_purge",
    "take_purge_back",
]
