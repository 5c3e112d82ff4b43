"""Why an answer is no reading of the story. Kept in English with the sample, told in the reader's language."""

from enum import StrEnum
from typing import Any

from curation.core.stored_messages import gettext_noop


class Fault(StrEnum):
    """The kinds of failure, as they are counted per judge."""

    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    WRONG_CODE = "wrong_code"
    INCOMPLETE = "incomplete"
    NOT_APPLICABLE = "not_applicable"
    INVENTED_QUOTE = "invented_quote"
    UNKNOWN_KEY = "unknown_key"
    NO_PASSAGE = "no_passage"


NO_JSON = gettext_noop("The answer is not one JSON object.")
TOO_LONG = gettext_noop("The answer has more than %(most)s characters.")
SHAPE = gettext_noop("The answer does not have the shape that was asked for, at %(place)s.")
CODE = gettext_noop("The answer does not carry the code of this story.")
LEFT_OUT = gettext_noop("The answer leaves out %(keys)s.")
TWICE = gettext_noop("The answer says %(key)s twice.")
UNKNOWN = gettext_noop("The answer names “%(key)s”, which the rubric does not have.")
ALWAYS_APPLIES = gettext_noop("The answer says N/A for %(key)s, which always applies.")
INVENTED = gettext_noop("The answer quotes for %(key)s what the story does not say: “%(quote)s”.")
QUOTES_NOTHING = gettext_noop("The answer raises %(key)s without a passage that shows it.")
FORMS = (
    NO_JSON, TOO_LONG, SHAPE, CODE, LEFT_OUT, TWICE, UNKNOWN, ALWAYS_APPLIES, INVENTED, QUOTES_NOTHING,
)  # fmt: skip
# What a job says of its answer, on pages and in logs: nothing of what the model saw in the story, which whoever may
# still review it is not to know. The reason in full stays with the answer.
KEPT_BACK: dict[Fault, str] = {
    Fault.NOT_JSON: NO_JSON,
    Fault.WRONG_SHAPE: gettext_noop("The answer does not have the shape that was asked for."),
    Fault.WRONG_CODE: CODE,
    Fault.INCOMPLETE: gettext_noop("The answer leaves something out, or says it twice."),
    Fault.NOT_APPLICABLE: gettext_noop("The answer says N/A where it may not."),
    Fault.INVENTED_QUOTE: gettext_noop("The answer quotes what the story does not say."),
    Fault.UNKNOWN_KEY: gettext_noop("The answer names something that the rubric does not have."),
    Fault.NO_PASSAGE: gettext_noop("The answer says something without the passage that shows it."),
}
# Of what a model wrote, as much as a reason repeats.
SHOWN = 80


class ReadingFailed(Exception):
    """This answer is no reading of the story: `fault` says of which kind, `reason` says it in a sentence."""

    def __init__(self, fault: Fault, form: str, **values: Any) -> None:
        self.fault = fault
        self.reason = form % {name: excerpt(str(value)) for name, value in values.items()}
        super().__init__(self.reason)

    @property
    def kept_back(self) -> str:
        """What may be told of it to everybody: its kind in a sentence."""
        return KEPT_BACK[self.fault]


def excerpt(words: str) -> str:
    """Return the beginning of what a model wrote, on one line and in characters that can be stored."""
    line = " ".join(words[: 2 * SHOWN].split()).replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
