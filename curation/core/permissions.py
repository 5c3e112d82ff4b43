"""May somebody do something, and if not, why: one shape for pages, commands and programs.

A room's rule is a function `check_can_x(*, actor, ...)` that raises a typed error with the reason. Beside it stands
`can_x = asked(check_can_x)`, which takes the same and returns an `Answer`: a page shows its reason at the button.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from curation.core.errors import ExemplaError

Asked = ParamSpec("Asked")


@dataclass(frozen=True)
class Answer:
    """True when it may be done. `reason` says in a sentence why not, and is empty when it may."""

    reason: str = ""

    def __bool__(self) -> bool:
        return not self.reason


def asked(check: Callable[Asked, None]) -> Callable[Asked, Answer]:
    """Return the function that answers what `check` raises or lets pass."""

    @wraps(check)
    def answer(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        try:
            check(*args, **kwargs)
        except ExemplaError as error:
            return Answer(error.message)
        return Answer()

    return answer
