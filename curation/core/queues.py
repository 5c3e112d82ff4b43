"""The Celery queues, and which task goes to which: long work never stands in front of short work.

A worker that is started without `--queues` serves all of them.
"""

HUMAN = "human"
SCORING = "scoring"
JUDGING = "judging"
BULK = "bulk"
BUILD = "build"
WEBHOOKS = "webhooks"
PUBLISHING = "publishing"
QUEUES = (HUMAN, SCORING, JUDGING, BULK, BUILD, WEBHOOKS, PUBLISHING)

# By the first part of a task's name, its room; whole names go before.
ROOMS = {
    "annotations": HUMAN,
    "scoring": SCORING,
    "judging": JUDGING,
    "llm": SCORING,
    "stories": BULK,
    "releases": BUILD,
    "research": BULK,
    "triage": BULK,
    "erasure": BULK,
    "ratings_import": BULK,
    "api": BULK,
    "webhooks": WEBHOOKS,
    "publishing": PUBLISHING,
    "argilla": BULK,
}
TASKS = {
    "calibration.refit": BULK,
    "releases.discard_abandoned": BULK,
    # Somebody waits for it, and a release may be built for hours.
    "releases.look": BULK,
    "webhooks.discard_old": BULK,
    "publishing.follow": BULK,
}


def route(name: str, *_arguments: object, **_options: object) -> dict[str, str]:
    """Celery's router: where a task of this name is sent. What nobody has placed can delay nobody who waits."""
    return {"queue": TASKS.get(name) or ROOMS.get(name.partition(".")[0], BULK)}
