"""What holds for every test."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Begin in English: a request leaves the language it was answered in behind, until the next one."""
    translation.activate("en")
    yield
    translation.deactivate()
