"""Near duplicates: MinHash over 5-word shingles, in bands. Pure.

112 permutations in 14 bands of 8 rows find a pair of Jaccard similarity s with probability 1 - (1 - s^8)^14 (Leskovec,
Rajaraman, Ullman, Mining of Massive Datasets, 3.4), which is a half at about .69. Candidates are then held to the
estimate itself, whose standard error at .72 is .04.
"""

import re
import string
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from rensa import RMinHash

from curation.core.words import apart, table
from curation.stories.text import WITHOUT_SPACES, evened

PERMUTATIONS, BANDS, ROWS = 112, 14, 8
SHINGLE_WORDS = 5
SEED = 42
THRESHOLD = 0.72
# Signatures of two versions cannot be compared.
INDEX_VERSION = f"minhash-{RMinHash.ALGORITHM_VERSION}-{PERMUTATIONS}-2"
# Of a script without spaces every character stands for a word.
WORD = re.compile(rf"[{WITHOUT_SPACES}]|[^\W{WITHOUT_SPACES}]+(?:'[^\W{WITHOUT_SPACES}]+)*")
# What makes words of an ASCII text as `WORD` does.
ASCII = table(string.ascii_letters + string.digits + "_")


def words(text: str) -> list[str]:
    """Return the words of `text` in its normal form, without case and punctuation."""
    text = evened(text, dashes=False).casefold()
    return apart(text, ASCII).split() if text.isascii() else WORD.findall(text)


def shingles(text: str) -> list[str]:
    """Return the runs of five words of `text`, in order, repeated ones too; a short text is one."""
    found = words(text)
    if len(found) <= SHINGLE_WORDS:
        return [" ".join(found)]
    return list(map(" ".join, zip(*(found[at:] for at in range(SHINGLE_WORDS)), strict=False)))


def signature(text: str) -> bytes:
    """Return the MinHash of `text`: 112 little-endian unsigned 32-bit values."""
    sketch = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    sketch.update(shingles(text))
    return np.asarray(sketch.digest(), dtype="<u4").tobytes()


def bands(minhash: bytes) -> list[int]:
    """Return one signed 64-bit digest for each of the 14 bands of a signature."""
    width = ROWS * 4
    return [
        int.from_bytes(
            blake2b(minhash[band * width : (band + 1) * width], digest_size=8).digest(), "little", signed=True
        )
        for band in range(BANDS)
    ]


def similarity(one: bytes, other: bytes) -> float:
    """Return the estimated Jaccard similarity of two signatures, from 0 to 1: the share of equal values."""
    return float(np.mean(np.frombuffer(one, dtype="<u4") == np.frombuffer(other, dtype="<u4")))


def closest(minhash: bytes, candidates: Sequence[tuple[int, bytes]]) -> tuple[int, float] | None:
    """Return the most similar of `candidates` (id, signature) at or above the threshold, the lowest id among equals."""
    scored = [(similarity(minhash, other), -pk) for pk, other in candidates]
    best = max(scored, default=(0.0, 0))
    return (-best[1], best[0]) if best[0] >= THRESHOLD else None
