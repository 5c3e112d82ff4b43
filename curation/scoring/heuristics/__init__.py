"""What can be said of a story by counting words, before anybody has rated enough stories to learn from.

docs/reference/embedded-scorer.md explains every rule to the people who read these scores.
"""

from curation.scoring.heuristics.features import Features, read
from curation.scoring.heuristics.rules import DEVIATION, RULES, UNKNOWN_DEVIATION, HeuristicRule, draft, drafts

__all__ = ["DEVIATION", "RULES", "UNKNOWN_DEVIATION", "Features", "HeuristicRule", "draft", "drafts", "read"]
