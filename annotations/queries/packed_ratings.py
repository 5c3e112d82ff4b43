"""All ratings of a review in one or a few numbers, so that a million ratings leave the database as a tenth of the rows.

Criterion `n` of the list takes the three bits from bit 3 * (n % 21) on, of number n // 21.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# What the three bits say besides the ratings 1 to 5.
NOT_RATED, NOT_APPLICABLE = 0, 6
BITS, PER_NUMBER = 3, 21


def packing(criteria: Sequence[int]) -> list[str]:
    """Return SQL of each number that packs the rows of `annotations_rating` as `g`, grouped by review.

    `criteria` are ids in the order that `unpack` gives them in; of others nothing is packed.
    """
    columns: list[str] = []
    for start in range(0, max(1, len(criteria)), PER_NUMBER):
        shifts = " ".join(
            f"WHEN {int(pk)}::bigint THEN {BITS * place}"
            for place, pk in enumerate(criteria[start : start + PER_NUMBER])
        )
        code = f"COALESCE(g.value, {NOT_APPLICABLE})::bigint"
        columns.append(f"COALESCE(bit_or({code} << CASE g.criterion_id {shifts} END), 0)" if shifts else "0::bigint")
    return columns


def unpack(packed: npt.NDArray[np.int64], criteria: int) -> npt.NDArray[np.int8]:
    """Return the ratings of shape (reviews, `criteria`) from their numbers, shape (reviews, numbers).

    1 to 5, `NOT_APPLICABLE`, or `NOT_RATED` where the review says nothing of the criterion.
    """
    places = np.arange(criteria)
    shifts = (BITS * (places % PER_NUMBER)).astype(np.int64)
    found: npt.NDArray[np.int8] = (packed[:, places // PER_NUMBER] >> shifts & 2**BITS - 1).astype(np.int8)
    return found
