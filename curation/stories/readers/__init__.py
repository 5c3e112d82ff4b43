from curation.stories.readers.base import Encoding, FileRow, FileUnreadable, Reader
from curation.stories.readers.candidates import ENCODINGS, Doubtful, EncodingChoice, encoding_named
from curation.stories.readers.detect import open_file

__all__ = [
    "ENCODINGS",
    "Doubtful",
    "Encoding",
    "EncodingChoice",
    "FileRow",
    "FileUnreadable",
    "Reader",
    "encoding_named",
    "open_file",
]
