from curation.argilla.actions.links import create_link, end_link, sync_link
from curation.argilla.actions.people import settle_account
from curation.argilla.actions.servers import Found, create_server, remove_server, replace_key, try_server

__all__ = [
    "Found",
    "create_link",
    "create_server",
    "end_link",
    "remove_server",
    "replace_key",
    "settle_account",
    "sync_link",
    "try_server",
]
