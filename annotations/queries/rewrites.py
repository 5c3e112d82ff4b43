"""Stories that are to be written again."""

from django.db.models import QuerySet

from annotations.queries.blindness import to_judge_blind
from curation.accounts.models import User
from curation.stories.models import RewriteRequest


def rewrite_requests_for(user: User) -> QuerySet[RewriteRequest]:
    """Return what curators and admins may see of the requests for rewrites, the newest first; others see none.

    Each tells what was decided, so those of stories that `user` has yet to judge blind are left out, and whoever shows
    some calls `actions.recuse_from` before.
    """
    rows = RewriteRequest.objects.select_related("story", "requested_by").order_by("-pk")
    return rows.exclude(to_judge_blind(user, "story")) if user.is_curator else rows.none()
