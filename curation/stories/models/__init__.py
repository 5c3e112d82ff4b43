from curation.stories.models.check import Check, CheckLease, Signature, SignatureBand
from curation.stories.models.imports import ImportDuplicate, ImportIssue, ImportRun
from curation.stories.models.lineage import Lineage, RewriteRequest
from curation.stories.models.search import SearchEntry
from curation.stories.models.source import Source
from curation.stories.models.stage import Stage
from curation.stories.models.story import Story
from curation.stories.models.tag import Tag

__all__ = [
    "Check",
    "CheckLease",
    "ImportDuplicate",
    "ImportIssue",
    "ImportRun",
    "Lineage",
    "RewriteRequest",
    "SearchEntry",
    "Signature",
    "SignatureBand",
    "Source",
    "Stage",
    "Story",
    "Tag",
]
