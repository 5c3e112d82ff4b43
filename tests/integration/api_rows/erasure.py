"""Purges, and people who are erased."""

from typing import Any

from curation.accounts.models import Role
from curation.erasure.models import Purge
from tests.builders import add_story, person

TABLE = """
story_purge POST     | admin | 403 403 403 202
purges GET           | admin | 403 403 403 200
purge GET            | admin | 403 403 403 200
purge_approve POST   | admin | 403 403 403 200
purge_decline POST   | admin | 403 403 403 200
purge_take_back POST | admin | 403 403 403 200
purge_retry POST     | admin | 403 403 403 409
purge_follow POST    | admin | 403 403 403 404
person_erase POST    | admin | 403 403 403 204
"""


def about(world: Any) -> dict[str, dict[str, Any]]:
    asked = Purge.objects.create(
        story=add_story(), kind="law", reason="A court.", state="awaiting", second_person=True,
        asked_by=person(Role.ADMIN),
    )  # fmt: skip
    purge = {"pk": asked.pk}
    moves = ("purge", "purge_approve", "purge_decline", "purge_take_back", "purge_retry", "purge_follow")
    return {
        "story_purge": {"pk": add_story().pk},
        "person_erase": {"pk": person(username="forgotten").pk},
        **dict.fromkeys(moves, purge),
    }


def sent(world: Any) -> dict[str, Any]:
    return {
        "story_purge POST": {"kind": "law", "reason": "A court."},
        "purge_decline POST": {"reason": "Withdraw it."},
        "purge_follow POST": {"dataset": "nobody/nothing"},
        "person_erase POST": {"username": "forgotten", "with_comments": False},
    }
