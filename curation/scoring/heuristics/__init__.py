"""What can be said of a story by counting words, before anybody has rated enough stories to learn from.

docs/reference/embedded-scorer.md explains every rule to the people who read these scores.
"""

from curation.scoring.heuristics.features import Features, read
from curation.scoring.heuristics.rules import RULES, SPREAD, UNKNOWN_SPREAD, Rule, draft, drafts

__all__ = ["RULES", "SPREAD", "UNKNOWN_SPREAD", "Features", "Rule", "draft", "drafts", "read"]
