"""What a language model is asked about a story, and how its answer is read. Pure: no database, no network.

`request_for` makes what is sent, and `read` turns the raw answer into a `Reading` or raises `ReadingFailed`. An answer
that is stored raw can be read again at any time.
"""

from curation.scoring.reading.asking import JudgeRequest, request_for
from curation.scoring.reading.failures import Fault, ReadingFailed
from curation.scoring.reading.parsing import read
from curation.scoring.reading.prompts import NEWEST, Prompt, PromptUnusable, prompt, prompt_versions
from curation.scoring.reading.results import Behaviour, CriterionReading, FlagReading, Reading

__all__ = [
    "NEWEST",
    "Behaviour",
    "CriterionReading",
    "Fault",
    "FlagReading",
    "JudgeRequest",
    "Prompt",
    "PromptUnusable",
    "Reading",
    "ReadingFailed",
    "prompt",
    "prompt_versions",
    "read",
    "request_for",
]
