from curation.releases.models.approval import Approval
from curation.releases.models.card import CardVersion
from curation.releases.models.dataset import Dataset, Pseudonym, SplitAssignment
from curation.releases.models.limit import DatasetLimit
from curation.releases.models.part import ReleasePart
from curation.releases.models.release import Blob, Release, ReleaseFile, ReleaseItem
from curation.releases.models.rerating import ReratingSample
from curation.releases.models.selection import LeftOut, Selection
from curation.releases.models.withdrawn import WithdrawnStory, WithdrawnVersion

__all__ = [
    "Approval",
    "Blob",
    "CardVersion",
    "Dataset",
    "DatasetLimit",
    "LeftOut",
    "Pseudonym",
    "Release",
    "ReleaseFile",
    "ReleaseItem",
    "ReleasePart",
    "ReratingSample",
    "Selection",
    "SplitAssignment",
    "WithdrawnStory",
    "WithdrawnVersion",
]
