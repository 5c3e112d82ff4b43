"""Everything that changes the human side."""

from annotations.actions.adjudicating import adjudicate, open_to_adjudicate, undo_adjudication
from annotations.actions.blocking import Hit, block_later, unblock
from annotations.actions.claiming import claim, expire, pass_on
from annotations.actions.consenting import give_consent
from annotations.actions.deciding import decide
from annotations.actions.drafts import save_draft
from annotations.actions.elsewhere import HasTheStory, QueueShut, change_from_elsewhere, review_from_elsewhere
from annotations.actions.finalizing import finalize_reviews
from annotations.actions.items import add_items, set_priorities
from annotations.actions.members import add_member, recuse, recuse_from, remove_member
from annotations.actions.queues import close_queue, create_queue, pause_queue, reopen_queue, set_practice
from annotations.actions.resuming import resume, take_pass_back
from annotations.actions.revising import revise
from annotations.actions.shutting import shut_story
from annotations.actions.submitting import submit
from annotations.actions.withdrawing import withdraw

__all__ = [
    "HasTheStory",
    "Hit",
    "QueueShut",
    "add_items",
    "add_member",
    "adjudicate",
    "block_later",
    "change_from_elsewhere",
    "claim",
    "close_queue",
    "create_queue",
    "decide",
    "expire",
    "finalize_reviews",
    "give_consent",
    "open_to_adjudicate",
    "pass_on",
    "pause_queue",
    "recuse",
    "recuse_from",
    "remove_member",
    "reopen_queue",
    "resume",
    "review_from_elsewhere",
    "revise",
    "save_draft",
    "set_practice",
    "set_priorities",
    "shut_story",
    "submit",
    "take_pass_back",
    "unblock",
    "undo_adjudication",
    "withdraw",
]
