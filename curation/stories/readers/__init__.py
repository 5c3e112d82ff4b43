from curation.stories.readers.base import Reader, Row, Unreadable
from curation.stories.readers.detect import open_file

__all__ = ["Reader", "Row", "Unreadable", "open_file"]
