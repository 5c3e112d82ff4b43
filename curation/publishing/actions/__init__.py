from curation.publishing.actions.following import follow_withdrawals
from curation.publishing.actions.publishing import accept_head, make_public, publish, retry
from curation.publishing.actions.targets import create_target, remove_target, replace_token

__all__ = [
    "accept_head",
    "create_target",
    "follow_withdrawals",
    "make_public",
    "publish",
    "remove_target",
    "replace_token",
    "retry",
]
