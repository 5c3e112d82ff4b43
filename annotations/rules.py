"""The decision rule: reviews and a policy in, an outcome with its reasons out.

Every threshold comes from the policy. The steps, first match wins: a safety flag; a confirmed hard flag; no AI
character; something only one reviewer saw; a wide disagreement; then the criteria.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypedDict

from curation.core.stored_messages import gettext_noop
from curation.standards.behaviour import BACKFIRE, Mark, is_backfire

Outcome = Literal["accept", "reject", "rewrite", "adjudicate"]
# The rules of those reasons that say what a curator holds of a flag.
VERDICT = "verdict."
# What the reasons of a decision say. They are stored in English, and told in the language of whoever reads them.
CLEAN = gettext_noop("No reviewer raised a hard flag.")
SAFETY = gettext_noop("A safety flag was raised: %(names)s. A curator adjudicates it.")
CONFIRMED = gettext_noop("Flag confirmed: %(name)s, raised by %(n)s of %(all)s.")
ALONE = gettext_noop("Flag not confirmed: %(name)s, raised by %(n)s of %(all)s.")
NO_CHARACTER = gettext_noop("%(n)s of %(all)s found no AI character.")
APART = gettext_noop("%(key)s: the ratings lie %(n)s points apart.")
LEAST = gettext_noop("%(criterion)s: %(value)s, asks for %(least)s or more.")
STRONGEST = gettext_noop("At least one of %(keys)s asks for %(least)s or more: the highest is %(key)s with %(value)s.")
NONE_STRONG = gettext_noop("At least one of %(keys)s asks for %(least)s or more: none applies.")
UPHELD = gettext_noop("Flag confirmed by a curator: %(name)s.")
REFUTED = gettext_noop("Flag dismissed by a curator: %(name)s.")
ASKED = gettext_noop("A reviewer asks a curator to look at this story again.")
WITHDRAWN = gettext_noop("A review it rested on was withdrawn.")
FOUND_RULE = "found"
FOUND = gettext_noop("A check found something since: %(found)s")
FORMS = (
    CLEAN, SAFETY, CONFIRMED, ALONE, NO_CHARACTER, APART, LEAST, STRONGEST, NONE_STRONG, UPHELD, REFUTED, ASKED,
    WITHDRAWN, FOUND,
)  # fmt: skip


class PolicyCriterion(Protocol):
    """What the rule needs to know of a criterion. `theme` is the key of the theme it depends on, or empty."""

    @property
    def key(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def theme(self) -> str: ...


class PolicyFlag(Protocol):
    """What the rule needs to know of a flag."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def hard(self) -> bool: ...
    @property
    def safety(self) -> bool: ...


@dataclass(frozen=True)
class Commit:
    """One blind first commit. A rating is 1 to 5, or None for N/A."""

    ratings: Mapping[str, int | None] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()
    marks: tuple[Mark, ...] = ()
    out_of_scope: bool = False


class Reason(TypedDict):
    """One step of the rule, and whether the story passed it."""

    rule: str
    passed: bool
    text: str


@dataclass(frozen=True)
class PolicyResult:
    """`values` maps every criterion to the mean of its applicable ratings, or to None where it does not apply.

    `themes` holds the keys of the themes that the story shows.
    """

    outcome: Outcome
    reasons: list[Reason]
    values: dict[str, float | None]
    themes: frozenset[str]


def decide(
    *,
    commits: Sequence[Commit],
    criteria: Sequence[PolicyCriterion],
    flags: Sequence[PolicyFlag],
    tagged: frozenset[str],
    policy: Mapping[str, Any],
) -> PolicyResult:
    """Decide one story on its blind first commits.

    `tagged` holds the themes the story is tagged with; `policy` is an acceptance policy's `rules`. Raises `ValueError`
    without commits.
    """
    if not commits:
        raise ValueError("a decision needs at least one review")
    themes = themes_of(commits, tagged, policy)
    values = values_of(commits, criteria, themes)
    early = _flags(commits, flags, policy) or _scope(commits) or _alone(commits, flags) or _gap(commits, values, policy)
    if early is not None:
        return PolicyResult(early[0], early[1], values, themes)
    outcome, reasons = _criteria(criteria, values, policy)
    clean = _reason("flags", True, CLEAN)
    return PolicyResult(outcome, [clean, *reasons], values, themes)


def themes_of(commits: Sequence[Commit], tagged: frozenset[str], policy: Mapping[str, Any]) -> frozenset[str]:
    """Return the themes that a story shows: its tags, and what the policy's share of its readers marked.

    Readers are those who found an AI character.
    """
    marked = Counter(theme for commit in commits if not commit.out_of_scope for theme in commit.themes)
    least = policy["theme_share"] * sum(not commit.out_of_scope for commit in commits)
    return tagged | {theme for theme, count in marked.items() if count >= least}


def values_of(
    commits: Sequence[Commit], criteria: Sequence[PolicyCriterion], themes: frozenset[str]
) -> dict[str, float | None]:
    """Return the mean of the ratings per criterion, None where none was given or its theme is not among `themes`."""
    values: dict[str, float | None] = {}
    for criterion in criteria:
        given = (commit.ratings.get(criterion.key) for commit in commits if not commit.out_of_scope)
        ratings = [value for value in given if value is not None]
        applies = not criterion.theme or criterion.theme in themes
        values[criterion.key] = sum(ratings) / len(ratings) if applies and ratings else None
    return values


def raised_by(commit: Commit, flag: str) -> bool:
    """Whether this reviewer raised the flag; marking a backfire on a passage raises it, ticked or not."""
    return flag in commit.flags or (flag == BACKFIRE and is_backfire(commit.marks))


def confirms(commit: Commit, flag: str) -> bool:
    """Whether this reviewer's word counts towards confirming the flag; a backfire counts only as the passages show."""
    return is_backfire(commit.marks) if flag == BACKFIRE else flag in commit.flags


def _flags(
    commits: Sequence[Commit], flags: Sequence[PolicyFlag], policy: Mapping[str, Any]
) -> tuple[Outcome, list[Reason]] | None:
    total = len(commits)
    safety = [flag for flag in flags if flag.safety and any(raised_by(commit, flag.key) for commit in commits)]
    if safety:
        return "adjudicate", [safety_reason(flag.name for flag in safety)]
    confirmed = []
    for flag in flags:
        count = sum(confirms(commit, flag.key) for commit in commits)
        if flag.hard and count >= policy["confirm_flags_by"]:
            confirmed.append(_reason(f"flag.{flag.key}", False, CONFIRMED, name=flag.name, n=count, all=total))
    return ("reject", confirmed) if confirmed else None


def _scope(commits: Sequence[Commit]) -> tuple[Outcome, list[Reason]] | None:
    out, total = sum(commit.out_of_scope for commit in commits), len(commits)
    if not out:
        return None
    reason = _reason("scope", False, NO_CHARACTER, n=out, all=total)
    return ("reject" if 2 * out > total else "adjudicate"), [reason]


def _alone(commits: Sequence[Commit], flags: Sequence[PolicyFlag]) -> tuple[Outcome, list[Reason]] | None:
    total = len(commits)
    counts = [(flag, sum(raised_by(commit, flag.key) for commit in commits)) for flag in flags if flag.hard]
    reasons = [
        _reason(f"flag.{flag.key}", False, ALONE, name=flag.name, n=count, all=total) for flag, count in counts if count
    ]
    return ("adjudicate", reasons) if reasons else None


def _gap(
    commits: Sequence[Commit], values: Mapping[str, float | None], policy: Mapping[str, Any]
) -> tuple[Outcome, list[Reason]] | None:
    limit = policy.get("adjudicate_gap")
    if not limit:
        return None
    reasons = []
    for key, value in values.items():
        ratings = [rating for commit in commits if (rating := commit.ratings.get(key)) is not None]
        if value is not None and max(ratings) - min(ratings) >= limit:
            reasons.append(_reason(f"gap.{key}", False, APART, key=key, n=max(ratings) - min(ratings)))
    return ("adjudicate", reasons) if reasons else None


def _criteria(
    criteria: Sequence[PolicyCriterion], values: Mapping[str, float | None], policy: Mapping[str, Any]
) -> tuple[Outcome, list[Reason]]:
    reasons, failed_groups = [], set()
    for criterion in criteria:
        value, least = values[criterion.key], policy["minimum"].get(criterion.key, policy["floor"])
        if value is None:
            continue
        passed = value >= least
        named = {"criterion": f"{criterion.key} {criterion.name}", "value": f"{value:.3g}", "least": f"{least:g}"}
        reasons.append(_reason(f"least.{criterion.key}", passed, LEAST, **named))
        if not passed:
            failed_groups.add(criterion.group)
    if rule := policy.get("at_least_one"):
        reasons.append(_one_strong(criteria, values, rule))
        if not reasons[-1]["passed"]:
            return "reject", reasons
    if not failed_groups:
        return "accept", reasons
    mendable = set(policy["rewrite_groups"]) - {policy["conduct_group"]}
    return ("rewrite" if failed_groups <= mendable else "reject"), reasons


def _one_strong(
    criteria: Sequence[PolicyCriterion], values: Mapping[str, float | None], rule: Mapping[str, Any]
) -> Reason:
    named = [c.key for c in criteria if c.key in rule["criteria"] or c.group in rule["groups"]]
    best = max(((value, key) for key in named if (value := values[key]) is not None), default=None)
    asked = {"keys": ", ".join(named), "least": f"{rule['value']:g}"}
    if best is None:
        return _reason("at_least_one", False, NONE_STRONG, **asked)
    value, key = best
    return _reason("at_least_one", value >= rule["value"], STRONGEST, **asked, key=key, value=f"{value:.3g}")


def found_reason(found: str) -> Reason:
    """Return the reason that what a later check found gives for asking a curator."""
    return _reason(FOUND_RULE, False, FOUND, found=found)


def safety_reason(names: Iterable[str]) -> Reason:
    """Return the reason that flags of these names give for asking a curator."""
    return _reason("safety", False, SAFETY, names=", ".join(names))


def with_verdicts(reasons: Sequence[Reason], verdicts: Mapping[str, bool], flags: Sequence[PolicyFlag]) -> list[Reason]:
    """Return a decision's reasons with what a curator said of flags as such, in place of what was open about them.

    `verdicts` maps the key of a flag to whether it holds; `flags` are those that somebody raised. The reason that asks
    a curator about safety flags goes once each of them has a verdict.
    """
    said = [
        _reason(f"{VERDICT}{flag.key}", not holds, UPHELD if holds else REFUTED, name=flag.name)
        for flag in flags
        if (holds := verdicts.get(flag.key)) is not None
    ]
    answered = {f"{start}{key}" for key in verdicts for start in ("flag.", VERDICT)}
    safety = [flag.key for flag in flags if flag.safety]
    if safety and all(key in verdicts for key in safety):
        answered.add("safety")
    return [*said, *(reason for reason in reasons if reason["rule"] not in answered)]


def _reason(rule: str, passed: bool, form: str, **named: object) -> Reason:
    return {"rule": rule, "passed": passed, "text": form % named}
