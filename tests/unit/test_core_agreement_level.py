"""What counts as the same, as near, and as apart."""

import pytest

from curation.core.agreement_level import agreement_level


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        (4, 4, "same"),
        (4, 3.5, "same"),
        (4, 4.49, "same"),
        (4, 4.5, "near"),
        (3, 2.5, "same"),
        (3, 2.49, "near"),
        (3, 1.5, "near"),
        (3, 1.49, "apart"),
        (1, 5, "apart"),
        (None, None, "same"),
        (None, 3, "apart"),
        (3, None, "apart"),
    ],
)
def test_nearness(own: int | None, other: float | None, said: str) -> None:
    assert agreement_level(own, other) == said
