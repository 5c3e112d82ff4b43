from curation.argilla.actions.links import create_link, end_link, sync_link
from curation.argilla.actions.people import map_account
from curation.argilla.actions.servers import Found, create_server, remove_server, replace_key, try_server

__all__ = [
    "Found",
    "create_link",
    "create_server",
    "end_link",
    "map_account",
    "remove_server",
    "replace_key",
    "sync_link",
    "try_server",
]
