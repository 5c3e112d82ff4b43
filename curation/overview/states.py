"""Where the stories stand."""

from django.db.models import Count

from annotations.queries.blindness import state_shown_to
from curation.accounts.models import User
from curation.stories.models import Stage
from curation.stories.stages import State


def counts_by_state(user: User) -> list[tuple[State, int]]:
    """Count all stories by the state this person is told, in the order of their way; states of none are left out."""
    if not user.is_curator:
        return []
    found = (
        Stage.objects.annotate(told=state_shown_to(user, "story", "state")).values_list("told").annotate(n=Count("pk"))
    )
    counts = dict(found.order_by())
    return [(state, counts[state]) for state in State if state in counts]
