"""Which stories fit what somebody asks for: the one rule that the story browser, queues and programs ask."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.models import ReviewFlag
from annotations.queries.blindness import AFTER_REVIEW, to_judge_blind, told_to_be
from curation.accounts.models import User
from curation.stories.actions.search import words_query
from curation.stories.models import Check, SearchEntry, Story, Tag
from curation.stories.models.tag import TagKind
from curation.stories.stages import State


@dataclass(frozen=True)
class StoryFilter:
    """What stories have to fit; a part that is empty narrows nothing.

    `words` are in title or text, `source` is a source's short name, `language` a BCP 47 tag (`pt` is in Brazil's too),
    `run` an import's key, `stories` are keys of stories, `states` is any of these, `principle` and `theme` are keys of
    tags, `finding` is a kind of check that found something, `raised` the key of a flag that a reader raised.
    """

    words: str = ""
    source: str = ""
    language: str = ""
    run: int | None = None
    stories: tuple[int, ...] = ()
    states: tuple[State, ...] = ()
    principle: str = ""
    theme: str = ""
    finding: str = ""
    raised: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return it in JSON's types; `from_data` makes it of that again."""
        return {**asdict(self), "stories": list(self.stories), "states": [state.value for state in self.states]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "StoryFilter":
        """Return what `as_data` has told. A part that was not known when it was kept narrows nothing."""
        known = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        return cls(**known | {"stories": tuple(data["stories"]), "states": tuple(map(State, data["states"]))})


def matching_stories(chosen: StoryFilter, *, reader: User | None = None) -> QuerySet[Story]:
    """Return the stories that fit, of those that `reader` may browse; all of them for the system (None).

    A reader finds them by the states that they are told, and no flag of a story that they have yet to judge blind.
    """
    here = OuterRef("pk")
    stories = Story.objects.all() if reader is None else Story.objects.visible_to(reader)
    if chosen.words:
        stories = stories.filter(pk__in=SearchEntry.objects.filter(words=words_query(chosen.words)).values("story"))
    if chosen.source:
        stories = stories.filter(source__name=chosen.source)
    if chosen.language:
        stories = stories.filter(Q(language=chosen.language) | Q(language__startswith=f"{chosen.language}-"))
    if chosen.run is not None:
        stories = stories.filter(import_run=chosen.run)
    if chosen.stories:
        stories = stories.filter(pk__in=chosen.stories)
    if chosen.states and reader is None:
        stories = stories.filter(stage__state__in=chosen.states)
    elif chosen.states and reader is not None:
        stories = stories.filter(reduce(or_, (_told(reader, state) for state in chosen.states)))
    for kind, key in ((TagKind.PRINCIPLE, chosen.principle), (TagKind.THEME, chosen.theme)):
        if key:
            stories = stories.filter(Exists(Tag.objects.filter(story=here, kind=kind, key=key)))
    if chosen.finding:
        stories = stories.filter(Exists(Check.objects.filter(story=here, kind=chosen.finding).exclude(verdict="pass")))
    if chosen.raised:
        stories = stories.filter(Exists(raised_on(here, reader=reader).filter(flag__key=chosen.raised)))
    return stories


def _told(reader: User, state: State) -> Any:
    return told_to_be(reader, state, story="pk", field="stage__state")


def raised_on(story: Any, *, reader: User | None = None) -> QuerySet[ReviewFlag]:
    """Return the flags that readers raised on a story (`story` leads there), as far as `reader` may know of them.

    While it is in review nobody may: whoever knows could still be let into its queue.
    """
    raised = ReviewFlag.objects.filter(review__story=story, review__withdrawal__isnull=True)
    if reader is None:
        return raised
    over = raised.filter(review__story__stage__state__in=AFTER_REVIEW)
    return over.exclude(to_judge_blind(reader, "review__story"))
