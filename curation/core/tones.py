"""One tone per state, wherever it is shown: on badges, in bars and in notes.

States of different things that say the same have the same tone: what is done is good, what failed or is refused is bad,
what waits for a person warns, what is under way informs, and what waits for a machine, or is over, is quiet.
"""

QUIET = "rest"
TONES: dict[str, str] = {
    # A story, and the decision on it.
    "stored": QUIET,
    "blocked": "bad",
    "checked": QUIET,
    "scored": QUIET,
    "queued": "info",
    "adjudication": "warn",
    "adjudicate": "warn",
    "accepted": "good",
    "accept": "good",
    "rejected": "bad",
    "reject": "bad",
    "rewrite": "accent",
    "reopened": "info",
    "purged": "bad",
    # An import, a scoring job, the build of a release.
    "pending": QUIET,
    "running": "info",
    "leased": "info",
    "building": "info",
    "done": "good",
    "awaiting": "warn",
    "built": "good",
    "failed": "bad",
    "given_up": QUIET,
    # What a second person approves.
    "waiting": "warn",
    "approved": "good",
    "declined": "bad",
    "retracted": QUIET,
    # What a reader reported, and what came of training.
    "answered": "good",
    "listed": "good",
    # A queue on an Argilla server, and what was answered there.
    "review": "good",
    "kept": QUIET,
    "overtaken": QUIET,
    "submitted": "good",
    "discarded": QUIET,
    "draft": "info",
    # Access to a gated dataset.
    "granted": "good",
    "revoked": "bad",
    "outdated": "warn",
    # A run of a judge.
    "estimated": "warn",
    "starting": "info",
    "cancelled": QUIET,
    # A queue.
    "open": "good",
    "paused": "warn",
    "closed": QUIET,
    # How far a judge's numbers can be trusted.
    "calibrated": "good",
    "provisional": "info",
    "uncalibrated": "warn",
    # A call to a model, and a batch of them.
    "reserved": "info",
    "settled": "good",
    "unknown": "warn",
    "released": QUIET,
    "sending": "info",
    "sent": "info",
    "ended": "info",
    "collected": "good",
    "refused": "bad",
    "lost": "warn",
    # A flag.
    "hard": "bad",
    "soft": "warn",
}


def tone_of(state: object) -> str:
    """Return the tone of a state: good, warn, bad, info, accent or rest; rest for what is no state."""
    return TONES.get(str(state), QUIET)
