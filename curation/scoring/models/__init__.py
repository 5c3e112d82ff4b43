from curation.scoring.models.answer import AnswerReading, JudgeAnswer
from curation.scoring.models.ensemble import EnsembleMember
from curation.scoring.models.job import ScoreJob
from curation.scoring.models.judge import Judge, JudgeCalibration, JudgeVersion
from curation.scoring.models.run import ImportRule, ScoreRun
from curation.scoring.models.score import Score

__all__ = [
    "AnswerReading",
    "EnsembleMember",
    "ImportRule",
    "Judge",
    "JudgeAnswer",
    "JudgeCalibration",
    "JudgeVersion",
    "Score",
    "ScoreJob",
    "ScoreRun",
]
