"""All that is told of a version before it is asked for."""

from dataclasses import dataclass, replace

from curation.releases.queries.candidates import ReleasePlan
from curation.releases.queries.fates import Fates
from curation.releases.queries.outlook import Coverage, Outlook, named, outlook
from curation.releases.queries.stages import StageCount, in_words, stages


@dataclass(frozen=True)
class ReleaseLook:
    """A plan with what to know of it, in the language of whoever looks.

    `added` and `removed` count stories by the reason in words. The plan is counted and can be kept; it is no longer
    asked of the database which stories they are.
    """

    plan: ReleasePlan
    outlook: Outlook
    coverage: Coverage
    stages: list[StageCount]
    added: list[tuple[str, int]]
    removed: list[tuple[str, int]]


def look_at(plan: ReleasePlan, *, agreement: bool) -> ReleaseLook:
    """Return all that is told of a plan; without `agreement`, but for the criterion that reviewers agree on least."""
    found = outlook(plan, agreement=agreement)
    return ReleaseLook(
        plan=replace(plan, fates=Fates("", ())),
        outlook=found,
        coverage=named(found.coverage),
        stages=stages(plan),
        added=in_words(plan.added_by_reason),
        removed=in_words(plan.removed_by_reason),
    )
