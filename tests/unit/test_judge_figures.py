"""Figures of the pool, of a judge that changes, and of people who move towards it."""

import math

import numpy as np
import pytest

from curation.calibration.statistics import anchoring, drift, pool
from tests.unit.test_judge_statistics import readers, said


def test_the_interval_of_a_pool_holds_its_mean_and_the_judge_makes_it_narrower() -> None:
    rng = np.random.default_rng(9)
    held, narrower, runs = 0, 0, 150
    for _ in range(runs):
        quality = rng.normal(3, 1, size=1200)
        ratings = readers(quality, rng, noise=0.6, people=2).mean(axis=1)
        raw = 4 + quality / 4 + rng.normal(scale=0.12, size=1200)
        audited, families = np.arange(80), np.arange(80) // 2
        found = pool.pool_mean(ratings[audited], raw[audited], families, raw[80:], isotonic=False)
        plain = pool.pool_mean(ratings[audited], np.full(80, np.nan), families, raw[80:], isotonic=False)
        held += found.low <= ratings.mean() <= found.high
        narrower += found.high - found.low < plain.high - plain.low
    assert held / runs > 0.9
    assert narrower / runs > 0.95


def test_a_share_is_estimated_as_a_mean_is_and_stays_a_share() -> None:
    rng = np.random.default_rng(10)
    raw = rng.normal(size=2000)
    passed = (raw + rng.normal(size=2000) > 0).astype(float)
    found = pool.pool_mean(passed[:200], raw[:200], np.arange(200), raw[200:], isotonic=True, scale=(0, 1))
    assert found.low < passed.mean() < found.high
    assert found.high - found.low < 2 * 1.96 * (0.25 / 200) ** 0.5
    every = pool.pool_mean(np.ones(40), raw[:40], np.arange(40), raw, isotonic=False, scale=(0, 1))
    assert (every.value, every.low, every.high) == pytest.approx((1, 1, 1))


def test_a_pool_is_not_measured_by_a_handful() -> None:
    few = pool.pool_mean(np.ones(29), np.ones(29), np.arange(29), np.ones(9), isotonic=False)
    assert (math.isnan(few.value), few.n) == (True, 29)
    # A story without the judge's number would not be missing by chance: the audit speaks alone.
    y, judged = np.tile([2.0, 4.0], 20), np.tile([2.0, np.nan], 20)
    assert pool.pool_mean(y, judged, np.arange(40), np.ones(9), isotonic=False).value == 3


def test_a_judge_that_repeats_itself_has_changed_as_soon_as_one_answer_has() -> None:
    base = np.tile([2.0, 4.0], (20, 1))
    assert not drift.drift(base, base, base).alarm
    now = base.copy()
    now[7, 1] += 0.5
    found = drift.drift(base, base, now)
    assert (found.alarm, found.shifted, found.shift.tolist()) == (True, [False, True], [0, 0.025])
    assert (found.moved, found.noise, found.n) == (0.0125, 0, 20)


def test_an_unchanged_noisy_judge_seldom_raises_the_alarm_and_a_changed_one_does() -> None:
    rng = np.random.default_rng(11)
    base, alarms = rng.uniform(1, 5, size=(30, 4)), {"same": 0, "kinder": 0, "wilder": 0}
    for _ in range(100):
        first, again = said(rng, base, 0.4), said(rng, base, 0.4)
        alarms["same"] += drift.drift(first, again, said(rng, base, 0.4)).alarm
        alarms["kinder"] += drift.drift(first, again, said(rng, base + np.array([0, 0.6, 0, 0]), 0.4)).alarm
        alarms["wilder"] += drift.drift(first, again, said(rng, base, 1.5)).alarm
    assert alarms["same"] <= 4
    assert min(alarms["kinder"], alarms["wilder"]) >= 95


def test_what_was_not_answered_changes_nothing_and_no_story_says_nothing() -> None:
    rng = np.random.default_rng(12)
    base = rng.uniform(1, 5, size=(20, 2))
    gaps = base.copy()
    gaps[3] = np.nan
    assert not drift.drift(base, base, gaps).alarm
    few = [said(rng, base[:4], 0.5) for _ in range(3)]
    assert not drift.drift(*few).alarm
    assert (drift.drift(*[np.zeros((0, 2))] * 3).alarm, drift.drift(*[np.zeros((0, 2))] * 3).n) == (False, 0)


def test_a_rating_moves_towards_the_judge_by_as_much_as_it_comes_nearer() -> None:
    found = anchoring.towards(np.array([2.0, 2, 4, 3]), np.array([3.0, 1, 4, 5]), np.array([4.0, 4, 1, 4]))
    assert found.tolist() == [1, -1, 0, 0]


def test_the_arms_are_compared_as_they_were_drawn() -> None:
    rng = np.random.default_rng(13)
    shown = np.tile([True, False], 200)
    who = (np.arange(400) // 20).tolist()
    moved = np.where(shown, 0.3, 0.05) + rng.normal(scale=0.4, size=400)
    found = anchoring.arms(moved, shown, who)
    assert (found.shown.n, found.hidden.n, found.difference.n) == (200, 200, 400)
    assert found.difference.value == pytest.approx(moved[shown].mean() - moved[~shown].mean())
    assert 0 < found.difference.low < 0.25 < found.difference.high
    assert found.hidden.low < 0.05 < found.hidden.high
    none = anchoring.arms(np.zeros(0), np.zeros(0, dtype=bool), [])
    assert (none.shown.n, math.isnan(none.difference.value)) == (0, True)
    alone = anchoring.arms(np.array([0.5, 0.5]), np.array([True, True]), ["a", "b"])
    assert (alone.shown.value, alone.hidden.n, math.isnan(alone.difference.low)) == (0.5, 0, True)
