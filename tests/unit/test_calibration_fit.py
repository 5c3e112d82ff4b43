"""Fitting on synthetic stories: a signal is found, held-out predictions are honest, and nothing stored can run."""

import hashlib
import io
import pickle
import re
import zipfile
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from curation.calibration.fit import Fitted, fit
from curation.calibration.fit.ridge import PENALTIES, best_penalty, ridge
from curation.calibration.fit.scorer import fit_curve
from curation.calibration.fit.words import counted, fit_words
from curation.calibration.statistics.curves import FOLDS, calibration_knots, folds_of
from curation.core.errors import InvalidInput
from curation.core.statistics import spearman
from curation.scoring import heuristics
from curation.scoring.judges import CountingScorer, FittedScorer, pack, unpack
from curation.scoring.judges.terms import terms, weigh
from curation.scoring.schema import StoryInput, check_answer

KEYS = ["B1", "C1"]
CRITERIA = {"B1": "B", "C1": "C"}
FILLER = re.findall(
    r"\w+", "the rain came over harbour and a lamp stood near old stairs while gulls went round again at dusk"
)
SIGNAL = ["ledger", "brine", "copper", "lantern", "thistle"]


def world(n: int, seed: int = 0) -> tuple[list[str], NDArray[np.float64]]:
    """Texts whose quality shows in words that no heuristic counts, and their ratings, with a rater's noise."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=n)
    texts = []
    for value in quality:
        words = rng.choice(FILLER, size=120).tolist()
        words += rng.choice(SIGNAL, size=rng.poisson(4 * np.exp(0.7 * value))).tolist()
        rng.shuffle(words)
        texts.append(" ".join(words) + ".")
    return texts, np.clip(np.round(2 * (3 + quality + rng.normal(scale=0.4, size=n))) / 2, 1, 5)


@lru_cache
def fitted(n: int) -> tuple[Fitted, list[str], NDArray[np.float64]]:
    """Fit on `n` rated stories, of which 20 have a theme."""
    texts, y = world(n)
    means = np.stack([y, np.where(np.arange(n) < 20, y, np.nan)], axis=1)
    stories = np.arange(1000, 1000 + n)
    return fit(pool=texts, stories=stories, families=stories, texts=texts, keys=KEYS, means=means), texts, y


@pytest.mark.parametrize(("n", "method"), [(60, "ridge, linear"), (220, "ridge, isotonic")])
def test_a_signal_is_found_and_predicted_better_than_by_counting(n: int, method: str) -> None:
    found, _, _ = fitted(n)
    assert found.parameters["criteria"]["B1"]["method"] == method
    assert found.parameters["criteria"]["C1"] == {"n": 20, "method": "word counts"}
    fresh, ratings = world(150, seed=9)
    stories = [StoryInput(id=place, text=text) for place, text in enumerate(fresh)]
    learnt = [answers[0].value for answers in FittedScorer(CRITERIA, found.artifact).score(stories)]
    by_counts = [answers[0].value for answers in CountingScorer(CRITERIA).score(stories)]
    assert spearman(learnt, ratings) > 0.6 > spearman(by_counts, ratings) + 0.3
    assert np.mean((np.array(learnt) - ratings) ** 2) < 0.75 * ratings.var()
    error = found.artifact.curves["B1"].error
    assert np.sqrt(np.mean((np.array(learnt) - ratings) ** 2)) == pytest.approx(error, rel=0.35)


def test_labels_without_meaning_are_not_predicted_back() -> None:
    texts, truth = world(150)
    x, stories, rhos = counted(texts), np.arange(150), []
    for isotonic in (False, True):
        for seed in range(10):
            shuffled = np.random.default_rng(seed).permutation(truth)
            _, held_out, _ = fit_curve(x, shuffled, folds_of(stories, shuffled), isotonic=isotonic)
            rhos.append(spearman(held_out, shuffled))
    assert abs(np.nanmean(rhos)) < 0.1


def test_a_story_that_was_learnt_from_gets_its_held_out_score() -> None:
    found, texts, _ = fitted(60)
    scorer = FittedScorer(CRITERIA, found.artifact)
    known, same_text = scorer.score([StoryInput(id=1007, text=texts[7]), StoryInput(id=1, text=texts[7])])
    assert known[0].value == pytest.approx(found.artifact.held_out[7, 0])
    assert known[0].value != pytest.approx(same_text[0].value, abs=1e-6)
    assert "without looking at this story’s own ratings" in known[0].rationale
    assert known[1].rationale == CountingScorer(CRITERIA).score([StoryInput(id=1, text=texts[7])])[0][1].rationale


def test_answers_are_complete_in_range_and_quote_the_story() -> None:
    found, _, _ = fitted(60)
    odd = ["", "🜁" * 50, "copper " * 5000, "\n\n\t", "Ledger. Brine! “Copper lantern thistle?”"]
    for text, answers in zip(
        odd, FittedScorer(CRITERIA, found.artifact).score([StoryInput(5, t) for t in odd]), strict=True
    ):
        check_answer(answers, CRITERIA, text)
    (answer, _) = FittedScorer(CRITERIA, found.artifact).score([StoryInput(5, "It kept. The copper lantern rose.")])[0]
    assert "The copper lantern rose." in answer.quotes or answer.quotes == ()


def test_the_same_labels_give_the_same_artifact() -> None:
    assert pack(fitted(60)[0].artifact) == pack(fitted.__wrapped__(60)[0].artifact)


def test_the_stored_form_reads_back_and_scores_alike() -> None:
    found, texts, _ = fitted(60)
    data, sha256 = pack(found.artifact)
    stories = [StoryInput(id=3, text=texts[3])]
    before = FittedScorer(CRITERIA, found.artifact).score(stories)[0][0]
    after = FittedScorer(CRITERIA, unpack(data, sha256)).score(stories)[0][0]
    assert after.value == pytest.approx(before.value, abs=1e-4)
    assert after.standard_deviation == pytest.approx(before.standard_deviation, abs=1e-3)


def test_the_stored_form_holds_no_pickle_and_refuses_one() -> None:
    data, sha256 = pack(fitted(60)[0].artifact)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            assert b"|O" not in archive.read(name)[:200]
    with pytest.raises(InvalidInput, match="checksum"):
        unpack(data[:-1] + b"x", sha256)
    for hostile in (pickle.dumps({"head": 1}), objects(), b"", data[: len(data) // 2]):
        with pytest.raises(InvalidInput, match="cannot be read"):
            unpack(hostile, hashlib.sha256(hostile).hexdigest())


def objects() -> bytes:
    """An archive whose arrays are pickled objects."""
    buffer = io.BytesIO()
    np.savez(buffer, head=np.array([{"format": 1}], dtype=object))
    return buffer.getvalue()


def test_words_are_weighed_as_scikit_learn_weighs_them() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts, _ = world(30)
    vectoriser = TfidfVectorizer(analyzer=terms, sublinear_tf=True, min_df=2)
    table = vectoriser.fit_transform(texts).toarray()
    where, weights = weigh(texts[4], vectoriser.vocabulary_, vectoriser.idf_)
    row = np.zeros(table.shape[1])
    row[where] = weights
    assert row == pytest.approx(table[4])


def test_the_texts_that_words_were_fitted_on_have_a_mean_length_of_one() -> None:
    texts, _ = world(30)
    found = fit_words(texts)
    assert np.linalg.norm(found.columns(texts), axis=1).mean() == pytest.approx(1)
    assert len(found.vocabulary) == len(found.idf) == found.components.shape[1]


def test_words_that_are_rare_or_everywhere_are_not_weighed() -> None:
    pool = [f"own{number}" for number in range(40)]
    for word, times in (("twice", 2), ("thrice", 3), ("mostly", 36), ("everywhere", 37)):
        pool = [f"{text} {word}" if place < times else text for place, text in enumerate(pool)]
    found = fit_words(pool)
    singles = {term for term in found.vocabulary if " " not in term}
    assert {"thrice", "mostly"} <= singles
    assert not {"twice", "everywhere", "own1"} & singles


def test_texts_lie_by_the_main_directions_of_their_weighed_words() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts, _ = world(140)
    texts = [f"{text} " * (1 + number % 3) for number, text in enumerate(texts)]
    found = fit_words(texts)
    table = TfidfVectorizer(analyzer=terms, sublinear_tf=True, vocabulary=found.vocabulary).fit_transform(texts)
    assert found.columns(texts) == pytest.approx(table @ found.components.T * found.scale)
    assert found.components.shape == (min(100, len(found.vocabulary) - 1), len(found.vocabulary))
    assert found.components @ found.components.T == pytest.approx(np.eye(len(found.components)), abs=1e-6)
    again = fit_words(texts)
    assert (again.components == found.components).all()
    # A few texts have fewer directions than there are texts.
    few = fit_words(texts[:6])
    assert few.components.shape[0] == 5


def test_what_is_counted_has_a_row_for_each_text() -> None:
    found = counted(["The tug waited.", "It asked twice, and then it asked again."])
    assert found.shape[0] == 2
    assert (found[0] != found[1]).any()


@pytest.mark.parametrize("pool", [["the and", "the and"], ["copper", "copper", "copper", "brine"]])
def test_a_pool_with_too_few_words_weighs_none(pool: list[str]) -> None:
    found = fit_words(pool)
    assert (found.vocabulary, found.scale) == ([], 1.0)
    assert found.columns(["copper"]).shape == (1, 0)


def test_the_shortcut_for_leaving_one_out_is_exact() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(25, 6)), rng.normal(size=25)

    def error(penalty: float) -> float:
        misses = []
        for out in range(25):
            rest = np.arange(25) != out
            misses.append(y[out] - np.append(x[out], 1) @ ridge(x[rest], y[rest], penalty))
        return float(np.mean(np.square(misses)))

    assert best_penalty(x, y) == PENALTIES[np.argmin([error(penalty) for penalty in PENALTIES])]


def test_a_calibration_never_falls() -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal(size=300)
    for isotonic in (False, True):
        knots = calibration_knots(raw, 3 - raw, isotonic=isotonic)
        assert np.all(np.diff(knots[1]) >= -1e-9)


def test_folds_are_even_and_do_not_depend_on_order() -> None:
    stories = np.arange(50, 157)
    y = np.random.default_rng(0).integers(1, 6, size=107).astype(float)
    folds = folds_of(stories, y)
    assert np.ptp(np.bincount(folds, minlength=FOLDS)) <= 1
    assert np.ptp([y[folds == fold].mean() for fold in range(FOLDS)]) < 0.5
    backwards = np.arange(107)[::-1]
    assert np.array_equal(folds[backwards], folds_of(stories[backwards], y[backwards]))


def test_a_family_lies_in_one_fold() -> None:
    families = np.repeat(np.arange(30), 4)
    y = np.random.default_rng(0).integers(1, 6, size=120).astype(float)
    folds = folds_of(families, y)
    assert all(np.unique(folds[families == family]).size == 1 for family in range(30))
    assert np.unique(folds).size == FOLDS


def test_sixty_copies_of_one_story_teach_nothing() -> None:
    texts, y = world(60)
    found = fit(pool=texts, stories=np.arange(60), families=np.zeros(60), texts=texts, keys=["B1"], means=y[:, None])
    assert found.parameters["criteria"]["B1"] == {"n": 60, "method": "word counts"}


@pytest.mark.parametrize("isotonic", [False, True])
def test_nothing_that_predicts_a_fold_has_seen_its_labels(isotonic: bool) -> None:
    texts, y = world(120)
    x, folds = counted(texts), folds_of(np.arange(120), y)
    _, before, _ = fit_curve(x, y, folds, isotonic=isotonic)
    for fold in (0, FOLDS - 1):
        changed = np.where(folds == fold, 6 - y, y)
        _, after, _ = fit_curve(x, changed, folds, isotonic=isotonic)
        assert after[folds == fold] == pytest.approx(before[folds == fold], abs=1e-12)
        assert not np.allclose(after[folds != fold], before[folds != fold])


def test_the_penalty_that_predicts_a_fold_is_chosen_without_its_labels() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 20))
    y, folds = 3 + x @ rng.normal(scale=0.15, size=20), np.arange(100) % FOLDS
    wild = np.where(folds == 0, rng.normal(scale=50, size=100), y)
    assert best_penalty(x, wild) > best_penalty(x[folds != 0], y[folds != 0])
    _, before, _ = fit_curve(x, y, folds, isotonic=False)
    _, after, _ = fit_curve(x, wild, folds, isotonic=False)
    assert after[folds == 0] == pytest.approx(before[folds == 0], abs=1e-12)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_fold_is_calibrated_on_predictions_that_are_no_better_than_its_own(seed: int) -> None:
    """By predictions for stories that were fitted on, a curve trusts its numbers more than it may those of others."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(100, 60))
    y = np.clip(np.round(3 + x[:, 0] + rng.normal(size=100)), 1, 5)
    _, predictions, _ = fit_curve(x, y, np.arange(100) % 5, isotonic=False)
    assert 0.7 < np.polyfit(predictions, y, 1)[0] < 1.3


def test_a_copy_is_not_predicted_by_a_model_that_knows_its_original() -> None:
    texts, _ = world(60)
    y = np.random.default_rng(3).permutation(np.resize([1.0, 2.0, 3.0, 4.0, 5.0], 60))
    copies, labels = [*texts, *texts], np.concatenate([y, y])
    x = np.hstack([counted(copies), np.tile(np.eye(60), (2, 1)) * 20])
    _, apart, _ = fit_curve(x, labels, folds_of(np.arange(120), labels), isotonic=False)
    _, together, _ = fit_curve(x, labels, folds_of(np.tile(np.arange(60), 2), labels), isotonic=False)
    assert spearman(apart, labels) > 0.5
    assert abs(spearman(together, labels)) < 0.25


def test_a_pool_without_words_still_fits_on_the_counts() -> None:
    texts = ["…"] * 60
    stories, means = np.arange(60), np.linspace(1, 5, 60)[:, None]
    found = fit(pool=texts, stories=stories, families=stories, texts=texts, keys=["B1"], means=means)
    (answer,) = FittedScorer({"B1": "B"}, found.artifact).score([StoryInput(id=999, text="…")])[0]
    assert answer.value == pytest.approx(3.0, abs=0.01)
    assert heuristics.read("…").words == 0
