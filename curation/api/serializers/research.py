"""Rows of a version, problems with them, and what came of training."""

from typing import Any

from rest_framework import serializers

from curation.api.serializers.fields import Plain, Whole, YesNo
from curation.releases.models.dataset import Split
from curation.research.models import ReportKind, RowReport, TrainingOutcome
from curation.research.models.outcome import LONGEST as LONGEST_NOTES
from curation.research.models.report import LONGEST

MOST_ROWS = 100
LARGEST_ROW = 2**31 - 1
MOVES = [("list", "list"), ("decline", "decline")]


class RowsAskedSerializer(serializers.Serializer[Any]):
    """Which stories of a version."""

    split = serializers.ChoiceField(Split.choices, required=False, help_text="The largest one by default.")
    row = serializers.IntegerField(min_value=0, max_value=LARGEST_ROW, default=0, help_text="From this one on, from 0.")
    rows = serializers.IntegerField(min_value=1, max_value=MOST_ROWS, default=20, help_text="So many at most.")
    text = serializers.BooleanField(default=False, help_text="Whole texts, and not only how they begin.")
    words = serializers.CharField(max_length=200, default="", help_text="In title or text, whatever the case.")
    tier = serializers.CharField(max_length=40, default="")
    generator = serializers.CharField(max_length=200, default="")
    theme = serializers.CharField(max_length=80, default="")
    principle = serializers.CharField(max_length=80, default="")
    criterion = serializers.CharField(max_length=20, default="", help_text="It has to apply.")
    least = serializers.FloatField(min_value=1, max_value=5, default=None, help_text="Its mean from.")
    most = serializers.FloatField(min_value=1, max_value=5, default=None, help_text="Its mean up to.")


class ListedRowSerializer(serializers.Serializer[Any]):
    """A story of a version: its row, and what the file says of it."""

    row = serializers.IntegerField()
    story = serializers.DictField()


class RowsSerializer(serializers.Serializer[Any]):
    """Stories of a version in order. `next` is the row to go on at, null at the end of the split."""

    split = serializers.ChoiceField(Split.choices)
    total = serializers.IntegerField(help_text="Stories of the split.")
    looked = serializers.IntegerField(help_text="Rows that this call looked at.")
    next = serializers.IntegerField(allow_null=True)
    rows = ListedRowSerializer(many=True)


class WholeRowSerializer(serializers.Serializer[Any]):
    """One story with all that the files say of it."""

    split = serializers.ChoiceField(Split.choices)
    row = serializers.IntegerField()
    story = serializers.DictField()
    ratings = serializers.ListField(child=serializers.DictField())
    behaviours = serializers.ListField(child=serializers.DictField())


class NewReportSerializer(serializers.Serializer[Any]):
    """A problem with a row."""

    split = serializers.ChoiceField(Split.choices)
    row = Whole(min_value=0, max_value=LARGEST_ROW)
    kind = serializers.ChoiceField(ReportKind.choices)
    text = Plain(max_length=LONGEST)


class ReportAnswerSerializer(serializers.Serializer[Any]):
    """What a curator answers."""

    answer = Plain(max_length=LONGEST)


class RowReportSerializer(serializers.ModelSerializer[RowReport]):
    """A problem with a row, and its answer."""

    version = serializers.CharField(source="release.version")
    reporter = serializers.CharField(source="reporter.username", allow_null=True, default=None)
    answered_by = serializers.CharField(source="answered_by.username", allow_null=True, default=None)

    class Meta:
        model = RowReport
        fields = [
            "uuid", "version", "split", "row", "story_id", "kind", "text", "reporter", "created_at", "state", "answer",
            "answered_by", "answered_at",
        ]  # fmt: skip


class NewOutcomeSerializer(serializers.Serializer[Any]):
    """What came of training on a version."""

    who = Plain(max_length=160)
    model = Plain(max_length=160)
    rows = Plain(max_length=300, help_text="Configs, splits and filters.")
    method = Plain(max_length=300, help_text="Method, rewards, steps.")
    measure = Plain(max_length=200)
    unit = Plain(max_length=40, allow_blank=True, default="")
    higher_is_better = YesNo(default=True)
    baseline = serializers.FloatField()
    result = serializers.FloatField()
    low = serializers.FloatField(allow_null=True, default=None, help_text="Where the interval of the result begins.")
    high = serializers.FloatField(allow_null=True, default=None, help_text="Where it ends.")
    link = Plain(max_length=500, help_text="Where it can be read or checked.")
    notes = Plain(max_length=LONGEST_NOTES, allow_blank=True, default="")


class OutcomeDecisionSerializer(serializers.Serializer[Any]):
    """Whether an outcome is listed."""

    move = serializers.ChoiceField(MOVES)
    reason = Plain(max_length=LONGEST, allow_blank=True, default="", help_text="Needed to decline.")


class TrainingOutcomeSerializer(serializers.ModelSerializer[TrainingOutcome]):
    """What came of training on a version."""

    version = serializers.CharField(source="release.version")
    sent_by = serializers.CharField(source="sent_by.username")

    class Meta:
        model = TrainingOutcome
        fields = [
            "id", "version", "who", "model", "rows", "method", "measure", "unit", "higher_is_better", "baseline",
            "result", "low", "high", "link", "notes", "sent_by", "sent_at", "state", "reason",
        ]  # fmt: skip
