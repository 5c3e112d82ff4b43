"""Building blocks for tests. Every state is reached by the real actions of the rooms."""

import itertools

from curation.accounts.models import Role, User

numbers = itertools.count(1)


def person(role: Role = Role.ANNOTATOR, username: str = "") -> User:
    """Create a person with the password `a-long-password`."""
    name = username or f"{role}-{next(numbers)}"
    return User.objects.create_user(username=name, password="a-long-password", role=role)
