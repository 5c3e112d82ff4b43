"""What a dataset may be called: what the Hub takes as a repository's name, less its rarer liberties."""

import re

PART = re.compile(r"[a-z0-9](?:[a-z0-9]|[-_](?![-_]))*(?<![-_])", re.IGNORECASE)
LONGEST_ORG = 60
LONGEST_NAME = 80


def fits(part: str, longest: int) -> bool:
    """Whether `part`, an organisation or a name, is up to `longest` letters, digits and single - or _ between them."""
    return len(part) <= longest and PART.fullmatch(part) is not None
