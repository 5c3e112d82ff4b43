"""What would go into the next version of a dataset, and what stands in the way."""

from collections import Counter
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.models import Decision
from annotations.models.decision import Outcome
from annotations.queries.blindness import to_judge_blind
from curation.accounts.models import User
from curation.core.errors import Conflict, InvalidInput
from curation.releases import licences, schema, versions
from curation.releases.models import Dataset, Release, ReleaseItem, WithdrawnStory
from curation.releases.models.dataset import Visibility
from curation.releases.models.release import ReleaseState
from curation.releases.versions import Version
from curation.standards.models import AcceptancePolicy, Rubric
from curation.stories.stages import State

SHOWN = 5


class Candidate(NamedTuple):
    """An accepted story with its decision. `license` is the story's own or else its source's.

    `key` is the hash of its words; `values` are those of the decision, as JSON.
    """

    story: int
    decision: int
    license: str
    source: str
    key: str
    title: str
    language: str
    generator: str
    n_words: int
    values: str

    @property
    def named(self) -> str:
        """The story's title, or what it is called without one."""
        return self.title or self.untitled(self.story)

    @staticmethod
    def untitled(story: int) -> str:
        """What a story without a title is called."""
        return _("Story %(pk)s") % {"pk": story}


class Group(NamedTuple):
    """So many (`n`) accepted stories alike: `before` says whether the previous version has them."""

    rubric: int
    policy: int
    own: str
    inherited: str
    source: str
    before: bool
    n: int

    @property
    def license(self) -> str:
        """The stories' own licence or else their source's."""
        return self.own or self.inherited


@dataclass(frozen=True)
class ReleasePlan:
    """The next version as it stands now, counted.

    `left_out` counts accepted stories that were judged under another rubric; `added` and `removed` compare with
    `previous`; `line` is that where an older one is corrected. The names of `abandoned` versions are never used again.
    `blockers` says what has to be resolved first; with none a release can be created.
    """

    dataset: Dataset
    stories: int
    policy: AcceptancePolicy | None
    previous: Release | None
    left_out: int
    added: int
    removed: int
    breaking: bool
    unlicensed: dict[str, int]
    line: Release | None = None
    abandoned: frozenset[Version] = frozenset()
    blockers: list[str] = field(default_factory=list)

    def decisions(self) -> QuerySet[Decision]:
        """The decisions on the stories that go in."""
        return open_to(self.dataset, self.line).filter(policy__rubric=self.policy.rubric if self.policy else None)

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
            least = versions.least_next(self.previous.number, breaking=self.breaking, added=self.added > 0)
        while least in self.abandoned:
            least = least._replace(patch=least.patch + 1)
        return least

    @property
    def unchanged(self) -> str:
        """What to say when the stories are those of the previous version; empty when they are not."""
        if self.previous is None or self.added or self.removed or self.breaking:
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
        low = versions.understates(version, self.previous.number, breaking=self.breaking, added=self.added > 0)
        return low or ("" if notes.strip() else self.unchanged)


def accepted() -> QuerySet[Decision]:
    """The decisions in force that accept a story which has not been reopened since."""
    return Decision.objects.filter(
        outcome=Outcome.ACCEPT, superseded_by__isnull=True, story__stage__state=State.ACCEPTED
    ).order_by("story_id")


def unreleased(user: User) -> QuerySet[Decision]:
    """The accepted stories that no version of any dataset has; without those this person has yet to judge blind."""
    there = ReleaseItem.objects.filter(story=OuterRef("story")).exclude(release__state=ReleaseState.ABANDONED)
    return accepted().exclude(Exists(there)).exclude(to_judge_blind(user, "story"))


def going_in(rubric: Rubric | int) -> QuerySet[Decision]:
    """The decisions on the stories of a release by this rubric: ratings by another cannot stand in the same columns."""
    return accepted().filter(policy__rubric=rubric)


def open_to(dataset: Dataset, line: Release | None) -> QuerySet[Decision]:
    """The accepted stories that were not withdrawn from a dataset; of those that `line` has, where one is given."""
    withdrawn = WithdrawnStory.objects.filter(dataset=dataset, story=OuterRef("story"))
    found = accepted().exclude(Exists(withdrawn))
    return found.filter(Exists(ReleaseItem.objects.filter(release=line, story=OuterRef("story")))) if line else found


def candidates(plan: ReleasePlan) -> list[Candidate]:
    """Return the accepted stories that go into the version that is planned, by story."""
    return listed(plan.decisions())


def listed(decisions: QuerySet[Decision]) -> list[Candidate]:
    """Return these decisions with what a release needs of their stories."""
    rows = decisions.values_list(
        "story_id",
        "pk",
        "story__license",
        "story__source__license",
        "story__source__name",
        "story__normal_sha256",
        "story__title",
        "story__language",
        "story__generator",
        "story__n_words",
        Cast("values", TextField()),
    )
    return [Candidate(story, decision, own or inherited, *rest) for story, decision, own, inherited, *rest in rows]


def not_in(previous: Release | None, decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Narrow decisions to those on stories that the previous version does not have."""
    there = ReleaseItem.objects.filter(release=previous, story=OuterRef("story"))
    return decisions.filter(~Exists(there)) if previous else decisions


def gone_from(plan: ReleasePlan) -> QuerySet[ReleaseItem]:
    """Return the rows of the previous version whose stories do not go in any more."""
    stay = plan.decisions().order_by().values("story")
    return ReleaseItem.objects.filter(release=plan.previous).exclude(story__in=stay)


def groups(decisions: QuerySet[Decision], previous: Release | None) -> list[Group]:
    """Count these accepted stories, in one statement."""
    there = ReleaseItem.objects.filter(release=previous, story=OuterRef("story"))
    by = ("policy__rubric_id", "policy_id", "story__license", "story__source__license", "story__source__name", "before")
    rows = decisions.order_by().annotate(before=Exists(there)).values_list(*by).annotate(n=Count("pk"))
    return [Group(*row) for row in rows.order_by(*by)]


def plan(dataset: Dataset, *, number: Version | None = None, version: Release | None = None) -> ReleasePlan:
    """Work out the next version of a dataset in at most seven statements, whatever the number of stories.

    With `version`, a release that was asked for, as what comes after those before it. With the `number` of a PATCH of
    an older MINOR, as a correction of that line: of the stories of its newest version, by its rubric.
    """
    number = version.number if version else number
    releases = dataset.releases.select_related("dataset").order_by("-major", "-minor", "-patch")
    others = releases.exclude(state=ReleaseState.ABANDONED)
    others = others.exclude(pk=version.pk) if version else others
    newest = others.first()
    line = older_line(others, number, newest)
    previous = line or newest
    abandoned = releases.filter(state=ReleaseState.ABANDONED).values_list("major", "minor", "patch")
    found = groups(open_to(dataset, line), previous)
    # The newest rubric in use is the release's, but for corrections of an older line.
    rubric = line.rubric_id if line else max((group.rubric for group in found), default=None)
    inside = [group for group in found if group.rubric == rubric]
    policy_id = max((group.policy for group in inside), default=0)
    policy = AcceptancePolicy.objects.select_related("rubric").filter(pk=policy_id).first()
    breaking = (
        previous is not None
        and bool(inside)
        and (previous.frozen.get("schema") != schema.VERSION or previous.policy_id != policy_id)
    )
    stories, kept = sum(group.n for group in inside), sum(group.n for group in inside if group.before)
    unlicensed: Counter[str] = Counter()
    for group in inside:
        if not licences.known(group.license):
            unlicensed[group.source] += group.n
    return ReleasePlan(
        dataset=dataset,
        stories=stories,
        policy=policy,
        previous=previous,
        left_out=sum(group.n for group in found) - stories,
        added=stories - kept,
        removed=previous.items.count() - kept if previous else 0,
        breaking=breaking,
        unlicensed=dict(unlicensed.most_common()),
        line=line,
        abandoned=frozenset(Version(*numbers) for numbers in abandoned),
        blockers=blockers(dataset, inside, newest),
    )


def older_line(others: QuerySet[Release], number: Version | None, newest: Release | None) -> Release | None:
    """Return the newest built version of the MINOR that `number` corrects, where that is not the newest MINOR."""
    if number is None or newest is None or number.patch == 0 or number[:2] >= newest.number[:2]:
        return None
    return others.filter(major=number.major, minor=number.minor, state=ReleaseState.BUILT).first()


def blockers(dataset: Dataset, inside: list[Group], newest: Release | None) -> list[str]:
    """Return what has to be adjudicated before a release can be created, in words."""
    found: list[str] = []
    if not inside:
        found.append(_("No story is accepted yet. Stories are accepted in review; then they can be released."))
    if newest is not None and newest.state == ReleaseState.AWAITING:
        text = _("%(version)s awaits approval: wait for it, or take it back on its page.")
        found.append(text % {"version": newest.version})
    elif newest is not None and newest.state != ReleaseState.BUILT:
        text = _("%(version)s is not finished (%(state)s): wait for it, or retry or abandon it on its page.")
        found.append(text % {"version": newest.version, "state": newest.get_state_display().lower()})
    if dataset.visibility != Visibility.PRIVATE:
        found += licence_problems(dataset, inside)
    return found


def licence_problems(dataset: Dataset, inside: list[Group]) -> list[str]:
    """Name the stories whose licence keeps them out of a public dataset, and say what would let them in."""
    unknown = [group for group in inside if not licences.known(group.license)]
    told = [group for group in inside if licences.known(group.license)]
    kept_out = [group for group in told if not licences.may_go_under(group.license, dataset.license)]
    found: list[str] = []
    if unknown:
        count = sum(group.n for group in unknown)
        text = ngettext(
            "%(count)d story has no known licence and cannot go into a public dataset: %(names)s. Correct the licence "
            "of its source, or release into a private dataset.",
            "%(count)d stories have no known licence and cannot go into a public dataset: %(names)s. Correct the "
            "licence of their source, or release into a private dataset.",
            count,
        )
        found.append(text % {"count": count, "names": named(dataset, unknown)})
    if kept_out:
        count = sum(group.n for group in kept_out)
        text = ngettext(
            "%(count)d story cannot go into a public dataset under %(license)s, which asks for less than the story's "
            "own licence: %(names)s.",
            "%(count)d stories cannot go into a public dataset under %(license)s, which asks for less than the "
            "stories' own licences: %(names)s.",
            count,
        )
        said = text % {"count": count, "license": dataset.license, "names": named(dataset, kept_out)}
        found.append(f"{said} {way_out(told)}")
    return found


def way_out(told: list[Group]) -> str:
    """Say which licences a public dataset of these stories could have."""
    fitting = licences.for_all(group.license for group in told)
    if not fitting:
        return _("No licence takes all of them: release them into a private dataset.")
    text = _("A public dataset with all of them needs one of these licences: %(licences)s.")
    return text % {"licences": ", ".join(fitting)}


def named(dataset: Dataset, found: list[Group]) -> str:
    """Return titles and licences of the first few stories of these groups, and how many more there are."""
    unknown = _("unknown")
    pairs = {(group.rubric, group.own, group.inherited) for group in found}
    these = reduce(
        or_,
        (Q(policy__rubric=rubric, story__license=own, story__source__license=held) for rubric, own, held in pairs),
    )
    first = listed(open_to(dataset, None).filter(these)[:SHOWN])
    shown = [f"“{row.named}” ({row.license or unknown})" for row in first]
    names, more = ", ".join(shown), sum(group.n for group in found) - len(shown)
    return _("%(names)s and %(n)d more") % {"names": names, "n": more} if more else names
