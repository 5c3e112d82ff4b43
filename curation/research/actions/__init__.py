"""Everything that is kept of what researchers look at, find wrong and find out."""

from curation.research.actions.outcomes import add_outcome, decide_outcome
from curation.research.actions.profiling import make_profile, make_profiles_due, profile_of
from curation.research.actions.reporting import answer_report, finish_report, report_row

__all__ = [
    "add_outcome",
    "answer_report",
    "decide_outcome",
    "finish_report",
    "make_profile",
    "make_profiles_due",
    "profile_of",
    "report_row",
]
