"""What a judge version asks of a story, and how it reads what comes back: all that is needed, loaded once."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from curation.scoring.models import JudgeVersion
from curation.scoring.reading import JudgeRequest, Prompt, Reading, prompt, read, request_for
from curation.scoring.schema import StoryInput
from curation.standards.spec import ConstitutionSpec, RubricSpec, constitution_of, spec_of
from curation.stories.models import Story, Tag
from curation.stories.models.tag import TagKind


@dataclass(frozen=True)
class Questions:
    """One version with its prompt, rubric and constitution; `criteria` maps key to id.

    It touches no database once it is loaded, and may be used by several threads.
    """

    version: JudgeVersion
    prompt: Prompt
    rubric: RubricSpec
    constitution: ConstitutionSpec
    criteria: Mapping[str, int]

    def request(self, story: StoryInput) -> JudgeRequest:
        """Return what is sent to the model so that it reads `story`."""
        return request_for(self.prompt, self.rubric, self.constitution, story)

    def read(self, raw: str, story: StoryInput) -> Reading:
        """Return what the raw answer says of `story`; `ReadingFailed` where it is no answer to it."""
        return read(raw, story.text, self.rubric, tagged=story.themes, version=self.prompt.version)


def questions_of(version: JudgeVersion) -> Questions:
    """Load what a version of a language model asks."""
    assert version.prompt_version is not None  # noqa: S101 - tells mypy what holds here  # nosec
    assert version.constitution is not None  # noqa: S101 - tells mypy what holds here  # nosec
    rubric = spec_of(version.rubric)
    return Questions(
        version=version,
        prompt=prompt(version.prompt_version, version.prompt),
        rubric=rubric,
        constitution=constitution_of(version.constitution),
        criteria={criterion.key: criterion.id for criterion in rubric.criteria},
    )


def story_inputs(stories: Collection[int]) -> dict[int, StoryInput]:
    """Return these stories (ids) as a judge sees them, in two statements; one that is gone is left out."""
    tags: dict[tuple[int, str], list[str]] = defaultdict(list)
    kinds = [TagKind.PRINCIPLE, TagKind.THEME]
    found = Tag.objects.filter(story__in=stories, kind__in=kinds).order_by("kind", "key").distinct()
    for story, kind, key in found.values_list("story_id", "kind", "key"):
        tags[story, kind].append(key)
    rows = Story.objects.filter(pk__in=stories).values_list("pk", "text", "title", "language")
    return {
        pk: StoryInput(
            id=pk,
            text=text,
            title=title,
            language=language,
            principles=tuple(tags[pk, TagKind.PRINCIPLE]),
            themes=tuple(tags[pk, TagKind.THEME]),
        )
        for pk, text, title, language in rows
    }
