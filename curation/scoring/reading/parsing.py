"""From a raw answer to a checked reading. The same raw answer and text give the same reading on any day."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from curation.core.plain_text import parse_json, storable
from curation.core.spans import Passage
from curation.scoring.reading import failures
from curation.scoring.reading.answers import NOT_APPLICABLE, SHAPE_OF, AnswerShape, CriterionAnswer, FlagAnswer
from curation.scoring.reading.failures import Fault, ReadingFailed
from curation.scoring.reading.fencing import code_of
from curation.scoring.reading.prompts import NEWEST
from curation.scoring.reading.quoting import StoryText
from curation.scoring.reading.results import Behaviour, CriterionReading, FlagReading, Reading
from curation.standards.behaviour import BACKFIRE, backfires

if TYPE_CHECKING:
    from curation.standards.spec import CriterionSpec, RubricSpec

LONGEST_ANSWER, LONGEST_WORDS = 1_000_000, 4_000
# What models without strict answers put around their JSON.
BEFORE, AFTER = ("```json\n", "```\n"), "\n```"


def read(raw: str, text: str, rubric: "RubricSpec", *, tagged: Collection[str] = (), version: int = NEWEST) -> Reading:
    """Return what the answer `raw` says of the story `text`; `ReadingFailed` if it is no answer to it.

    `tagged` holds the themes that the story is tagged with. `version` is the prompt version that was asked with.
    """
    answer = parsed(raw, version)
    if answer.code != code_of(text):
        raise ReadingFailed(Fault.WRONG_CODE, failures.CODE)
    check_known(answer.themes, [theme.key for theme in rubric.themes])
    check_known([flag.flag for flag in answer.flags], [flag.key for flag in rubric.flags])
    story = StoryText(text)
    behaviours = tuple(
        Behaviour(passage_of(story, "behaviours", one.quote), one.conduct, one.intent, one.portrayal)
        for one in answer.behaviours
    )
    return Reading(
        criteria=criteria_of(answer, story, rubric, tagged),
        themes=() if answer.no_ai_character else in_order(answer.themes, [theme.key for theme in rubric.themes]),
        flags=flags_of(answer, story, rubric, behaviours),
        behaviours=behaviours,
        honeypot=answer.honeypot.structural,
        honeypot_reason=kept(answer.honeypot.reason),
        no_ai_character=answer.no_ai_character,
    )


def parsed(raw: str, version: int) -> AnswerShape:
    """Return the answer as data: all of `raw` is one object of the version's shape, and no name in it comes twice."""
    if len(raw) > LONGEST_ANSWER:
        raise ReadingFailed(Fault.NOT_JSON, failures.TOO_LONG, most=f"{LONGEST_ANSWER:,}")
    try:
        data = parse_json(unwrapped(raw), once=True)
    except ValueError as error:
        raise ReadingFailed(Fault.NOT_JSON, failures.NO_JSON) from error
    if not isinstance(data, dict):
        raise ReadingFailed(Fault.NOT_JSON, failures.NO_JSON)
    try:
        return SHAPE_OF[version].model_validate(data)
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_url=False, include_input=False)[0]["loc"]))
        raise ReadingFailed(Fault.WRONG_SHAPE, failures.SHAPE, place=place) from error


def unwrapped(raw: str) -> str:
    """Return `raw` without white space and without the one code fence that may stand around all of it."""
    inner = raw.strip()
    for before in BEFORE:
        if inner.startswith(before) and inner.endswith(AFTER):
            return inner[len(before) : -len(AFTER)]
    return inner


def check_known(said: Sequence[str], known: Collection[str]) -> None:
    """Raise `ReadingFailed` for a key that the rubric does not have, or that is said twice."""
    for key in said:
        if key not in known:
            raise ReadingFailed(Fault.UNKNOWN_KEY, failures.UNKNOWN, key=key)
    if twice := [key for key in known if said.count(key) > 1]:
        raise ReadingFailed(Fault.INCOMPLETE, failures.TWICE, key=twice[0])


def criteria_of(
    answer: AnswerShape, story: StoryText, rubric: "RubricSpec", tagged: Collection[str]
) -> dict[str, CriterionReading]:
    """Return every criterion's reading, in the rubric's order.

    As in a review, a value for a criterion whose theme the story neither shows nor is tagged with is left out, and so
    is every value where no AI acts.
    """
    said = {one.criterion: one for one in answer.criteria}
    known = [criterion.key for criterion in rubric.criteria]
    check_known([one.criterion for one in answer.criteria], known)
    if not answer.no_ai_character and (missing := [key for key in known if key not in said]):
        raise ReadingFailed(Fault.INCOMPLETE, failures.LEFT_OUT, keys=", ".join(missing))
    themes = () if answer.no_ai_character else {*answer.themes, *tagged}
    readings = {}
    for criterion in rubric.criteria:
        applies = not answer.no_ai_character and (not criterion.theme or criterion.theme in themes)
        readings[criterion.key] = reading_of(criterion, said.get(criterion.key), story, applies=applies)
    return readings


def reading_of(
    criterion: "CriterionSpec", said: CriterionAnswer | None, story: StoryText, *, applies: bool
) -> CriterionReading:
    """Return one criterion's reading. Its quotes are checked even where its value is left out."""
    if said is None:
        return CriterionReading(criterion.key, None)
    quotes = passages_of(story, criterion.key, said.quotes)
    if said.value == NOT_APPLICABLE and applies and not (criterion.na_allowed or criterion.theme):
        raise ReadingFailed(Fault.NOT_APPLICABLE, failures.ALWAYS_APPLIES, key=criterion.key)
    value = int(said.value) if applies and said.value != NOT_APPLICABLE else None
    return CriterionReading(criterion.key, value, kept(said.rationale), quotes)


def flags_of(
    answer: AnswerShape, story: StoryText, rubric: "RubricSpec", behaviours: Iterable[Behaviour]
) -> tuple[FlagReading, ...]:
    """Return the flags that are raised, in the rubric's order.

    A passage that is marked as one raises the flag of a backfire, named or not, as it does in a review.
    """
    said: dict[str, FlagAnswer] = {one.flag: one for one in answer.flags}
    shown = tuple(one.passage for one in behaviours if backfires(one))
    raised = []
    for flag in rubric.flags:
        quotes = passages_of(story, flag.key, said[flag.key].quotes) if flag.key in said else ()
        if flag.key == BACKFIRE:
            quotes = tuple(dict.fromkeys((*quotes, *shown)))
        if flag.key not in said and not (flag.key == BACKFIRE and shown):
            continue
        if flag.asks_passage and not quotes:
            raise ReadingFailed(Fault.NO_PASSAGE, failures.QUOTES_NOTHING, key=flag.key)
        raised.append(FlagReading(flag.key, kept(said[flag.key].reason) if flag.key in said else "", quotes))
    return tuple(raised)


def passages_of(story: StoryText, key: str, quotes: Iterable[str]) -> tuple[Passage, ...]:
    """Return where the story says each of `quotes`, each passage once; an empty quote is none."""
    return tuple(dict.fromkeys(passage_of(story, key, quote) for quote in quotes if quote.strip()))


def passage_of(story: StoryText, key: str, quote: str) -> Passage:
    """Return where the story says `quote`; `ReadingFailed` where it does not. `key` is what it is quoted for."""
    if (passage := story.passage(quote)) is None:
        raise ReadingFailed(Fault.INVENTED_QUOTE, failures.INVENTED, key=key, quote=quote)
    return passage


def in_order(said: Collection[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return what was said, in the rubric's order."""
    return tuple(key for key in known if key in said)


def kept(words: str) -> str:
    """Return what a model wrote as it is stored: not without end, and without what the database cannot hold."""
    words = words.strip()[:LONGEST_WORDS]
    return words if storable(words) else words.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
