"""What differs between two versions: counted in the database, told as data, as a page and as text."""

from curation.releases.card.changes import changelog
from curation.releases.diff.comparing import Difference, DifferingStory, compare

__all__ = ["Difference", "DifferingStory", "changelog", "compare"]
