"""What a model answered, and what was read in it. Both are append-only: what was paid for is never lost."""

from django.db import models
from django.db.models import Q

from curation.llm.models import Spend
from curation.scoring.models.judge import JudgeVersion
from curation.scoring.models.run import ScoreRun
from curation.stories.models import Story


class JudgeAnswer(models.Model):
    """One answer of a model to the question that `judge_version` asks of a story, as it came. Append-only.

    It is stored before anything is read in it. `sample` counts the draws that a version asks for. `attempt` counts from
    1: a sample is asked for again only where none of its answers could be read.
    """

    run = models.ForeignKey(ScoreRun, on_delete=models.PROTECT, related_name="+")
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="+", db_index=False)
    judge_version = models.ForeignKey(JudgeVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    sample = models.PositiveSmallIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=1)
    raw = models.TextField()
    response_id = models.CharField(max_length=200, blank=True)
    stop_reason = models.CharField(max_length=40, blank=True)
    # The call in the ledger: what it took of tokens, money and time.
    spend = models.OneToOneField(Spend, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Also serves the search for the answers of a story and of a version.
            models.UniqueConstraint(fields=["judge_version", "story", "sample", "attempt"], name="answer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.judge_version_id} on {self.story_id}, sample {self.sample}"


class AnswerReading(models.Model):
    """What `judge_version` read in an answer: its scores are rows of their own, the rest is in `found`. Append-only.

    `fault` is the kind of failure (`scoring.reading.Fault`) where the answer is no reading of the story, and `reason`
    says it in a sentence; one that failed has no scores. Otherwise `found` holds `themes`, `flags`, `behaviours`,
    `honeypot`, `honeypot_reason` and `no_ai_character`, with passages as [start, end].
    """

    answer = models.ForeignKey(JudgeAnswer, on_delete=models.CASCADE, related_name="readings", db_index=False)
    judge_version = models.ForeignKey(JudgeVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    fault = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    found = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["answer", "judge_version"], name="answer_reading_once"),
            models.CheckConstraint(
                condition=Q(fault="", reason="") | (~Q(fault="") & ~Q(reason="")), name="answer_reading_says_why"
            ),
        ]
        indexes = [
            # Serves the count of failures by kind.
            models.Index(fields=["judge_version", "fault"], condition=~Q(fault=""), name="answer_reading_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} read by {self.judge_version_id}"
