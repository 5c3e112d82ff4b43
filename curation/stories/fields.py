"""The fields of a story that a column of a file can be mapped to."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Field:
    """A field that a column can be mapped to. `size` is its longest value in code points, 0 for no limit."""

    label: StrOrPromise
    size: int
    guesses: tuple[str, ...]
    tag: str = ""


FIELDS: dict[str, Field] = {
    "text": Field(
        _("Story text"), 0,
        ("text", "story", "story_text", "full_text", "content", "body", "completion", "generated_text",
         "generated_story", "generation", "output", "response", "narrative", "document",
         "messages", "conversations", "conversation", "contents"),
    ),
    "title": Field(_("Title"), 300, ("title", "story_title", "headline", "heading", "name")),
    "prompt": Field(
        _("Prompt"), 0, ("prompt", "writing_prompt", "instruction", "premise", "scenario", "input", "question")
    ),
    "generator": Field(
        _("Generator"), 160, ("generator", "model", "model_name", "generator_model", "model_id", "generated_by", "llm")
    ),
    "original_id": Field(
        _("Original id"), 200,
        ("original_id", "id", "story_id", "uid", "uuid", "key", "file", "path", "index", "idx", "column_1")
    ),
    "license": Field(_("Licence"), 80, ("license", "licence")),
    "language": Field(_("Language"), 16, ("language", "lang")),
    "genre": Field(_("Genre"), 80, ("genre", "genres")),
    "setting": Field(_("Setting"), 200, ("setting", "location", "world")),
    "pov": Field(_("Point of view"), 80, ("pov", "point_of_view", "perspective", "narration")),
    "tone": Field(_("Tone"), 80, ("tone", "mood", "register")),
    "protagonist": Field(_("Protagonist"), 80, ("protagonist", "main_character", "hero")),
    "principles": Field(_("Principles"), 80, ("principles", "principle", "principle_keys", "values"), tag="principle"),
    "themes": Field(_("Themes"), 80, ("themes", "theme", "theme_keys"), tag="theme"),
    "content_notes": Field(
        _("Content notes"), 80,
        ("content_notes", "content_note", "content_warnings", "content_warning",
         "trigger_warnings"), tag="note",
    ),
}  # fmt: skip
DEFAULTABLE = ("license", "language", "generator", "genre")
