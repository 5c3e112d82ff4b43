"""One record in the terms of a plan: reviews, scores, and all that does not map, each with its reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotations.schema import LONGEST_COMMENT, MOST_SPANS, SpanMark, Submission, storable
from curation.core.plain_text import with_lf
from curation.ratings_import.models.not_kept import What, Why
from curation.ratings_import.plan import (
    COMMENT,
    CRITERION,
    FLAG,
    MARKS,
    NOT_APPLICABLE,
    THEME,
    RatingsImportPlan,
    Target,
)
from curation.ratings_import.shapes import AnnotatedRecord, Kind, Question, Response, Suggestion
from curation.ratings_import.shapes.record import DISCARDED, DRAFT
from curation.stories.columns import cell
from curation.stories.mapping import Rejected, said


@dataclass(frozen=True)
class Left:
    """Something that was not kept: an answer of `who` to `question`, a whole response (no question), or a record."""

    what: What
    why: Why
    who: str = ""
    question: str = ""


@dataclass(frozen=True)
class SuggestedScore:
    """A suggestion as a score: `value` is 1 to 5, or None for N/A. `sure` is what the model said of itself, 0 to 1."""

    agent: str
    criterion: str
    value: float | None
    sure: float | None


@dataclass
class Turned:
    """What a record comes to: reviews by person, scores, and what is left."""

    reviews: list[tuple[str, Submission]] = field(default_factory=list)
    scores: list[SuggestedScore] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


@dataclass(frozen=True)
class Text:
    """The text of a record as its file has it, and that of the story as it is stored.

    Line ends are LF there; one that was there already may have other white space too.
    """

    file: str
    story: str


def text_of(values: Mapping[str, Any], plan: RatingsImportPlan) -> str:
    """Return the story in a row as its file has it; empty where there is none."""
    try:
        return said(cell(values, plan.columns["text"]))
    except Rejected:
        return ""


class Answers:
    """What is made of one person's answers, one question after the other."""

    def __init__(self, plan: RatingsImportPlan, questions: Mapping[str, Question], text: Text) -> None:
        self.plan, self.questions, self.text = plan, questions, text
        self.ratings: dict[str, int | None] = {}
        self.flags: dict[str, None] = {}
        self.themes: dict[str, None] = {}
        self.spans: list[SpanMark] = []
        self.comments: list[str] = []

    def add(self, name: str, value: Any) -> Iterator[Why]:
        """Take one answer in; yield the reasons for which it, or a part of it, is not kept."""
        question, target = self.questions.get(name), self.plan.targets.get(name)
        if question is None or target is None:
            yield Why.NOT_ASKED
        elif target.criterion:
            yield from self._rating(target, value)
        elif target.becomes == MARKS and question.kind is Kind.SPAN:
            yield from self._passages(question, target, value)
        elif target.becomes == MARKS:
            yield from self._marks(target, value)
        elif target.becomes == COMMENT:
            self._comment(question, value)
        else:
            yield Why.NOT_ASKED

    def _rating(self, target: Target, value: Any) -> Iterator[Why]:
        mapped = target.options.get(str(value))
        if mapped is None:
            yield Why.OPTION
        else:
            self.ratings[target.criterion] = None if mapped == NOT_APPLICABLE else int(mapped)

    def _marks(self, target: Target, value: Any) -> Iterator[Why]:
        unknown = False
        for one in value if isinstance(value, list) else [value]:
            mapped = target.options.get(str(one), "")
            if mapped.startswith(FLAG):
                self.flags.setdefault(mapped.removeprefix(FLAG))
            elif mapped.startswith(THEME):
                self.themes.setdefault(mapped.removeprefix(THEME))
            else:
                unknown = True
        if unknown:
            yield Why.OPTION

    def _passages(self, question: Question, target: Target, value: Any) -> Iterator[Why]:
        if question.field and question.field != self.plan.text_field:
            yield Why.OTHER_FIELD
            return
        reasons: dict[Why, None] = {}
        for one in value if isinstance(value, list) else ():
            why = self._passage(target, one if isinstance(one, dict) else {})
            if why is not None:
                reasons.setdefault(why)
        yield from reasons

    def _passage(self, target: Target, one: Mapping[str, Any]) -> Why | None:
        """Take one passage in, half-open in code points of the file's text. What does not lie there is not moved."""
        mapped = target.options.get(str(one.get("label")), "")
        start, end = one.get("start"), one.get("end")
        if not mapped:
            return Why.OPTION
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(self.text.file):
            return Why.OUTSIDE
        # Where line ends were two characters they are one now: counted anew, and compared.
        quote = with_lf(self.text.file[start:end])
        begin = len(with_lf(self.text.file[:start]))
        if self.text.story[begin : begin + len(quote)] != quote:
            return Why.CHANGED
        if len(self.spans) == MOST_SPANS:
            return Why.TOO_MANY
        is_flag = mapped.startswith(FLAG)
        key = mapped.removeprefix(FLAG if is_flag else CRITERION)
        if is_flag:
            self.flags.setdefault(key)
        self.spans.append(SpanMark("" if is_flag else key, key if is_flag else "", begin, begin + len(quote), quote))
        return None

    def _comment(self, question: Question, value: Any) -> None:
        words = _in_words(question, value)
        if words:
            self.comments.append(f"{question.shown}: {words}" if self._is_one_of_several() else words)

    def _is_one_of_several(self) -> bool:
        return sum(target.becomes == COMMENT for target in self.plan.targets.values()) > 1

    @property
    def empty(self) -> bool:
        """Whether nothing was taken in."""
        return not (self.ratings or self.flags or self.themes or self.spans or self.comments)

    def submission(self) -> tuple[Submission, bool]:
        """Return the review, and whether its comment had to be cut."""
        comment = storable(with_lf("\n\n".join(self.comments))).strip()
        review = Submission(
            themes=tuple(self.themes),
            ratings=self.ratings,
            flags=tuple(self.flags),
            spans=tuple(self.spans),
            comment=comment[:LONGEST_COMMENT].rstrip(),
        )
        return review, len(comment) > LONGEST_COMMENT


def _in_words(question: Question, value: Any) -> str:
    if isinstance(value, list):
        ranked = [one for one in value if isinstance(one, dict) and "rank" in one]
        if ranked:
            ranked.sort(key=lambda one: str(one["rank"]))
            return ", ".join(f"{one['rank']}. {_shown(question, one.get('value'))}" for one in ranked)
        return ", ".join(_shown(question, one) for one in value)
    return _shown(question, value)


def _shown(question: Question, value: Any) -> str:
    return "" if value is None else question.options.get(str(value), str(value)).strip()


def turned(
    record: AnnotatedRecord, *, plan: RatingsImportPlan, questions: Mapping[str, Question], text: Text
) -> Turned:
    """Return what a record comes to. What people answered is kept of submitted responses alone."""
    found = Turned()
    for response in record.responses:
        _turn_response(found, response, plan, questions, text)
    for person, question in record.several:
        found.left.append(Left(What.RESPONSE, Why.SEVERAL, person, question))
    for suggestion in record.suggestions:
        _turn_suggestion(found, suggestion, plan, questions)
    return found


def _turn_response(
    found: Turned, response: Response, plan: RatingsImportPlan, questions: Mapping[str, Question], text: Text
) -> None:
    who = response.person
    if response.status in {DRAFT, DISCARDED}:
        found.left.append(Left(What.RESPONSE, Why(response.status), who))
        return
    answers = Answers(plan, questions, text)
    for name, value in response.answers.items():
        if value is not None:
            found.left += [Left(What.RESPONSE, why, who, name) for why in answers.add(name, value)]
    if answers.empty:
        found.left.append(Left(What.RESPONSE, Why.EMPTY, who))
        return
    submission, cut = answers.submission()
    if cut:
        found.left.append(Left(What.RESPONSE, Why.TOO_LONG, who))
    found.reviews.append((who, submission))


def _turn_suggestion(
    found: Turned, suggestion: Suggestion, plan: RatingsImportPlan, questions: Mapping[str, Question]
) -> None:
    target = plan.targets.get(suggestion.question)
    why = Why.NOT_ASKED
    if target is not None and suggestion.question in questions:
        if target.criterion:
            mapped = target.options.get(str(suggestion.value))
            if mapped is not None:
                value = None if mapped == NOT_APPLICABLE else float(mapped)
                found.scores.append(SuggestedScore(suggestion.agent, target.criterion, value, suggestion.score))
                return
            why = Why.OPTION
        elif target.becomes in {MARKS, COMMENT}:
            why = Why.NO_RATING
    found.left.append(Left(What.SUGGESTION, why, suggestion.agent, suggestion.question))
