from curation.scoring.models.job import ScoreJob
from curation.scoring.models.judge import Judge, JudgeVersion
from curation.scoring.models.score import Score

__all__ = ["Judge", "JudgeVersion", "Score", "ScoreJob"]
