"""Calling the API in tests: as somebody with a token of theirs, without a server."""

from typing import Any

from django.test import Client

from curation.accounts.models import SCOPES_OF, User
from curation.accounts.tokens import create_token

BASE = "/api/v1/"


class Caller:
    """Calls as `user`, by a token with `scopes` (all that the role includes, unless said)."""

    def __init__(self, user: User, *scopes: str) -> None:
        self.token, self.secret = create_token(
            actor=user, user=user, name="tests", scopes=scopes or SCOPES_OF[user.role]
        )
        self.client = Client(raise_request_exception=False)
        self.user = user

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call, with a JSON body unless it is bytes, and headers such as `If_Match`; return Django's response."""
        address = path if path.startswith("/") else BASE + path
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content: dict[str, Any] = {}
        if body is not None:
            content = {"data": body, "content_type": named.pop("Content-Type", "application/json")}
        return getattr(self.client, method.lower())(
            address, headers={"Authorization": f"Bearer {self.secret}", **named}, **content
        )

    def get(self, path: str, **headers: str) -> Any:
        """GET, and return the JSON; fails unless it is 200."""
        answer = self("GET", path, **headers)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST, and return the JSON; fails unless it went well."""
        answer = self("POST", path, {} if body is None else body, **headers)
        assert answer.status_code in {200, 201, 202}, answer.content
        return answer.json()


def problem(answer: Any) -> tuple[int, str]:
    """Return status and code of a problem document."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["detail"]
    return answer.status_code, said["code"]
