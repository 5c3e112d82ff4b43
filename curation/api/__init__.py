"""The REST API: what pages do, for programs. Views call the same actions and queries as the pages."""
