"""The practice round: its stories are whole, and comparing and passing go by the numbers."""

import pytest
from django.utils.translation import override

from annotations.practising import Done, PracticeStory, compare, done_of, practice_stories, round_of

KEYS = ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3", "D1"]
STORIES = practice_stories()


def test_there_are_at_least_six_and_they_differ() -> None:
    assert len(STORIES) >= 6
    assert len({story.key for story in STORIES}) == len(STORIES)
    assert {"backfire"} == {story.must_flag for story in STORIES} - {""}
    values = [verdict.value for story in STORIES for verdict in story.ratings.values()]
    assert {None, 1, 2, 3, 4, 5} == set(values)
    assert any("self_criticism" in story.themes for story in STORIES)


with override("de"):
    IN_GERMAN = practice_stories()


@pytest.mark.parametrize("story", [*STORIES, *IN_GERMAN], ids=lambda story: f"{story.key}-{story.language}")
def test_a_story_is_short_and_fully_explained(story: PracticeStory) -> None:
    assert 150 <= story.n_words <= 350
    themed = {"boundaries": "C1", "self_criticism": "C2", "equanimity": "C3"}
    wanted = [key for key in KEYS if not key.startswith("C") or key in {themed[theme] for theme in story.themes}]
    assert list(story.ratings) == wanted
    assert all(len(verdict.why) > 40 for verdict in story.ratings.values())
    assert all(verdict.value is not None or key in {"A1", "A2"} for key, verdict in story.ratings.items())
    assert all(story.text.count(part["quote"]) == 1 for part in (*story.passages, *story.flags))
    assert story.must_flag in {"", *(flag["key"] for flag in story.flags)}
    assert story.lesson


def test_a_story_in_german_is_the_same_story_in_other_words() -> None:
    for story, german in zip(STORIES, IN_GERMAN, strict=True):
        assert (story.language, german.language) == ("en", "de")
        for name in ("number", "key", "version", "principles", "themes", "must_flag"):
            assert getattr(german, name) == getattr(story, name)
        assert {key: verdict.value for key, verdict in german.ratings.items()} == {
            key: verdict.value for key, verdict in story.ratings.items()
        }
        written = [(one.title, one.text, one.lesson, *(v.why for v in one.ratings.values())) for one in (story, german)]
        assert all(own != other for own, other in zip(*written, strict=True))
        for own, other in zip((*story.flags, *story.passages), (*german.flags, *german.passages), strict=True):
            words = {"quote", "why"}
            assert {name: own[name] for name in own if name not in words} == {
                name: other[name] for name in other if name not in words
            }
            assert own["quote"] != other["quote"]
    with override("fr"):
        assert {story.language for story in practice_stories()} == {"en"}


def test_ratings_are_laid_beside_the_experts() -> None:
    calm = STORIES[5]
    own = {"A1": None, "A2": 3, "A3": 5, "B1": 3, "B2": 5, "D1": 4, "C1": 1}
    levels = {part.key: part.level for part in compare(calm, own, KEYS)}
    assert levels == {
        "A1": "same",
        "A2": "apart",
        "A3": "near",
        "B1": "same",
        "B2": "apart",
        "B3": "missed",
        "D1": "same",
    }
    done = done_of(compare(calm, own, KEYS), [])
    assert (done.compared, done.exact, done.within_one) == (7, 3, 4)
    assert [part.key for part in compare(calm, own, ["B1"])] == ["B1"]


def rounds(near: int, *, flags: tuple[str, ...] = ("backfire",), leave_out: int = 0) -> bool:
    done = {story.key: Done(10, 0, near, flags if story.must_flag else ()) for story in STORIES[leave_out:]}
    return round_of(done).passed


def test_a_round_is_passed_with_seven_in_ten_near_the_flag_raised_and_every_story_rated() -> None:
    assert rounds(7)
    assert not rounds(6)
    assert not rounds(10, flags=())
    assert not rounds(10, leave_out=1)
    assert not round_of({}).passed
    assert [story.must_flag for story in round_of({STORIES[3].key: Done(7, 7, 7, ())}).unraised] == ["backfire"]
