from curation.scoring.models.answer import Answer, AnswerReading
from curation.scoring.models.job import ScoreJob
from curation.scoring.models.judge import Judge, JudgeCalibration, JudgeVersion
from curation.scoring.models.run import ImportRule, ScoreRun
from curation.scoring.models.score import Score

__all__ = [
    "Answer",
    "AnswerReading",
    "ImportRule",
    "Judge",
    "JudgeCalibration",
    "JudgeVersion",
    "Score",
    "ScoreJob",
    "ScoreRun",
]
