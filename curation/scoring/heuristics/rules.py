"""From counts to a modest value per criterion of the default rubric, with the reason in plain words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter

from curation.core.stored_messages import gettext_noop
from curation.scoring.heuristics.features import Features
from curation.scoring.schema import MIDDLE, ScoreDraft, StoryInput, shortened

# A count is no reading: no rule moves a value further than this from the middle of the scale.
FURTHEST = 1.0
DEVIATION = 1.0
# A strength is no further from usual than this.
MOST = 1.5
# What moves a value by less is not told.
LEAST_TOLD = 0.05
UNKNOWN_DEVIATION = 1.2
# Hits per 1,000 words at which a family says nothing either way.
USUAL: dict[str, float] = {
    "deliberation": 5,
    "reasons": 2,
    "inner": 5,
    "sermon": 1,
    "openness": 3,
    "concealment": 0.5,
    "pressure": 2,
    "boundaries": 1,
    "repair": 1,
    "spiral": 0.5,
    "steady": 2.5,
    "stock": 0.5,
    "scaffold": 0,
}
NAMES: dict[str, str] = {
    "deliberation": gettext_noop("words that weigh options"),
    "reasons": gettext_noop("words that give reasons"),
    "inner": gettext_noop("words for an inner state"),
    "sermon": gettext_noop("words of a lesson or sermon"),
    "openness": gettext_noop("words of telling, asking and reporting"),
    "concealment": gettext_noop("words of hiding and bypassing"),
    "pressure": gettext_noop("words of cost and pressure"),
    "boundaries": gettext_noop("words that set a limit or offer another way"),
    "repair": gettext_noop("words of owning and mending a mistake"),
    "spiral": gettext_noop("words of panic or self-punishment"),
    "steady": gettext_noop("words of waiting, listening and staying"),
    "stock": gettext_noop("stock phrases"),
    "scaffold": gettext_noop("leaked scaffolding or placeholders"),
    "rhythm": gettext_noop("variation in sentence length"),
    "variety": gettext_noop("variety of words"),
    "dialogue": gettext_noop("speech"),
    "repeated": gettext_noop("repeated sentences"),
}


@dataclass(frozen=True)
class HeuristicRule:
    """For the criterion `key` of `group`: what raises the value, what lowers it, each with its weight per doubling."""

    key: str
    group: str
    raises: dict[str, float]
    lowers: dict[str, float]


RULES: dict[str, HeuristicRule] = {
    rule.key: rule
    for rule in (
        HeuristicRule("A1", "A", {"pressure": 0.25, "openness": 0.15}, {"concealment": 0.3, "scaffold": 0.2}),
        HeuristicRule("A2", "A", {"openness": 0.35}, {"concealment": 0.35}),
        HeuristicRule("A3", "A", {"reasons": 0.15, "openness": 0.15}, {"sermon": 0.25, "concealment": 0.2}),
        HeuristicRule("B1", "B", {"deliberation": 0.45, "reasons": 0.15}, {"sermon": 0.15}),
        HeuristicRule("B2", "B", {"reasons": 0.35, "deliberation": 0.25}, {"sermon": 0.15, "stock": 0.1}),
        HeuristicRule("B3", "B", {"inner": 0.25, "deliberation": 0.1}, {"sermon": 0.35, "stock": 0.15}),
        HeuristicRule("C1", "C", {"boundaries": 0.35, "reasons": 0.1}, {"spiral": 0.15}),
        HeuristicRule("C2", "C", {"repair": 0.35}, {"spiral": 0.3}),
        HeuristicRule("C3", "C", {"steady": 0.3, "inner": 0.1}, {"spiral": 0.35}),
        HeuristicRule(
            "D1",
            "D",
            {"rhythm": 0.35, "variety": 0.2, "dialogue": 0.1},
            {"stock": 0.3, "repeated": 0.4, "scaffold": 0.4},
        ),
    )
}


def strengths(features: Features) -> dict[str, float]:
    """How far each of `NAMES` is from usual: 0 at usual, 1 at about twice as much, never beyond `MOST`."""
    raw = {name: math.log2((features.rates[name] + 1) / (usual + 1)) for name, usual in USUAL.items()}
    raw["rhythm"] = (features.rhythm - 0.55) / 0.2
    raw["variety"] = (features.variety - 0.7) / 0.04
    raw["dialogue"] = (features.dialogue - 0.05) / 0.15
    raw["repeated"] = features.repeated / 0.05
    # Too little text to say anything yet counts less, down to nothing for an empty one.
    enough = min(1.0, features.words / 150)
    return {name: (MOST if value > MOST else -MOST if value < -MOST else value) * enough for name, value in raw.items()}


def said(features: Features, name: str) -> str:
    """One feature with its figure, for the rationale."""
    figures = features.figures
    if name not in figures:
        figures[name] = _figure(features, name)
    return figures[name]


def _figure(features: Features, name: str) -> str:
    if name in USUAL:
        return f"{NAMES[name]} ({features.rates[name]:.1f} per 1,000 words; usual here is {USUAL[name]:g})"
    share = {"rhythm": features.rhythm, "variety": features.variety, "dialogue": features.dialogue}
    return f"{NAMES[name]} ({share.get(name, features.repeated):.0%})"


def draft(rule: HeuristicRule, features: Features, known: Mapping[str, float]) -> ScoreDraft:
    """Apply one rule to the features, whose `strengths` are `known`.

    The value lies between 2 and 4, its standard deviation is `DEVIATION`.
    """
    parts = [(name, weight * known[name]) for name, weight in rule.raises.items()]
    # What should not be there lowers the value when it is; its absence earns nothing.
    parts += [(name, -weight * known[name]) for name, weight in rule.lowers.items() if known[name] > 0]
    shift = max(-FURTHEST, min(FURTHEST, sum([part for _name, part in parts])))
    up = _leading([(-part, name) for name, part in parts if part > LEAST_TOLD])
    down = _leading([(part, name) for name, part in parts if part < -LEAST_TOLD])
    reasons = []
    if up:
        reasons.append("Raised by " + " and ".join(said(features, name) for name in up) + ".")
    if down:
        less = [("few " if name in rule.raises else "") + said(features, name) for name in down]
        reasons.append("Lowered by " + " and ".join(less) + ".")
    if not reasons:
        reasons.append("Nothing that the word counts could tell from the usual.")
    reasons.append("Words were counted, nobody has checked this count against a reviewer.")
    shown = [name for name in (*up, *down) if features.rates.get(name)]
    quotes = [quote for name in shown for quote in features.telling(name)]
    return ScoreDraft(rule.key, MIDDLE + shift, DEVIATION, " ".join(reasons), shortened(quotes)[:3] if quotes else ())


def _leading(told: list[tuple[float, str]]) -> list[str]:
    """The names of the two that come first by their numbers; of the same number, in their order."""
    if len(told) > 1:
        told.sort(key=itemgetter(0))
    return [name for _part, name in told[:2]]


def unknown(key: str, why: str) -> ScoreDraft:
    """The middle of the scale, wide: nothing is known."""
    return ScoreDraft(key, MIDDLE, UNKNOWN_DEVIATION, why)


def drafts(story: StoryInput, features: Features, criteria: dict[str, str]) -> list[ScoreDraft]:
    """Score one story, of which `features` were read, on `criteria` (key -> group): one answer each, in their order.

    A criterion without a rule of its own, and a text that is not English, get 3 ± `UNKNOWN_DEVIATION`.
    """
    if not story.language.lower().startswith("en"):
        why = "The word lists are English; this story is not."
        return [unknown(key, why) for key in criteria]
    answers, known = [], strengths(features)
    for key, group in criteria.items():
        rule = RULES.get(key)
        if rule is None or rule.group != group:
            answers.append(unknown(key, "There is no rule for this criterion."))
        else:
            answers.append(draft(rule, features, known))
    return answers
