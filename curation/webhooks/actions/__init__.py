from curation.webhooks.actions.discarding import discard_old
from curation.webhooks.actions.endpoints import change_endpoint, create_endpoint, remove_endpoint, rotate_secret
from curation.webhooks.actions.pausing import pause_endpoint, resume_endpoint
from curation.webhooks.actions.replaying import replay, replay_dead
from curation.webhooks.actions.taking import anything_due
from curation.webhooks.actions.trying import TrialMessage, try_endpoint

__all__ = [
    "TrialMessage",
    "anything_due",
    "change_endpoint",
    "create_endpoint",
    "discard_old",
    "pause_endpoint",
    "remove_endpoint",
    "replay",
    "replay_dead",
    "resume_endpoint",
    "rotate_secret",
    "try_endpoint",
]
