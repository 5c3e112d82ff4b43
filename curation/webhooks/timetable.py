"""When a message is sent again that was not taken: four times as long each time, up to a day, and never in step."""

FIRST_SECONDS, LONGEST_SECONDS = 15, 86_400
# With full jitter they come to three days on average, and to six at most.
TRIES = 13


def longest_wait(tries: int) -> int:
    """The most seconds that pass after so many tries (1 or more) before the next."""
    return min(LONGEST_SECONDS, FIRST_SECONDS << 2 * (tries - 1))


def wait_after(tries: int, *, chance: float, asked_for: int = 0) -> float | None:
    """Return how many seconds pass before the next try; None after the last.

    `chance` is drawn anew each time from 0 to 1. A receiver may ask for a longer wait, of up to a day.
    """
    if tries >= TRIES:
        return None
    return max(chance * longest_wait(tries), min(asked_for, LONGEST_SECONDS))
