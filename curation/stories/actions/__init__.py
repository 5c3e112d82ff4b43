from curation.stories.actions.imports import (
    can_import,
    check_can_import,
    discard_abandoned,
    resume_import,
    start_import,
)
from curation.stories.actions.sources import add_stories, create_source, find_source
from curation.stories.actions.stage import advance, can_release_block, check_can_release_block, release_block
from curation.stories.actions.tags import add_tag, request_rewrite, withdraw_rewrite

__all__ = [
    "add_stories",
    "add_tag",
    "advance",
    "can_import",
    "can_release_block",
    "check_can_import",
    "check_can_release_block",
    "create_source",
    "discard_abandoned",
    "find_source",
    "release_block",
    "request_rewrite",
    "resume_import",
    "start_import",
    "withdraw_rewrite",
]
