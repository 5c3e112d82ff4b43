"""What keeps an Argilla server from doing what it is asked, in sentences that say what to do about it."""

from curation.core.leases.words import STOPPED as LEASE_STOPPED
from curation.core.stored_messages import gettext_noop
from curation.core.stored_translations import translate_stored

KEY = gettext_noop("Argilla does not take the key (401). Enter another one, then try again.")
FORBIDDEN = gettext_noop("The key may not do that in Argilla (403). Use the key of an owner, or of an admin there.")
NOT_FOUND = gettext_noop("Argilla does not have it, or hides it from the key (404): %(what)s.")
NO_WORKSPACE = gettext_noop("Argilla has no workspace %(workspace)s, or hides it from the key. Make it there first.")
EXISTS = gettext_noop("Argilla says that it is there already (409). %(said)s")
UNUSABLE = gettext_noop("Argilla does not take what was sent (%(status)s). %(said)s")
NOT_ARGILLA = gettext_noop("What answers at %(host)s is no Argilla server of version 2. Check the address.")
TOO_LARGE = gettext_noop("Argilla answered with more than %(mb)s MB at once. That is too much to read.")
SLOWER = gettext_noop("Argilla asks to wait (429). It goes on by itself.")
BROKEN = gettext_noop("Argilla has a fault of its own (%(status)s). It is tried again.")
LATE = gettext_noop("Argilla did not answer in time. It is tried again.")
UNREACHABLE = gettext_noop("Argilla could not be reached. It is tried again.")
REFUSED = gettext_noop("Nothing may be sent to %(host)s: it is private, of this machine, or does not speak HTTPS.")
FORGOTTEN = gettext_noop("%(name)s is removed, and its key forgotten.")
UNREADABLE = gettext_noop("The key of %(name)s cannot be read with this installation’s secret. Enter it again.")
TAKEN = gettext_noop("%(workspace)s has a dataset %(name)s already, which was not made from here. Choose another name.")
DATASET_GONE = gettext_noop("The dataset is not there any more. What was answered stays here. End this link.")
QUESTIONS_GONE = gettext_noop("The dataset lacks questions that answers are read by: %(names)s. End this link.")
NO_ROWS = gettext_noop("Argilla did not tell what became of the records that were sent.")
STOPPED = gettext_noop("It stopped: %(error)s.")
NO_ADDRESS = gettext_noop("This site is not told its own address: an operator sets PUBLIC_URL.")
NOT_YET = gettext_noop("Argilla has not been asked yet to tell of them.")
NO_OWNER = gettext_noop("The key is no owner’s, and Argilla lets only owners have it call other programs.")
NO_WEBHOOKS = gettext_noop("This version of Argilla calls no other programs.")
TURNED_OFF = gettext_noop("The webhook for it was turned off there.")
UNHEARD = gettext_noop("Argilla could not call %(address)s.")
MOVED = gettext_noop("Records were deleted there while they were read. It is tried again.")
FORMS = (
    LEASE_STOPPED,
    TAKEN,
    DATASET_GONE,
    QUESTIONS_GONE,
    NO_ROWS,
    STOPPED,
    NO_ADDRESS,
    NOT_YET,
    NO_OWNER,
    NO_WEBHOOKS,
    TURNED_OFF,
    UNHEARD,
    KEY,
    FORBIDDEN,
    NOT_FOUND,
    NO_WORKSPACE,
    EXISTS,
    UNUSABLE,
    NOT_ARGILLA,
    TOO_LARGE,
    SLOWER,
    BROKEN,
    LATE,
    UNREACHABLE,
    REFUSED,
    FORGOTTEN,
    UNREADABLE,
    MOVED,
)


class ArgillaTrouble(Exception):
    """Something at an Argilla server is in the way. `words` is one of the forms, filled in.

    `passes` is whether trying again can help, and `after` how many seconds the server asks to wait at least. `status`
    is the HTTP status, 0 where there was none.
    """

    def __init__(self, words: str, *, passes: bool = False, after: float = 0.0, status: int = 0) -> None:
        super().__init__(words)
        self.words, self.passes, self.after, self.status = words, passes, after, status


class RecordsMoved(ArgillaTrouble):
    """Records before a page were deleted, so that it would pass over as many that nobody has read."""

    def __init__(self) -> None:
        super().__init__(MOVED, passes=True)


def fault_in_words(stored: str) -> str:
    """Return a stored sentence in the reader's language."""
    return translate_stored(stored, FORMS)
