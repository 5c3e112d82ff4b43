"""Numbers in sentences, as the reader's language writes them."""

from django.utils.formats import number_format


def grouped(number: int) -> str:
    """Return a whole number with the language's sign between its thousands.

    In sentences that are stored, numbers stand as English has them, and `stored_translations` writes them anew.
    """
    return number_format(number, force_grouping=True)
