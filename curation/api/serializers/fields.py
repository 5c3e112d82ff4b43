"""Fields that several parts of the API share: they take what the description says, and nothing that is only like it."""

from typing import Any

from rest_framework import serializers

LARGEST_KEY = 2**63 - 1


class Whole(serializers.IntegerField):
    """A whole number of JSON, not one that is written in a text or a fraction."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class Key(Whole):
    """The id of a row."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": LARGEST_KEY, **options})


class Plain(serializers.CharField):
    """A text of JSON as it is, spaces at its ends too; a number is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesNo(serializers.BooleanField):
    """`true` or `false` of JSON."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the answer."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return bool(data)
