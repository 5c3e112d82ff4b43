from curation.argilla.actions.servers import Found, create_server, remove_server, replace_key, try_server

__all__ = ["Found", "create_server", "remove_server", "replace_key", "try_server"]
