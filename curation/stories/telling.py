"""What is kept in English with an import, told in the language of whoever reads it."""

from curation.core.stored_translations import translate_stored
from curation.stories.reasons import ROW_FORMS, RUN_FORMS


def row_words(reason: str) -> str:
    """Tell why a row was rejected or an import stopped, and in which file of an archive."""
    told = translate_stored(reason, (*ROW_FORMS, *RUN_FORMS))
    if told == reason and ": " in reason:
        where, rest = reason.split(": ", 1)
        return f"{where}: {translate_stored(rest, ROW_FORMS)}"
    return told
