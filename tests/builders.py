"""Building blocks for tests. Every state is reached by the real actions of the rooms."""

import itertools
from typing import Any

from curation.accounts.models import Role, User
from curation.stories.actions import add_stories, create_source
from curation.stories.models import Source, Story

numbers = itertools.count(1)


def person(role: Role = Role.ANNOTATOR, username: str = "") -> User:
    """Create a person with the password `a-long-password`."""
    name = username or f"{role}-{next(numbers)}"
    return User.objects.create_user(username=name, password="a-long-password", role=role)


def source(name: str = "") -> Source:
    """Create a source."""
    return create_source(actor=None, name=name or f"source-{next(numbers)}", license="CC0-1.0")


def add_story(text: str = "", *, of: Source | None = None, **fields: Any) -> Story:
    """Store one story, of a text of its own unless one is given."""
    words = text or f"Story {next(numbers)}. The tug asked the harbour master twice, and then it waited."
    return add_stories(actor=None, source=of or source(), rows=[{"text": words, **fields}])[0]
