"""Runs of judges: what they are made over, what they cost, and how far they are."""

from typing import Any

from rest_framework import serializers

from curation.api.serializers.fields import Language
from curation.api.serializers.judges import MICRO_USD
from curation.llm.actions.budgets import MOST
from curation.scoring.models import JudgeVersion, ScoreJob, ScoreRun
from curation.scoring.models.run import PausedBy, RunState
from curation.scoring.queries import RunProgress
from curation.scoring.telling import told_note, told_reason
from curation.triage.forms import MOST_CHOSEN, OF_RUNS

MOST_STORIES = 10_000_000
A_KEY = 2**63 - 1


class RunFilter(serializers.Serializer[Any]):
    """Which runs to list."""

    judge = serializers.SlugField(required=False, help_text="Only of the judge with this key.")
    state = serializers.ChoiceField(RunState.choices, required=False)


class NewRunSerializer(serializers.Serializer[Any]):
    """Which stories a judge version is to read: those that fit all that is said."""

    version = serializers.PrimaryKeyRelatedField(
        queryset=JudgeVersion.objects.all(), help_text="The id of a version that asks a language model."
    )
    state = serializers.ChoiceField(
        list(OF_RUNS),
        default="any",
        help_text="`any` that passed their checks, `ready` to review, `queued` in review, or `decided`.",
    )
    source = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="A source's short name.")  # type: ignore[assignment]  # DRF takes it out of the class
    language = Language(required=False, allow_blank=True)
    run = serializers.IntegerField(
        min_value=1, max_value=A_KEY, allow_null=True, default=None, help_text="The id of an import."
    )
    stories = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=A_KEY),
        max_length=MOST_CHOSEN,
        required=False,
        help_text="Ids of stories, chosen one by one.",
    )
    principle = serializers.CharField(max_length=80, required=False, allow_blank=True, help_text="The key of a tag.")
    theme = serializers.CharField(max_length=80, required=False, allow_blank=True, help_text="The key of a tag.")
    at_most = serializers.IntegerField(
        min_value=1, max_value=MOST_STORIES, allow_null=True, default=None, help_text="So many of them, by chance."
    )


class RunSerializer(serializers.ModelSerializer[ScoreRun]):
    """A run: so many answers of one judge version, within a budget."""

    version = serializers.IntegerField(source="judge_version_id", help_text="The id of the judge version.")
    judge = serializers.CharField(source="judge_version.judge.key", help_text="The key of its judge.")
    stories = serializers.IntegerField()
    total = serializers.IntegerField(help_text="How many answers it is to get: stories times samples.")
    sampled = serializers.IntegerField(help_text="How many stories the estimate was measured on.")
    measured = serializers.IntegerField(
        help_text="How many earlier answers of its model the estimate rests on; with 0, their length is assumed."
    )
    answer_at_most_micro_usd = serializers.IntegerField(
        allow_null=True, help_text=f"What is kept back of the budget for an answer that is on its way. {MICRO_USD}"
    )
    estimated_micro_usd = serializers.IntegerField(
        allow_null=True, help_text=f"{MICRO_USD} Null where nobody has told what the model costs: it cannot be started."
    )
    batch_micro_usd = serializers.IntegerField(
        allow_null=True, help_text=f"The estimate for batches; null where the provider takes none. {MICRO_USD}"
    )
    batch_at_most_micro_usd = serializers.IntegerField(
        allow_null=True, help_text=f"What the budget has to hold so that all goes out in batches at once. {MICRO_USD}"
    )
    in_batches = serializers.BooleanField(help_text="Whether it is answered within a day, for less.")
    limit_micro_usd = serializers.IntegerField(
        source="budget.limit_micro_usd",
        read_only=True,
        default=None,
        allow_null=True,
        help_text=f"Null before it is started. {MICRO_USD}",
    )
    spent_micro_usd = serializers.IntegerField(
        source="budget.spent_micro_usd", read_only=True, default=0, help_text=f"For answers. {MICRO_USD}"
    )
    unknown_micro_usd = serializers.IntegerField(
        source="budget.unknown_micro_usd",
        read_only=True,
        default=0,
        help_text=f"For calls of which nobody learns the price. {MICRO_USD}",
    )
    paused_by = serializers.ChoiceField(PausedBy.choices, allow_blank=True, help_text="Empty unless it is paused.")
    note = serializers.SerializerMethodField(help_text="Why it waits; empty otherwise.")
    rule = serializers.IntegerField(source="rule_id", allow_null=True, help_text="The import rule that made it.")
    import_run = serializers.IntegerField(source="import_run_id", allow_null=True, help_text="The import it is over.")
    created_by = serializers.CharField(source="created_by.username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = ScoreRun
        fields = [
            "id",
            "version",
            "judge",
            "state",
            "chosen",
            "stories",
            "total",
            "sampled",
            "measured",
            "estimated_input_tokens",
            "estimated_cached_tokens",
            "estimated_output_tokens",
            "estimated_micro_usd",
            "answer_at_most_micro_usd",
            "batch_micro_usd",
            "batch_at_most_micro_usd",
            "in_batches",
            "limit_micro_usd",
            "spent_micro_usd",
            "unknown_micro_usd",
            "paused_by",
            "note",
            "rule",
            "import_run",
            "created_by",
            "created_at",
            "started_at",
            "ended_at",
        ]
        read_only_fields = fields

    def get_note(self, run: ScoreRun) -> str:
        """Return the note in the caller's language."""
        return told_note(run.note)


class RunProgressSerializer(serializers.Serializer[RunProgress]):
    """How far a run is, in answers."""

    waiting = serializers.IntegerField()
    in_hand = serializers.IntegerField()
    sent = serializers.IntegerField(help_text="In batches at the provider.")
    sent_since = serializers.DateTimeField(allow_null=True, help_text="When the first of these batches was sent.")
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    a_minute = serializers.FloatField(allow_null=True, help_text="The rate of late; null while nothing was done.")


class WholeRunSerializer(RunSerializer):
    """A run and how far it is."""

    progress = RunProgressSerializer()

    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "progress"]


class StartSerializer(serializers.Serializer[Any]):
    """What a run may cost."""

    limit_micro_usd = serializers.IntegerField(
        min_value=0,
        max_value=MOST,
        help_text=f"The most that it may cost; it pauses before. {MICRO_USD}",
    )
    in_batches = serializers.BooleanField(
        default=False, help_text="Be answered within a day, for less, where the provider takes batches."
    )


class ResumeSerializer(serializers.Serializer[Any]):
    """What a run may cost from now on."""

    limit_micro_usd = serializers.IntegerField(
        min_value=0,
        max_value=MOST,
        required=False,
        help_text=f"What it may cost in all, not in addition; left out, it stays as it is. {MICRO_USD}",
    )


class FailureSerializer(serializers.ModelSerializer[ScoreJob]):
    """An answer that did not come, or could not be read."""

    story = serializers.IntegerField(source="story_id")
    why = serializers.SerializerMethodField()

    class Meta:
        model = ScoreJob
        fields = ["story", "sample", "attempts", "why"]
        read_only_fields = fields

    def get_why(self, job: ScoreJob) -> str:
        """Return the reason in the caller's language."""
        return told_reason(job.last_error)
