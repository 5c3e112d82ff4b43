"""What keeps a version from being published, in sentences that say what to do, told in the reader's language."""

from curation.core.leases.words import STOPPED
from curation.core.stored_messages import gettext_noop
from curation.core.stored_translations import translate_stored

TOKEN = gettext_noop("The Hub does not take the token (401). Enter another one, then try again.")
FORBIDDEN = gettext_noop(
    "The token may not write to %(repo)s (403). Give it that right there, then try again. %(said)s"
)
NOT_FOUND = gettext_noop("The token cannot see %(repo)s, or it is not there (404). Check the name and the token.")
GONE = gettext_noop("%(repo)s was published to before, and is gone or hidden from the token. It is not made anew.")
EXISTS = gettext_noop("The Hub says that something is there already (409). It is looked at again.")
MOVED = gettext_noop("Somebody committed to %(repo)s at the same moment (412). It is looked at again.")
UNUSABLE = gettext_noop("The Hub does not take what was sent (%(status)s). %(said)s")
SLOWER = gettext_noop("The Hub asks to wait (429). It goes on by itself.")
BROKEN = gettext_noop("The Hub has a fault of its own (%(status)s). It is tried again.")
LATE = gettext_noop("The Hub did not answer in time. It is tried again.")
UNREACHABLE = gettext_noop("The Hub could not be reached. It is tried again.")
REFUSED = gettext_noop("Nothing may be sent to %(host)s: it is private, of this machine, or does not speak HTTPS.")
FOREIGN = gettext_noop(
    "Somebody else has committed to %(repo)s: “%(title)s” (%(commit)s). "
    "Nothing was overwritten. Look at it there, then go on from it or take it back there."
)
OCCUPIED = gettext_noop(
    "%(repo)s has files that were not published from here (%(commit)s). "
    "Nothing was overwritten. Look at them there, then go on from them or choose another repository."
)
TAG_ELSEWHERE = gettext_noop(
    "%(repo)s has a tag %(tag)s that holds something else (%(commit)s). "
    "A tag is never moved: look at it there, and remove it if it is wrong."
)
NOT_TAGGED = gettext_noop("The tag %(tag)s is not where it was put. It is looked at again.")
DIFFERS = gettext_noop("%(path)s came back from %(repo)s with other bytes than those released. Look at it there.")
MISSING = gettext_noop("%(path)s did not come back from %(repo)s. Look at it there.")
ALREADY_PUBLIC = gettext_noop(
    "%(repo)s is public already, so all would see this at once. Say that it is to be public, or make it private there."
)
NOT_PUBLIC_HERE = gettext_noop("%(dataset)s is not public here any more, so the repository was not made public.")
STILL_PRIVATE = gettext_noop("%(repo)s is still private, whatever the Hub was told. Look at its settings there.")
ANOTHER_HUB = gettext_noop("A token of the environment goes to %(endpoint)s alone.")
NO_VARIABLE = gettext_noop("%(repo)s takes its token from %(variable)s, which is not set on this host.")
FORGOTTEN = gettext_noop("%(repo)s is removed, and its token forgotten.")
UNREADABLE = gettext_noop("The token of %(repo)s cannot be read with this installation’s secret. Enter it again.")
WITHDRAWN = gettext_noop("It was withdrawn before it was published, so it was not.")
PURGED = gettext_noop(
    "Files of it were destroyed with a story that they had, so it is not published. Publish a later version."
)
PURGED_IN_HISTORY = gettext_noop(
    "The history of %(repo)s still has words of a purged story (%(commit)s), so it was not made public. "
    "Squash its history at the Hub, then try again."
)
NOT_DESTROYED = gettext_noop("%(repo)s still stores what was purged here. Delete it there, among its LFS files.")
REMOVED = gettext_noop("Its target was removed.")
FAILED = gettext_noop("It stopped: %(error)s.")
FORMS = (
    TOKEN,
    FORBIDDEN,
    NOT_FOUND,
    GONE,
    EXISTS,
    MOVED,
    UNUSABLE,
    SLOWER,
    BROKEN,
    LATE,
    UNREACHABLE,
    REFUSED,
    FOREIGN,
    OCCUPIED,
    TAG_ELSEWHERE,
    NOT_TAGGED,
    DIFFERS,
    MISSING,
    ALREADY_PUBLIC,
    NOT_PUBLIC_HERE,
    STILL_PRIVATE,
    ANOTHER_HUB,
    NO_VARIABLE,
    FORGOTTEN,
    UNREADABLE,
    WITHDRAWN,
    PURGED,
    PURGED_IN_HISTORY,
    NOT_DESTROYED,
    REMOVED,
    FAILED,
    STOPPED,
)


class HubTrouble(Exception):
    """Something at the Hub is in the way. `words` is one of the forms, filled in.

    `passes` is whether trying again can help, `after` how many seconds the Hub asks to wait at least, and `head` the
    commit of somebody else that is in the way. `status` is the HTTP status, 0 where there was none.
    """

    def __init__(
        self, words: str, *, passes: bool = False, after: float = 0.0, head: str = "", status: int = 0
    ) -> None:
        super().__init__(words)
        self.words, self.passes, self.after, self.head, self.status = words, passes, after, head, status


def fault_in_words(stored: str) -> str:
    """Return a stored sentence in the reader's language."""
    return translate_stored(stored, FORMS)
