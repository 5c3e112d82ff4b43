"""Marking sentences that are stored in English and told in the reader's language, in rooms that know no Django."""


def gettext_noop(form: str) -> str:
    """Return `form`, a sentence with its %(places)s, as it is: it is found by the catalogues, and retold on a page."""
    return form
