"""Everything that changes datasets and releases."""

from curation.releases.actions.building import build, build_due, discard_abandoned
from curation.releases.actions.datasets import create_dataset, describe_dataset
from curation.releases.actions.downloading import note_download
from curation.releases.actions.limiting import lift_limits, limit_person
from curation.releases.actions.starting import discard, retry, start_release

__all__ = [
    "build",
    "build_due",
    "create_dataset",
    "describe_dataset",
    "discard",
    "discard_abandoned",
    "lift_limits",
    "limit_person",
    "note_download",
    "retry",
    "start_release",
]
