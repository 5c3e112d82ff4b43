"""Which reviews count for what: one table, asked by decisions, agreement, a judge's labels and releases. Pure.

Only a commit that was not withdrawn counts for anything: a revision may have been written in sight of a score, and an
extra review holds no seat. Gold items are practice, and a hidden repeat is the same person's opinion twice. The random
audit is blind and measures, so it is kept out of the decision that it measures. A re-rating measures a release: it
counts for that and for nothing else, not even for the ratings of a later release.

What was not given blind, as in another tool that showed suggestions, counts for nothing. An imported review of which
somebody says that it was blind measures, as it is a person's own rating of the text; it decides nothing and is in no
release, as nobody was asked there what is asked here: every criterion, and whether ratings may be published.
"""

from enum import StrEnum


class Use(StrEnum):
    """What a review can count for."""

    DECISION = "decision"
    AGREEMENT = "agreement"
    LABELS = "labels"
    RELEASE = "release"
    QUALITY = "quality"


# The kinds of reviews that can count for something.
REVIEW_KINDS = frozenset({"commit", "imported"})
NORMAL, AUDIT, RERATING, IMPORTED = "normal", "audit", "rerating", "imported"
# The kinds of items whose reviews count for each use.
ITEM_KINDS: dict[Use, frozenset[str]] = {
    Use.DECISION: frozenset({NORMAL}),
    Use.AGREEMENT: frozenset({NORMAL, IMPORTED}),
    Use.LABELS: frozenset({NORMAL, AUDIT, IMPORTED}),
    Use.RELEASE: frozenset({NORMAL, AUDIT}),
    Use.QUALITY: frozenset({RERATING}),
}


def counts(*, review_kind: str, withdrawn: bool, blind: bool, item_kind: str, use: Use) -> bool:
    """Whether a review of this kind, of a story in an item of that kind, counts for this use."""
    return review_kind in REVIEW_KINDS and blind and not withdrawn and item_kind in ITEM_KINDS[use]
