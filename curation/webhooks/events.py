"""The events that receivers can choose, and what each is about. A new one takes a line here, and a call of `emit`."""

from dataclasses import dataclass

from curation.core.stored_messages import gettext_noop

# Where the API has a thing; `{key}` is its key, as the action that tells of it gives it.
ADDRESSES = {
    "decision": "/api/v1/decisions/{key}",
    "import": "/api/v1/imports/{key}",
    "judge": "/api/v1/judges/{key}",
    "queue": "/api/v1/queues/{key}",
    "release": "/api/v1/datasets/{key}",
    "review": "/api/v1/reviews/{key}",
    "run": "/api/v1/runs/{key}",
    "story": "/api/v1/stories/{key}",
    "webhook": "/api/v1/webhooks/{key}",
}
# What a test sends. Nobody chooses it, and nothing else sends it.
TEST = "webhook.test"


@dataclass(frozen=True)
class Event:
    """What happened, by the name that receivers know it by, and the sentence that an admin chooses it by."""

    name: str
    said: str


EVENTS = {
    event.name: event
    for event in (
        Event("import.finished", gettext_noop("An import has ended, or failed.")),
        Event("story.scored", gettext_noop("A run of a judge has ended, or the embedded scorer has scored stories.")),
        Event("review.submitted", gettext_noop("Somebody has committed a review.")),
        Event("decision.made", gettext_noop("A story was decided, or its decision was taken back.")),
        Event("queue.completed", gettext_noop("Every review that a queue asks for is in.")),
        Event("release.built", gettext_noop("A release is built, and can be downloaded.")),
        Event("release.published", gettext_noop("A release was published to a Hub, and read back.")),
        Event("release.withdrawn", gettext_noop("A release was withdrawn.")),
        Event("judge.drifted", gettext_noop("A judge answers otherwise than it did.")),
    )
}
