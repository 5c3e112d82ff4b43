"""The practice round: its stories with an expert's ratings, and how one's own compare."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotations import material
from curation.core.agreement_level import agreement_level
from curation.core.errors import NotFound
from curation.stories.text import count_words

# The round is passed with this share of ratings at most one apart.
ENOUGH = 0.7


@dataclass(frozen=True)
class PracticeLevel:
    """An expert's rating (None for N/A), and why it is this and no other."""

    value: int | None
    why: str


@dataclass(frozen=True)
class PracticeStory:
    """One practice story in the reader's `language`, or in English where nobody has translated it.

    `flags` and `passages` are mappings as in its file; `must_flag` is a key or empty.
    """

    number: int
    language: str
    key: str
    version: int
    title: str
    text: str
    principles: tuple[str, ...]
    themes: tuple[str, ...]
    ratings: Mapping[str, PracticeLevel]
    flags: tuple[Mapping[str, str], ...]
    passages: tuple[Mapping[str, str], ...]
    lesson: str
    must_flag: str

    @property
    def n_words(self) -> int:
        """How many words it has."""
        return count_words(self.text)


@dataclass(frozen=True)
class PracticeComparison:
    """One criterion. `level`: same, near (one apart), apart, or missed (not rated, as its theme was not marked)."""

    key: str
    own: int | None
    expert: int | None
    why: str
    level: str


@dataclass(frozen=True)
class Done:
    """What counts of the latest attempt at one story."""

    compared: int
    exact: int
    within_one: int
    flags: Collection[str]


@dataclass(frozen=True)
class Round:
    """A round as it stands. `unraised` holds the stories whose one indispensable flag was not raised."""

    done: int
    stories: int
    compared: int
    exact: int
    within_one: int
    unraised: tuple[PracticeStory, ...]

    @property
    def share(self) -> float:
        """The share of ratings that are the expert's or one apart, 0 to 1."""
        return self.within_one / self.compared if self.compared else 0.0

    @property
    def near_enough(self) -> bool:
        """Whether that share is enough."""
        return self.share >= ENOUGH

    @property
    def passed(self) -> bool:
        """Whether every story was rated, enough ratings are near, and no indispensable flag is missing."""
        return self.done == self.stories and self.near_enough and not self.unraised


def practice_stories() -> tuple[PracticeStory, ...]:
    """Return the stories of the round, in order, in the language of whoever looks."""
    return tuple(_story(number, name) for number, name in enumerate(material.names("practice"), 1))


def story_at(number: int) -> PracticeStory:
    """Return the story of this number in the round, from 1; `NotFound` where there is none."""
    stories = practice_stories()
    if not 1 <= number <= len(stories):
        raise NotFound(_("There is no such practice story. The practice page lists them."))
    return stories[number - 1]


def _story(number: int, name: str) -> PracticeStory:
    language = material.language_of("practice", name)
    data = material.read_in("practice", name, material.WRITTEN_IN)
    if language != material.WRITTEN_IN:
        data = _in_words_of(data, material.read_in("practice", name, language))
    return PracticeStory(
        language=language,
        number=number,
        key=data["key"],
        version=data.get("version", 1),
        title=data["title"],
        text=data["text"].strip(),
        principles=tuple(data["principles"]),
        themes=tuple(data["themes"]),
        ratings={key: PracticeLevel(part["value"], part["why"]) for key, part in data["ratings"].items()},
        flags=tuple(data["flags"]),
        passages=tuple(data["passages"]),
        lesson=data["lesson"],
        must_flag=data.get("must_flag", ""),
    )


def _in_words_of(data: Mapping[str, Any], words: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a story with the words of its translation; what it is rated, and for what, is in the story's own file."""
    return {
        **data,
        **{name: words[name] for name in ("title", "text", "lesson")},
        "ratings": {key: {**part, "why": words["ratings"][key]} for key, part in data["ratings"].items()},
        "flags": [{**part, **words["flags"][part["key"]]} for part in data["flags"]],
        "passages": [{**part, "quote": q} for part, q in zip(data["passages"], words["passages"], strict=True)],
    }


def compare(story: PracticeStory, ratings: Mapping[str, int | None], keys: Collection[str]) -> list[PracticeComparison]:
    """Lay one's ratings beside the expert's, in the expert's order, for the criteria that the rubric has (`keys`)."""
    return [
        PracticeComparison(key, ratings.get(key), verdict.value, verdict.why, _level(key, ratings, verdict.value))
        for key, verdict in story.ratings.items()
        if key in keys
    ]


def _level(key: str, ratings: Mapping[str, int | None], expert: int | None) -> str:
    if key not in ratings:
        return "missed"
    return agreement_level(ratings[key], expert)


def flags_beside(story: PracticeStory, said: Mapping[str, Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Lay the flags of an attempt (its data) beside the expert's: `own` and `expert` say who raised each."""
    raised = said.get("flags") or []
    rows: list[dict[str, Any]] = [
        {**flag, "name": names[flag["key"]], "own": flag["key"] in raised, "expert": True}
        for flag in story.flags
        if flag["key"] in names
    ]
    expected = {flag["key"] for flag in story.flags}
    return rows + [
        {"key": key, "name": names[key], "own": True, "expert": False}
        for key in raised
        if key in names and key not in expected
    ]


def themes_beside(story: PracticeStory, said: Mapping[str, Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Lay the themes of an attempt (its data) beside the expert's: `own` and `expert` say who marked each."""
    marked = said.get("themes") or []
    return [
        {"key": key, "name": name, "own": key in marked, "expert": key in story.themes}
        for key, name in names.items()
        if key in marked or key in story.themes
    ]


def done_of(compared: Collection[PracticeComparison], flags: Collection[str]) -> Done:
    """Count a comparison."""
    levels = [part.level for part in compared]
    exact = levels.count("same")
    return Done(len(levels), exact, exact + levels.count("near"), flags)


def round_of(latest: Mapping[str, Done]) -> Round:
    """Return how the round stands, given the latest attempt at each story by its key."""
    stories = practice_stories()
    done = [latest[story.key] for story in stories if story.key in latest]
    return Round(
        done=len(done),
        stories=len(stories),
        compared=sum(part.compared for part in done),
        exact=sum(part.exact for part in done),
        within_one=sum(part.within_one for part in done),
        unraised=tuple(
            story
            for story in stories
            if story.must_flag and story.key in latest and story.must_flag not in latest[story.key].flags
        ),
    )
