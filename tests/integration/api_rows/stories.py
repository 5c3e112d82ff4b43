"""Stories, their sources and imports, and the standards."""

from typing import Any

from annotations.actions.blocking import Hit, block_later
from curation.standards.actions import install_defaults
from tests.builders import add_story, source

TABLE = """
stories GET          | read   | 403 403 200 200
story GET            | read   | 404 404 200 200
story_lineage GET    | read   | 404 404 200 200
story_decisions GET  | read   | 404 404 200 200
story_scores GET     | read   | 404 404 200 200
story_scores POST    | read   | 404 404 200 200
story_unblock POST   | curate | 404 404 200 200
story_history GET    | read   | 404 404 200 200
sources GET          | read   | 403 403 200 200
sources POST         | curate | 403 403 201 201
source GET           | read   | 404 404 200 200
"""


def about(world: Any) -> dict[str, dict[str, Any]]:
    install_defaults()
    blocked = add_story(title="The tug")
    block_later(story=blocked, hit=Hit(kind="placeholder", reason="A placeholder.", index_version="1"))
    names = ["story", "story_lineage", "story_decisions", "story_scores", "story_unblock", "story_history"]
    return {name: {"pk": blocked.pk} for name in names} | {"source": {"pk": source().pk}}


def sent(world: Any) -> dict[str, Any]:
    return {"sources POST": {"name": "A new partner"}}
