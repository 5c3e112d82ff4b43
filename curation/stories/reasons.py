"""Why a row of a file is not stored. Kept in English with the row, and told in the language of whoever reads it."""

from curation.core.leases.words import STOPPED
from curation.core.stored_messages import gettext_noop

NO_TEXT = gettext_noop("There is no text in it.")
TOO_LONG = gettext_noop("It has %(n)s characters; a story may have %(most)s.")
NUL = gettext_noop("It holds a NUL byte, which no text may hold.")
NO_ENCODING = gettext_noop("It holds bytes that are not text in the file's encoding, or half of a character.")
A_LIST = gettext_noop("The story's column holds a list or an object, not text.")
NO_STRING = gettext_noop("What should be the story is not text, but a number or a list.")
LONG_CELL = gettext_noop("Line %(n)s: a cell is too long; is a quote never closed?")
QUOTE_OPEN = gettext_noop("Line %(n)s: a quote is opened and not closed before the next row.")
QUOTE_LINES = gettext_noop("Lines %(n)s to %(last)s: a quote is opened and not closed, or not doubled inside a cell.")
QUOTE_INSIDE = gettext_noop("Line %(n)s: a quote inside a cell in quotes is not doubled.")
NO_TURN = gettext_noop("This chat has no turn in which the assistant says something.")
NUL_IN_LINE = gettext_noop("Line %(n)s holds a NUL byte, which no text may hold.")
RAGGED = gettext_noop("Line %(n)s: %(found)s cells, but the header names %(named)s. Is a quote missing or too many?")
RAGGED_LINES = gettext_noop(
    "Lines %(n)s to %(last)s: %(found)s cells, but the header names %(named)s. Is a quote missing or too many?"
)
LONG_LINE = gettext_noop("The line is longer than %(most)s characters.")
NESTED = gettext_noop("The JSON is nested too deeply.")
TOO_DEEP = gettext_noop("A value of this row is nested too deeply.")
NOT_JSON = gettext_noop("This is not JSON: %(error)s.")
NAME_TWICE = gettext_noop("The name “%(name)s” comes twice in it, so it is not clear which value is meant.")
NO_OBJECT = gettext_noop("This is not an object with named values.")
TOO_LARGE = gettext_noop("%(file)s has more than %(most)s bytes.")
NO_FRONT = gettext_noop("The front matter of %(file)s is not readable YAML: %(error)s.")
UNLIKE = gettext_noop(
    "%(file)s does not read like %(encoding)s, which was chosen for all files of the archive. Import it by itself."
)
WAS_PURGED = gettext_noop("This story was purged, and is not stored again.")
ROW_FORMS = (
    NO_TEXT, TOO_LONG, NUL, NO_ENCODING, A_LIST, NO_STRING, NO_TURN, LONG_CELL, QUOTE_OPEN, QUOTE_LINES, QUOTE_INSIDE,
    NUL_IN_LINE, RAGGED, RAGGED_LINES, LONG_LINE, NESTED, TOO_DEEP, NOT_JSON, NO_OBJECT, TOO_LARGE, NO_FRONT,
    UNLIKE, WAS_PURGED, NAME_TWICE,
)  # fmt: skip
# Why a whole import stopped.
FILE_GONE = gettext_noop("The file is no longer where imported files are kept. Import it again.")
UNEXPECTED = gettext_noop("The import stopped at an unexpected error (%(error)s).")
FILE_CHANGED = gettext_noop("The kept file was changed or cut short where it is stored. Import it again.")
NO_ROOM = gettext_noop("There is no space left for a copy of the file where it is read. Free some, then go on.")
OUT_OF_REACH = gettext_noop("The file could not be fetched from the storage. Whoever runs the server should look why.")
READER_ENDED = gettext_noop("The process that read the file was ended in the middle of it, maybe for want of memory.")
RUN_FORMS = (FILE_GONE, FILE_CHANGED, NO_ROOM, OUT_OF_REACH, READER_ENDED, UNEXPECTED, STOPPED)
