from curation.releases.models.dataset import Dataset, Pseudonym, SplitAssignment
from curation.releases.models.limit import DatasetLimit
from curation.releases.models.release import Blob, Release, ReleaseFile, ReleaseItem

__all__ = ["Blob", "Dataset", "DatasetLimit", "Pseudonym", "Release", "ReleaseFile", "ReleaseItem", "SplitAssignment"]
