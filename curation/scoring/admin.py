from django.contrib import admin

from curation.core.admin import ReadOnlyAdmin
from curation.scoring.models import Judge, JudgeVersion, ScoreJob


@admin.register(Judge)
class JudgeAdmin(ReadOnlyAdmin):
    list_display = ("key", "name", "kind")


@admin.register(JudgeVersion)
class JudgeVersionAdmin(ReadOnlyAdmin):
    list_display = ("judge", "number", "rubric", "calibration_status", "n_labels", "active", "created_at")
    list_select_related = ("judge", "rubric")
    exclude = ("model_artifact",)


@admin.register(ScoreJob)
class ScoreJobAdmin(ReadOnlyAdmin):
    """Jobs, without the scores: those are shown on a story's page, which notes who looked."""

    list_display = ("id", "story", "judge_version", "state", "attempts", "done_at")
    list_select_related = ("story", "judge_version__judge")
    list_filter = ("state",)
    ordering = ("-id",)
    show_full_result_count = False
