"""Datasets and releases."""

from typing import Any

from curation.accounts.models import Role
from tests.builders import accepted_stories, built_release, dataset, person

TABLE = """
datasets GET             | read    | 200
datasets POST            | release | 403 403 201 201
dataset GET              | read    | 404 200 200 200
dataset_outlook GET      | read    | 404 403 200 200
releases GET             | read    | 404 200 200 200
releases POST            | release | 404 403 202 202
release GET              | read    | 404 200 200 200
release DELETE           | release | 404 403 409 409
release_retry POST       | release | 404 403 409 409
release_files GET        | read    | 404 200 200 200
release_file GET         | read    | 404 200 200 200
release_zip GET          | read    | 404 200 200 200
"""


def about(world: Any) -> dict[str, dict[str, Any]]:
    accepted_stories(2, world.people[Role.ANNOTATOR], person())
    release = built_release(dataset(visibility="private"))
    one = {"org": release.dataset.org, "name": release.dataset.name}
    version = one | {"version": release.version}
    of_dataset = ("dataset", "dataset_outlook", "releases")
    of_version = ("release", "release_retry", "release_files", "release_zip")
    return {
        **dict.fromkeys(of_dataset, one),
        **dict.fromkeys(of_version, version),
        "release_file": version | {"path": "README.md"},
    }


def sent(world: Any) -> dict[str, Any]:
    return {
        "datasets POST": {"org": "exempla", "name": "made"},
        "releases POST": {"version": "v0.1.1", "notes": "A title was corrected."},
    }
