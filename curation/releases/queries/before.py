"""What the next version of a dataset comes after."""

from dataclasses import dataclass

from django.db.models import QuerySet

from curation.releases import schema
from curation.releases.models import Dataset, Release
from curation.releases.models.release import ReleaseState
from curation.releases.selecting import SelectionChoice
from curation.releases.versions import Version
from curation.standards.models import AcceptancePolicy


@dataclass(frozen=True)
class Before:
    """What a next version comes after: the newest of the dataset, and `previous`, which is the newest of the `line`
    where that is corrected. `choice` is what `previous` was asked for, None without one."""

    newest: Release | None
    line: Release | None
    previous: Release | None
    choice: SelectionChoice | None
    abandoned: frozenset[Version]

    def decides_otherwise(self, policy: AcceptancePolicy | None) -> bool:
        """Whether the previous version names another policy."""
        return self.previous is not None and (policy is None or self.previous.policy_id != policy.pk)

    def breaks(self, choice: SelectionChoice) -> bool:
        """Whether it is a MAJOR change whatever the stories are."""
        if self.previous is None or self.choice is None:
            return False
        return self.previous.frozen.get("schema") != schema.VERSION or self.choice.rewrites != choice.rewrites

    def reselects(self, choice: SelectionChoice) -> bool:
        """Whether another choice is asked for than before."""
        return self.choice is not None and self.choice != choice


def before_next(dataset: Dataset, number: Version | None, version: Release | None, *, only_corrects: bool) -> Before:
    """Return what `version`, or one of the `number`, comes after; in three statements."""
    releases = dataset.releases.select_related("dataset", "selection").defer("manifest")
    releases = releases.order_by("-major", "-minor", "-patch")
    others = releases.exclude(state=ReleaseState.ABANDONED)
    others = others.exclude(pk=version.pk) if version else others
    newest = others.first()
    line = corrected_line(others, number, newest, only_corrects=only_corrects)
    previous = line or newest
    abandoned = releases.filter(state=ReleaseState.ABANDONED).values_list("major", "minor", "patch")
    return Before(
        newest, line, previous, asked_for(previous) if previous else None, frozenset(Version(*n) for n in abandoned)
    )


def asked_for(release: Release) -> SelectionChoice:
    """Return what a release was asked to take; all, for one without a selection."""
    return release.selection.choice if hasattr(release, "selection") else SelectionChoice()


def corrected_line(
    others: QuerySet[Release], number: Version | None, newest: Release | None, *, only_corrects: bool
) -> Release | None:
    """Return the newest built version of the MINOR that `number` corrects; of the newest MINOR without a `number`.

    None where nothing is to be kept to: for the newest MINOR, unless the next version `only_corrects`.
    """
    if newest is None:
        return None
    if not only_corrects and (number is None or number.patch == 0 or number[:2] >= newest.number[:2]):
        return None
    corrects = number or newest.number
    return others.filter(major=corrects.major, minor=corrects.minor, state=ReleaseState.BUILT).first()
