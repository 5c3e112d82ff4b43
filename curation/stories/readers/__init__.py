from curation.stories.readers.base import Encoding, Reader, Row, Unreadable
from curation.stories.readers.candidates import ENCODINGS, Choice, Doubtful, encoding_named
from curation.stories.readers.detect import open_file

__all__ = ["ENCODINGS", "Choice", "Doubtful", "Encoding", "Reader", "Row", "Unreadable", "encoding_named", "open_file"]
