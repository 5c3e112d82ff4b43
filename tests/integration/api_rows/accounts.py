"""The caller, their tokens, and what a curator sees first."""

from typing import Any

TABLE = """
me GET           | read | 200
overview GET     | read | 403 403 200 200
tokens GET       | read | 200
token GET        | read | 404 404 404 200
token DELETE     | read | 404 404 404 204
"""


def about(world: Any) -> dict[str, dict[str, Any]]:
    return {"token": {"pk": world.token.pk}}


def sent(world: Any) -> dict[str, Any]:
    return {}
