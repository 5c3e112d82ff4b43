from curation.stories.actions.imports import discard_abandoned, resume_import, start_import
from curation.stories.actions.sources import add_stories, create_source, find_source, source_named
from curation.stories.actions.stage import advance, unblock
from curation.stories.actions.tags import add_tag, request_rewrite, tag_stories, withdraw_rewrite

__all__ = [
    "add_stories",
    "add_tag",
    "advance",
    "create_source",
    "discard_abandoned",
    "find_source",
    "request_rewrite",
    "resume_import",
    "source_named",
    "start_import",
    "tag_stories",
    "unblock",
    "withdraw_rewrite",
]
