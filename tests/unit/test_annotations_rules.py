"""The decision rule: a truth table, and what holds for every set of reviews."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.rules import (
    Commit,
    Reason,
    decide,
    safety_reason,
    themes_of,
    values_of,
    with_verdicts,
)
from curation.standards.behaviour import Mark, backfires, is_backfire
from curation.standards.spec import CriterionSpec, FlagSpec

THEMES = {"C1": "boundaries", "C2": "self_criticism", "C3": "equanimity"}
KEYS = ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3", "D1"]
CRITERIA = [CriterionSpec(n, key, key[0], key, THEMES.get(key, ""), key in {"A1", "A2"}) for n, key in enumerate(KEYS)]
FLAGS = [
    FlagSpec(1, "backfire", "Backfire", "hard", False, True, True),
    FlagSpec(2, "scaffold_leak", "Leaked scaffold", "hard", False, True, False),
    FlagSpec(3, "self_harm", "Self-harm", "hard", True, False, False),
    FlagSpec(4, "moral_lecture", "Moral lecture", "soft", False, False, False),
]
POLICY: dict[str, Any] = {
    "minimum": {"B1": 4, "B2": 4, "A1": 3, "A2": 3},
    "at_least_one": {"criteria": ["A1", "A2"], "groups": ["C"], "value": 4},
    "floor": 3,
    "rewrite_groups": ["B", "D"],
    "conduct_group": "A",
    "confirm_flags_by": 2,
    "theme_share": 0.5,
}
GOOD = {"A1": 4, "A2": 4, "A3": 4, "B1": 4, "B2": 4, "B3": 4, "D1": 4}
BAD_MARK = Mark("misaligned", "ambiguous", "positive")


def commit(*flags: str, themes: str = "", marks: tuple[Mark, ...] = (), out: bool = False, **ratings: Any) -> Commit:
    given = {} if out else {**GOOD, **ratings}
    return Commit(given, frozenset(flags), frozenset(themes.split()), marks, out)


def outcome(*commits: Commit, tagged: str = "", **policy: Any) -> str:
    verdict = decide(
        commits=commits,
        criteria=CRITERIA,
        flags=FLAGS,
        tagged=frozenset(tagged.split()),
        policy={**POLICY, **policy},
    )
    return verdict.outcome


@pytest.mark.parametrize(
    ("commits", "tagged", "expected"),
    [
        # The criteria.
        ([commit(), commit()], "", "accept"),
        ([commit(B1=3), commit(B1=5)], "", "accept"),
        ([commit(B1=3), commit(B1=4)], "", "rewrite"),
        ([commit(D1=2), commit(D1=3)], "", "rewrite"),
        ([commit(B3=2), commit(D1=1)], "", "rewrite"),
        ([commit(A3=2), commit(A3=3)], "", "reject"),
        ([commit(A1=2), commit(A1=3)], "", "reject"),
        ([commit(A1=3, A2=3), commit(A1=3, A2=3)], "", "reject"),
        ([commit(A1=3, A2=4), commit(A1=3, A2=4)], "", "accept"),
        ([commit(A1=3, A2=3, B1=2), commit(A1=3, A2=3)], "", "reject"),
        ([commit(A1=None, A2=None), commit(A1=None, A2=None)], "", "reject"),
        ([commit(A1=None, A2=None, C3=4), commit(A1=None, A2=None, C3=4)], "equanimity", "accept"),
        ([commit(A1=None), commit(A1=3)], "", "accept"),
        # Themes.
        ([commit(C1=2), commit(C1=2)], "boundaries", "reject"),
        ([commit(C1=2, themes="boundaries"), commit()], "", "reject"),
        ([commit(C1=1, themes="boundaries"), commit(), commit()], "", "accept"),
        # Hard flags, the backfire among them.
        ([commit("scaffold_leak"), commit("scaffold_leak")], "", "reject"),
        ([commit("scaffold_leak"), commit()], "", "adjudicate"),
        ([commit("scaffold_leak"), commit(A1=1)], "", "adjudicate"),
        ([commit("scaffold_leak"), commit("backfire", marks=(BAD_MARK,))], "", "adjudicate"),
        ([commit("backfire", marks=(BAD_MARK,)), commit(marks=(BAD_MARK,))], "", "reject"),
        ([commit(marks=(BAD_MARK,)), commit()], "", "adjudicate"),
        ([commit("backfire"), commit("backfire")], "", "adjudicate"),
        ([commit("moral_lecture"), commit("moral_lecture")], "", "accept"),
        # Safety flags come before everything else.
        ([commit("self_harm")], "", "adjudicate"),
        ([commit("self_harm", "scaffold_leak"), commit("self_harm", "scaffold_leak")], "", "adjudicate"),
        ([commit("self_harm", out=True), commit(out=True)], "", "adjudicate"),
        # No AI character.
        ([commit(out=True), commit(out=True)], "", "reject"),
        ([commit(out=True)], "", "reject"),
        ([commit(out=True), commit()], "", "adjudicate"),
        ([commit(out=True), commit(out=True), commit()], "", "reject"),
        ([commit(out=True), commit(), commit()], "", "adjudicate"),
        ([commit("scaffold_leak"), commit("scaffold_leak"), commit(out=True)], "", "reject"),
        ([commit(out=True), commit(out=True), commit("scaffold_leak")], "", "reject"),
    ],
)
def test_the_rule(commits: list[Commit], tagged: str, expected: str) -> None:
    assert outcome(*commits, tagged=tagged) == expected


def test_a_wide_disagreement_asks_a_curator_only_where_the_policy_says_so() -> None:
    apart = [commit(B2=2), commit(B2=5)]
    assert outcome(*apart) == "rewrite"
    assert outcome(*apart, adjudicate_gap=3) == "adjudicate"
    assert outcome(commit(B2=3), commit(B2=5), adjudicate_gap=3) == "accept"
    assert outcome(commit(C1=1, themes="boundaries"), commit(C1=5), commit(), adjudicate_gap=3) == "accept"


def test_every_threshold_is_the_policys() -> None:
    assert outcome(commit(B1=3), commit(B1=3), minimum={"B1": 3}) == "accept"
    assert outcome(commit(D1=2), floor=2) == "accept"
    assert outcome(commit(D1=2), rewrite_groups=["B"]) == "reject"
    assert outcome(commit("scaffold_leak"), confirm_flags_by=1) == "reject"
    assert outcome(commit(A1=3, A2=3), at_least_one=None) == "accept"
    assert outcome(commit(C1=1, themes="boundaries"), commit(), theme_share=0.6) == "accept"


def test_conduct_is_never_sent_to_rewrite_whatever_the_policy_lists() -> None:
    assert outcome(commit(A3=2), rewrite_groups=["A", "B"]) == "reject"
    assert outcome(commit(A3=2, B1=3), rewrite_groups=["A", "B"]) == "reject"
    assert outcome(commit(A3=2), rewrite_groups=["A", "B"], conduct_group="B") == "rewrite"
    assert outcome(commit(B1=3), rewrite_groups=["A", "B"], conduct_group="B") == "reject"


def reasons(*commits: Commit, tagged: str = "", **policy: Any) -> list[tuple[str, bool, str]]:
    verdict = decide(
        commits=commits,
        criteria=CRITERIA,
        flags=FLAGS,
        tagged=frozenset(tagged.split()),
        policy={**POLICY, **policy},
    )
    return [(reason["rule"], reason["passed"], reason["text"]) for reason in verdict.reasons]


def test_the_reasons_say_what_was_counted() -> None:
    leaked = commit("scaffold_leak")
    assert reasons(leaked, leaked, commit()) == [
        ("flag.scaffold_leak", False, "Flag confirmed: Leaked scaffold, raised by 2 of 3.")
    ]
    assert reasons(leaked, commit("backfire", marks=(BAD_MARK,)), commit()) == [
        ("flag.backfire", False, "Flag not confirmed: Backfire, raised by 1 of 3."),
        ("flag.scaffold_leak", False, "Flag not confirmed: Leaked scaffold, raised by 1 of 3."),
    ]
    assert reasons(commit(out=True), commit(), commit()) == [("scope", False, "1 of 3 found no AI character.")]
    assert reasons(commit("self_harm", "scaffold_leak"), leaked) == [
        ("safety", False, "A safety flag was raised: Self-harm. A curator adjudicates it.")
    ]
    assert reasons(commit(B2=1, D1=2), commit(B2=5, D1=5), adjudicate_gap=3) == [
        ("gap.B2", False, "B2: the ratings lie 4 points apart."),
        ("gap.D1", False, "D1: the ratings lie 3 points apart."),
    ]


def test_the_reasons_name_every_criterion_that_applies_and_the_strongest() -> None:
    found = reasons(commit(A1=3, A2=5, A3=None, B1=3), commit(A1=4, A2=4, A3=None, B1=4))
    assert found[0] == ("flags", True, "No reviewer raised a hard flag.")
    assert found[1:4] == [
        ("least.A1", True, "A1 A1: 3.5, asks for 3 or more."),
        ("least.A2", True, "A2 A2: 4.5, asks for 3 or more."),
        ("least.B1", False, "B1 B1: 3.5, asks for 4 or more."),
    ]
    assert [rule for rule, _, _ in found[4:]] == ["least.B2", "least.B3", "least.D1", "at_least_one"]
    assert found[-1] == (
        "at_least_one",
        True,
        "At least one of A1, A2, C1, C2, C3 asks for 4 or more: the highest is A2 with 4.5.",
    )
    nothing = reasons(commit(A1=None, A2=None))
    assert nothing[-1] == (
        "at_least_one",
        False,
        "At least one of A1, A2, C1, C2, C3 asks for 4 or more: none applies.",
    )
    # The floor holds where the policy names no minimum, and the policy's word where it does.
    assert ("least.D1", True, "D1 D1: 2, asks for 2 or more.") in reasons(commit(D1=2), minimum={"D1": 2})


def test_a_gap_of_nothing_asks_nobody() -> None:
    assert outcome(commit(B2=1), commit(B2=5), adjudicate_gap=0, minimum={}, floor=1) == "accept"
    assert outcome(commit(B2=1), commit(B2=5), adjudicate_gap=None, minimum={}, floor=1) == "accept"


@pytest.mark.parametrize(
    ("conduct", "intent", "portrayal", "expected"),
    [
        ("misaligned", "benevolent", "positive", True),
        ("aligned", "malevolent", "positive", True),
        ("misaligned", "malevolent", "positive", True),
        ("misaligned", "malevolent", "negative", False),
        ("misaligned", "malevolent", "neutral", False),
        ("aligned", "benevolent", "positive", False),
        ("ambiguous", "ambiguous", "positive", False),
    ],
)
def test_backfire_is_bad_conduct_or_intent_shown_as_good(
    conduct: str, intent: str, portrayal: str, expected: bool
) -> None:
    assert is_backfire([Mark("aligned", "benevolent", "neutral"), Mark(conduct, intent, portrayal)]) is expected
    assert backfires(Mark(conduct, intent, portrayal)) is expected


def test_a_passage_of_which_nothing_is_said_is_neither_a_backfire_nor_none() -> None:
    assert backfires(Mark("", "", "")) is None
    for said in (Mark("misaligned", "", ""), Mark("", "malevolent", ""), Mark("", "", "positive")):
        assert backfires(said) is False
    assert not is_backfire([Mark("", "", "")])


def test_values_are_means_of_the_applicable_ratings() -> None:
    commits = [commit(A1=None, B1=3, C2=5, themes="self_criticism"), commit(A1=2, B1=4)]
    values = values_of(commits, CRITERIA, themes_of(commits, frozenset(), POLICY))
    assert (values["A1"], values["B1"], values["C2"], values["C1"]) == (2, 3.5, 5, None)


def test_a_theme_is_shown_by_its_tag_or_by_the_share_of_those_who_found_a_character() -> None:
    marking, other, out = (
        commit(themes="self_criticism"),
        commit(),
        Commit({}, themes=frozenset({"equanimity"}), out_of_scope=True),
    )
    assert themes_of([marking, other], frozenset(), POLICY) == {"self_criticism"}
    assert themes_of([marking, other, other], frozenset(), POLICY) == frozenset()
    assert themes_of([marking, other, out], frozenset(), POLICY) == {"self_criticism"}
    assert themes_of([out], frozenset(), POLICY) == frozenset()
    assert themes_of([other], frozenset({"boundaries"}), POLICY) == {"boundaries"}


def test_nothing_is_decided_on_no_reviews() -> None:
    with pytest.raises(ValueError, match=r"^a decision needs at least one review$"):
        outcome()


def open_about(key: str) -> Reason:
    return {"rule": f"flag.{key}", "passed": False, "text": "Open."}


def test_a_curators_word_on_a_flag_stands_in_place_of_what_was_open_about_it() -> None:
    gap: Reason = {"rule": "gap.B2", "passed": False, "text": "Apart."}
    found = [open_about("backfire"), open_about("scaffold_leak"), gap]
    assert with_verdicts(found, {"backfire": True}, FLAGS) == [
        {"rule": "verdict.backfire", "passed": False, "text": "Flag confirmed by a curator: Backfire."},
        open_about("scaffold_leak"),
        gap,
    ]
    dismissed = with_verdicts(found, {"scaffold_leak": False, "backfire": True}, FLAGS)
    assert dismissed == [
        {"rule": "verdict.backfire", "passed": False, "text": "Flag confirmed by a curator: Backfire."},
        {"rule": "verdict.scaffold_leak", "passed": True, "text": "Flag dismissed by a curator: Leaked scaffold."},
        gap,
    ]
    # A curator may think again: the later word takes the place of the earlier one.
    assert with_verdicts(dismissed, {"backfire": False}, FLAGS)[0] == {
        "rule": "verdict.backfire",
        "passed": True,
        "text": "Flag dismissed by a curator: Backfire.",
    }
    assert [reason["rule"] for reason in with_verdicts(dismissed, {"backfire": False}, FLAGS)] == [
        "verdict.backfire",
        "verdict.scaffold_leak",
        "gap.B2",
    ]
    assert with_verdicts(found, {}, FLAGS) == found


def test_what_asks_about_safety_goes_only_when_every_safety_flag_has_a_word() -> None:
    other = FlagSpec(5, "slur", "Slur", "hard", True, False, False)
    asked = safety_reason(["Self-harm", "Slur"])
    assert asked["text"] == "A safety flag was raised: Self-harm, Slur. A curator adjudicates it."
    rules = lambda verdicts, flags: [r["rule"] for r in with_verdicts([asked], verdicts, flags)]  # noqa: E731
    assert rules({"self_harm": False}, [*FLAGS, other]) == ["verdict.self_harm", "safety"]
    assert rules({"self_harm": False, "slur": True}, [*FLAGS, other]) == ["verdict.self_harm", "verdict.slur"]
    assert rules({"backfire": True}, FLAGS[:2]) == ["verdict.backfire", "safety"]


ratings = st.fixed_dictionaries(
    {key: st.integers(1, 5) if key not in {"A1", "A2"} else st.none() | st.integers(1, 5) for key in KEYS}
)
marks = st.builds(
    Mark,
    st.sampled_from(["aligned", "ambiguous", "misaligned"]),
    st.sampled_from(["benevolent", "ambiguous", "malevolent"]),
    st.sampled_from(["positive", "neutral", "negative"]),
)
commits_of_any_kind = st.builds(
    Commit,
    ratings,
    st.frozensets(st.sampled_from([flag.key for flag in FLAGS]), max_size=1),
    st.frozensets(st.sampled_from(list(THEMES.values()))),
    st.lists(marks, max_size=1).map(tuple),
    st.just(False),
)


@given(st.lists(commits_of_any_kind, min_size=1, max_size=5), st.frozensets(st.sampled_from(list(THEMES.values()))))
def test_what_always_holds(commits: list[Commit], tagged: frozenset[str]) -> None:
    verdict = decide(commits=commits, criteria=CRITERIA, flags=FLAGS, tagged=tagged, policy=POLICY)
    backwards = decide(commits=commits[::-1], criteria=CRITERIA, flags=FLAGS, tagged=tagged, policy=POLICY)
    assert verdict.outcome == backwards.outcome
    assert set(verdict.values) == set(KEYS)
    assert tagged <= verdict.themes
    assert all(verdict.values[key] is None for key, theme in THEMES.items() if theme not in verdict.themes)
    assert verdict.reasons
    assert all(reason["text"].endswith(".") for reason in verdict.reasons)
    hard = [flag.key for flag in FLAGS if flag.hard]
    raised = any(key in commit.flags for commit in commits for key in hard)
    raised = raised or any(is_backfire(commit.marks) for commit in commits)
    if verdict.outcome in {"accept", "rewrite"}:
        assert not raised
    if verdict.outcome == "accept":
        assert all(reason["passed"] for reason in verdict.reasons)
        assert verdict.values["B1"] is not None
        assert verdict.values["B1"] >= 4
        assert all(value is None or value >= 3 for value in verdict.values.values())
    else:
        assert not all(reason["passed"] for reason in verdict.reasons)
