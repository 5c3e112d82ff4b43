"""Terms of gated datasets, who was let in under which, and how often versions were downloaded."""

from curation.access.models.downloads import DailyDownloads
from curation.access.models.grant import Grant, GrantState
from curation.access.models.terms import AccessTerms

__all__ = ["AccessTerms", "DailyDownloads", "Grant", "GrantState"]
