"""Stories, their sources and imports, and the standards."""

import json
from typing import Any

from annotations.actions.blocking import Hit, block_later
from curation.accounts.actors import SYSTEM
from curation.ratings_import.actions import start_ratings_import
from curation.ratings_import.looking import look
from curation.ratings_import.plan import RatingsImportPlan, columns_for
from curation.standards.actions import install_defaults
from curation.standards.queries import current_policy, current_rubric
from curation.stories.actions import start_import
from curation.stories.files import keep
from tests.argilla_files import nested, to_disk
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
story_tags GET       | read   | 404 404 200 200
story_tags POST      | curate | 404 404 200 200
tags POST            | curate | 403 403 200 200
rewrite_requests GET | read   | 403 403 200 200
standards_of_kind GET | read  | 200
standards POST       | curate | 403 403 201 201
standard GET         | read   | 200
imports GET          | read   | 403 403 200 200
imports POST         | curate | 403 403 202 202
import GET           | read   | 404 404 200 200
import_rows GET      | read   | 404 404 200 200
import_resume POST   | curate | 404 404 409 409
ratings_uploads POST | curate | 403 403 422 422
ratings_imports GET  | read   | 403 403 200 200
ratings_imports POST | curate | 403 403 422 422
ratings_import GET   | read   | 404 404 200 200
ratings_not_kept GET | read   | 404 404 200 200
ratings_resume POST  | curate | 404 404 409 409
imported_reviews GET | read   | 403 403 200 200
sources GET          | read   | 403 403 200 200
sources POST         | curate | 403 403 201 201
source GET           | read   | 404 404 200 200
"""


def about(world: Any) -> dict[str, dict[str, Any]]:
    install_defaults()
    blocked = add_story(title="The tug")
    block_later(story=blocked, hit=Hit(kind="placeholder", reason="A placeholder.", index_version="1"))
    names = ["", "_lineage", "_decisions", "_scores", "_unblock", "_history", "_tags"]
    (world.folder / "rows.jsonl").write_text('{"text": "The tug waited."}')
    of = source()
    run = start_import(actor=SYSTEM, source=of, path=world.folder / "rows.jsonl")
    world.story, world.rubric = blocked.pk, current_rubric().pk
    path = to_disk(world.folder, [nested(0)])
    found = look(path, path.name)
    ratings = start_ratings_import(
        actor=SYSTEM,
        source=of,
        kept=keep(path),
        file_name=path.name,
        name="Tales",
        look=found,
        rubric=None,
        plan=RatingsImportPlan(columns_for(found), {}),
    )
    return {
        "imported_reviews": {"pk": blocked.pk},
        **{name: {"pk": ratings.pk} for name in ("ratings_import", "ratings_not_kept", "ratings_resume")},
        **{f"story{name}": {"pk": blocked.pk} for name in names},
        **{name: {"pk": run.pk} for name in ("import", "import_rows", "import_resume")},
        "source": {"pk": of.pk},
        "standards_of_kind": {"kind": "rubric"},
        "standard": {"kind": "rubric", "pk": world.rubric},
    }


def sent(world: Any) -> dict[str, Any]:
    tags = [{"kind": "note", "key": "storm"}]
    rules = current_policy(current_rubric()).rules
    policy = {"name": "A policy", "version": 7, "rules": rules}
    return {
        "sources POST": {"name": "A new partner"},
        "story_tags POST": {"tags": tags},
        "standards POST": {"content": json.dumps(policy), "rubric_id": world.rubric},
        "ratings_uploads POST": b"{}",
        "imports POST": b'{"text": "The tug went on."}',
        "tags POST": {"stories": [world.story], "tags": tags},
    }
