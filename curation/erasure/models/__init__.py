"""What was destroyed for good: stories and their files, and who people were."""

from curation.erasure.models.person import PersonErasure
from curation.erasure.models.purge import Purge, PurgedFile, PurgeFollowUp

__all__ = ["PersonErasure", "Purge", "PurgeFollowUp", "PurgedFile"]
