"""Everything that changes datasets and releases."""

from curation.releases.actions.approving import approve, decline, take_back
from curation.releases.actions.building import build, build_due, discard_abandoned
from curation.releases.actions.datasets import create_dataset, describe_dataset, set_visibility
from curation.releases.actions.downloading import note_card, note_download, note_samples
from curation.releases.actions.limiting import lift_limits, limit_person
from curation.releases.actions.looking import (
    ask_look,
    ask_look_again,
    asked_look,
    carry_out_look,
    forget_looks,
    found_look,
    found_weakest,
    takes_long,
)
from curation.releases.actions.rerating import draw_rerating
from curation.releases.actions.starting import abandon, discard, retry, start_release
from curation.releases.actions.withdrawing import withdraw_story, withdraw_version

__all__ = [
    "abandon",
    "approve",
    "ask_look",
    "ask_look_again",
    "asked_look",
    "build",
    "build_due",
    "carry_out_look",
    "create_dataset",
    "decline",
    "describe_dataset",
    "discard",
    "discard_abandoned",
    "draw_rerating",
    "forget_looks",
    "found_look",
    "found_weakest",
    "lift_limits",
    "limit_person",
    "note_card",
    "note_download",
    "note_samples",
    "retry",
    "set_visibility",
    "start_release",
    "take_back",
    "takes_long",
    "withdraw_story",
    "withdraw_version",
]
