"""What would go into the next version of a dataset, and what stands in the way."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from annotations.models import Decision
from annotations.queries.blindness import may_judge_any, to_judge_blind
from curation.accounts.models import User
from curation.core.errors import Conflict, InvalidInput
from curation.releases import licences, versions
from curation.releases.models import Dataset, Release, ReleaseItem
from curation.releases.models.release import ReleaseState
from curation.releases.queries.before import before_next
from curation.releases.queries.blockers import NOTHING_ACCEPTED, blockers, unfinished
from curation.releases.queries.fates import Fates, decided, fates, policy_for
from curation.releases.queries.groups import StoryGroup, counted
from curation.releases.selecting import SelectionChoice
from curation.releases.versions import Version
from curation.standards.models import AcceptancePolicy


@dataclass(frozen=True)
class ReleasePlan:
    """The next version as it stands now, counted.

    `groups` are all stories that it could have, by what becomes of them (`fates`). `added` and `removed` compare with
    `previous`; `line` is that where an older one is corrected. `reselected`: it asks for another choice than
    `previous`. The names of `abandoned` versions are never used again. `blockers` says what has to be resolved first;
    with none a release can be created. It is as `reader` is told of it, without the stories that they have yet to judge
    blind; what is made has them. One that is not `counted` has no groups, and the policy that its version will most
    likely name.
    """

    dataset: Dataset
    choice: SelectionChoice
    fates: Fates
    groups: list[StoryGroup]
    policy: AcceptancePolicy | None
    previous: Release | None
    had: int
    breaking: bool
    reselected: bool
    line: Release | None = None
    abandoned: frozenset[Version] = frozenset()
    blockers: list[str] = field(default_factory=list)
    reader: User | None = None
    counted: bool = True

    @property
    def inside(self) -> list[StoryGroup]:
        """The stories that go in."""
        return [group for group in self.groups if group.reason is None]

    @property
    def stories(self) -> int:
        """How many stories go in."""
        return sum(group.n for group in self.inside)

    @property
    def added(self) -> int:
        """How many of them the previous version does not have."""
        return sum(group.n for group in self.inside if not group.before)

    @property
    def added_by_reason(self) -> dict[str, int]:
        """How many of those that are added the previous version left out, by its reason."""
        found: Counter[str] = Counter()
        for group in self.inside:
            if group.was:
                found[group.was] += group.n
        return dict(found)

    @property
    def removed(self) -> int:
        """How many stories the previous version has, and this one does not."""
        return self.had - sum(group.n for group in self.inside if group.before)

    @property
    def decided_anew(self) -> int:
        """How many stories stay, by another decision than the one that the previous version has them by."""
        return sum(group.n for group in self.inside if group.anew)

    @property
    def left_out(self) -> dict[str, int]:
        """How many stories are left out, by the reason."""
        return counts(group for group in self.groups if group.reason is not None)

    @property
    def removed_by_reason(self) -> dict[str, int]:
        """How many stories of the previous version are left out, by the reason or as `DECISION`."""
        found = counts(group for group in self.groups if group.reason is not None and group.before)
        undecided = self.removed - sum(found.values())
        return {**found, **({DECISION: undecided} if undecided else {})}

    @property
    def tiers(self) -> dict[str, int]:
        """How many stories go in, by their tier."""
        found: Counter[str] = Counter()
        for group in self.inside:
            found[group.tier] += group.n
        return dict(found.most_common())

    @property
    def unlicensed(self) -> dict[str, int]:
        """How many stories go in whose licence is not known, by their source."""
        found: Counter[str] = Counter()
        for group in self.inside:
            if not licences.known(group.license):
                found[group.source] += group.n
        return dict(found.most_common())

    def decisions(self) -> QuerySet[Decision]:
        """The decisions on the stories that go in."""
        return self.fates.decisions()

    def check(self, version: Version, notes: str) -> None:
        """Raise `Conflict` while something stands in the way, `InvalidInput` unless `version` may be next."""
        if self.blockers or self.policy is None:
            raise Conflict(" ".join(self.blockers))
        if reason := self.refuses(version, notes):
            raise InvalidInput(reason)

    @property
    def least(self) -> Version:
        """The smallest version that does not understate the change and is not abandoned."""
        least = Version(0, 1, 0)
        if self.previous is not None:
            least = versions.least_next(self.previous.number, self.change)
        while least in self.abandoned:
            least = least._replace(patch=least.patch + 1)
        return least

    @property
    def change(self) -> versions.VersionChange:
        """What is another than in the previous version."""
        return versions.VersionChange(breaking=self.breaking, added=self.added > 0, reselected=self.reselected)

    @property
    def unchanged(self) -> str:
        """What to say when the stories are those of the previous version; empty when they are not."""
        if self.previous is None or self.added or self.removed or self.breaking or self.reselected:
            return ""
        text = _(
            "The stories are the same as in %(version)s. A new version makes sense for corrections, of titles, tags, "
            "licences or ratings: say in its notes what was corrected."
        )
        return text % {"version": self.previous.version}

    def refuses(self, version: Version, notes: str) -> str:
        """Return why `version` may not be next, or an empty string."""
        if version in self.abandoned:
            text = _(
                "%(version)s was abandoned, and its name is never used again. The next version is %(least)s or later."
            )
            return text % {"version": version, "least": self.least}
        if self.previous is None:
            return ""
        low = versions.understates(version, self.previous.number, self.change)
        return low or ("" if notes.strip() or not self.counted else self.unchanged)


# Why a story of the previous version is gone that nothing accepts any more.
DECISION = "decision"


def counts(groups: Iterable[StoryGroup]) -> dict[str, int]:
    """Return how many stories these groups have, by the reason that leaves them out."""
    found: Counter[str] = Counter()
    for group in groups:
        found[group.reason or ""] += group.n
    return dict(found)


def unreleased(user: User) -> QuerySet[Decision]:
    """The accepted stories that no version of any dataset has; without those this person has yet to judge blind."""
    there = ReleaseItem.objects.filter(story=OuterRef("story")).exclude(release__state=ReleaseState.ABANDONED)
    return decided().order_by("story_id").exclude(Exists(there)).exclude(to_judge_blind(user, "story"))


def plan(
    dataset: Dataset,
    *,
    number: Version | None = None,
    version: Release | None = None,
    choice: SelectionChoice | None = None,
    only_corrects: bool = False,
    reader: User | None = None,
) -> ReleasePlan:
    """Work out the next version of a dataset in at most eight statements, whatever the number of stories.

    With `version`, a release that was asked for, as what comes after those before it. With the `number` of a PATCH of
    an older MINOR, as a correction of that line: of the stories of its newest version, by its rubric; so with that of
    the newest one too where it `only_corrects`. It takes what `choice` asks for, or else what the release or the
    version before it was asked for. To `reader`, stories that they have yet to judge blind are not counted.
    """
    if version is not None:
        number, only_corrects = version.number, version.only_corrects
    if reader is not None and not may_judge_any(reader):
        reader = None
    after = before_next(dataset, number, version, only_corrects=only_corrects)
    previous, line = after.previous, after.line
    choice = choice or (version.selection.choice if version else after.choice) or SelectionChoice()
    policy = policy_for(dataset, choice, line, reader)
    found = fates(dataset, choice, policy, line=line, previous=previous, reader=reader)
    groups = counted(found, previous)
    inside = [group for group in groups if group.reason is None]
    return ReleasePlan(
        dataset=dataset,
        choice=choice,
        fates=found,
        groups=groups,
        policy=policy if inside else None,
        previous=previous,
        had=told_items(previous, reader).count() if previous else 0,
        breaking=bool(inside) and (after.breaks(choice) or after.decides_otherwise(policy)),
        reselected=after.reselects(choice),
        line=line,
        abandoned=after.abandoned,
        blockers=blockers(
            dataset, found, inside, after.newest, narrowed=choice.narrows and bool(groups), reader=reader
        ),
        reader=reader,
    )


def uncounted(
    dataset: Dataset, *, number: Version, choice: SelectionChoice | None = None, only_corrects: bool = False
) -> ReleasePlan:
    """Return what is known of the next version in four statements, without looking at any story.

    It refuses a version that cannot follow whatever the stories are; what depends on them is for whoever counts.
    """
    after = before_next(dataset, number, None, only_corrects=only_corrects)
    choice = choice or after.choice or SelectionChoice()
    policies = AcceptancePolicy.objects.select_related("rubric").order_by("-id")
    rubric = choice.rubric or (after.line.rubric_id if after.line else None)
    policy = policies.filter(Q(pk=choice.policy) if choice.policy else Q(rubric=rubric) if rubric else Q()).first()
    return ReleasePlan(
        dataset=dataset,
        choice=choice,
        fates=Fates("", ()),
        groups=[],
        policy=policy,
        previous=after.previous,
        had=0,
        breaking=after.breaks(choice),
        reselected=after.reselects(choice),
        line=after.line,
        abandoned=after.abandoned,
        blockers=unfinished(after.newest) or ([] if policy else [str(NOTHING_ACCEPTED)]),
        counted=False,
    )


def told_items(release: Release, reader: User | None) -> QuerySet[ReleaseItem]:
    """Return the stories of a version; to `reader`, without those that they have yet to judge blind."""
    return release.items.exclude(to_judge_blind(reader, "story")) if reader else release.items.all()
