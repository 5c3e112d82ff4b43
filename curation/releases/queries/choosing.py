"""What there is to choose from for a version, and whether somebody has asked for what cannot be."""

from django.utils.translation import gettext as _

from curation.core.errors import InvalidInput
from curation.core.numbers import grouped
from curation.releases import tiers
from curation.releases.queries.fates import decided
from curation.releases.selecting import BRONZE, CAPS, SelectionChoice
from curation.standards.models import AcceptancePolicy, Rubric
from curation.standards.queries import names_by_kind
from curation.stories.models import Source

MOST_CAP = 10_000_000
MOST_NAMES = 200


def check_choice(choice: SelectionChoice) -> None:
    """Raise `InvalidInput` for a choice of what there is not, or of caps that take nothing."""
    for cap in CAPS:
        most = getattr(choice, cap)
        if most is not None and not 1 <= most <= MOST_CAP:
            raise InvalidInput(_("A most of stories is 1 to %(most)s.") % {"most": grouped(MOST_CAP)})
    if choice.rubric is not None and not Rubric.objects.filter(pk=choice.rubric).exists():
        raise InvalidInput(_("There is no rubric %(pk)s.") % {"pk": choice.rubric})
    if choice.policy is not None:
        policy = AcceptancePolicy.objects.filter(pk=choice.policy).first()
        if policy is None:
            raise InvalidInput(_("There is no acceptance policy %(pk)s.") % {"pk": choice.policy})
        if choice.rubric not in (None, policy.rubric_id):
            raise InvalidInput(_("%(policy)s was written for another rubric.") % {"policy": policy})
    for wanted in (choice.sources, choice.principles, choice.themes, choice.tiers, choice.generators):
        if len(wanted) > MOST_NAMES:
            raise InvalidInput(_("Name %(most)s of a kind at most.") % {"most": MOST_NAMES})
    known = names_by_kind()
    sources = Source.objects.filter(name__in=choice.sources).values_list("name", flat=True)
    for wanted, there in (
        (choice.sources, sources),
        (choice.principles, known["principle"].by_key),
        (choice.themes, known["theme"].by_key),
        (choice.tiers, all_tiers()),
    ):
        if unknown := sorted(set(wanted) - set(there)):
            raise InvalidInput(_("The selection names what there is not: %(names)s.") % {"names": ", ".join(unknown)})


def all_tiers() -> list[str]:
    """Return the tiers that any acceptance policy gives to accepted stories, those of the newest first."""
    rules = AcceptancePolicy.objects.order_by("-id").values_list("rules", flat=True)
    found = dict.fromkeys(name for one in rules for name in tiers.names(one.get("tiers") or {}))
    return [name for name in found if name != BRONZE]


def generators() -> list[str]:
    """Return the generators of the stories that were accepted, by name; an empty one is of stories that name none."""
    found = decided(rewrites=True).order_by().values_list("story__generator", flat=True).distinct()
    return sorted(found)
