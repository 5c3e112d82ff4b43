"""Fields that several parts of the API share: they take what the description says, and nothing that is only like it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from curation.stories.forms import LONGEST_LANGUAGE
from curation.stories.languages import tag_of

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


class Language(Plain):
    """A language by any name or code of it, as its BCP 47 tag."""

    default_error_messages = {"unknown": _("No language is called “{written}”.")}

    def __init__(self, **options: Any) -> None:
        said = "A language by its name or code, such as `de`. `pt` finds `pt-BR` too."
        super().__init__(**{"max_length": LONGEST_LANGUAGE, "help_text": said, **options})

    def to_internal_value(self, data: Any) -> str:
        """Return the tag; what names no language is refused."""
        written = super().to_internal_value(data)
        if written and not tag_of(written):
            self.fail("unknown", written=written)
        return tag_of(written)


class YesNo(serializers.BooleanField):
    """`true` or `false` of JSON."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the answer."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return bool(data)
