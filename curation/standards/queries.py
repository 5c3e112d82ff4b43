"""Which standards are in force."""

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curation.core.errors import NotFound
from curation.standards.models import AcceptancePolicy, Constitution, Criterion, Rubric

INSTALL = gettext_lazy("Run `manage.py install_standards`, or import one on the standards page.")


def current_constitution() -> Constitution:
    """Return the newest constitution; `NotFound` when none is installed."""
    constitution = Constitution.objects.order_by("-id").first()
    if constitution is None:
        raise NotFound(_("There is no constitution yet. %(how)s") % {"how": INSTALL})
    return constitution


def current_rubric() -> Rubric:
    """Return the newest rubric that has a policy; `NotFound` when none is installed."""
    rubric = Rubric.objects.filter(policies__isnull=False).order_by("-id").first()
    if rubric is None:
        raise NotFound(_("There is no rubric with an acceptance policy yet. %(how)s") % {"how": INSTALL})
    return rubric


def current_policy(rubric: Rubric) -> AcceptancePolicy:
    """Return the newest acceptance policy for this rubric; `NotFound` when it has none."""
    policy = rubric.policies.order_by("-id").first()
    if policy is None:
        raise NotFound(_("%(rubric)s has no acceptance policy yet. %(how)s") % {"rubric": rubric, "how": INSTALL})
    return policy


def rubrics_in_full() -> QuerySet[Rubric]:
    """All rubrics, newest first, with their themes, criteria, flags and policies, in five statements."""
    criteria = Prefetch("criteria", Criterion.objects.select_related("theme"))
    return Rubric.objects.order_by("-id").prefetch_related("themes", criteria, "flags", "policies")
