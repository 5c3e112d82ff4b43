"""What is kept of an attempt that failed, in sentences that a page tells in the reader's language."""

from curation.core.leases.words import STOPPED
from curation.core.stored_messages import gettext_noop
from curation.core.stored_translations import translate_stored

LATE = gettext_noop("It did not answer within %(n)s seconds.")
UNREACHABLE = gettext_noop("It could not be reached: %(error)s")
BROKEN = gettext_noop("The connection broke before it answered.")
FAILED = gettext_noop("The attempt failed: %(error)s.")
ANSWERED = gettext_noop("It answered %(status)s.")
DROPS = gettext_noop("It answered %(status)s, a redirect that drops what is sent. Only 307 and 308 are followed.")
TOO_FAR = gettext_noop("It redirects more than %(n)s times.")
REFUSED = gettext_noop("Nothing may be sent to the address of %(host)s: it is private, or of this machine.")
ASTRAY = gettext_noop("It redirects to an address that nothing may be sent to.")
SECRET_UNREADABLE = gettext_noop("Its secret cannot be read with this installation’s secret. Make a new one.")
FORMS = (LATE, UNREACHABLE, BROKEN, FAILED, ANSWERED, DROPS, TOO_FAR, REFUSED, ASTRAY, SECRET_UNREADABLE, STOPPED)


def fault_in_words(stored: str) -> str:
    """Return a stored sentence in the reader's language."""
    return translate_stored(stored, FORMS)
