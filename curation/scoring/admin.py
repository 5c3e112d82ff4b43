from django.contrib import admin

from curation.core.admin import ReadOnlyAdmin
from curation.scoring.models import ImportRule, Judge, JudgeVersion, ScoreJob, ScoreRun


@admin.register(Judge)
class JudgeAdmin(ReadOnlyAdmin):
    list_display = ("key", "name", "kind")


@admin.register(JudgeVersion)
class JudgeVersionAdmin(ReadOnlyAdmin):
    list_display = ("judge", "number", "rubric", "calibration_status", "n_labels", "active", "created_at")
    list_select_related = ("judge", "rubric", "calibration")
    exclude = ("model_artifact",)


@admin.register(ScoreJob)
class ScoreJobAdmin(ReadOnlyAdmin):
    """Jobs, without the scores: those are shown on a story's page, which notes who looked."""

    list_display = ("id", "story", "judge_version", "run", "state", "attempts", "done_at")
    list_select_related = ("story", "judge_version__judge", "run")
    list_filter = ("state",)
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(ScoreRun)
class ScoreRunAdmin(ReadOnlyAdmin):
    list_display = ("id", "judge_version", "state", "stories", "total", "created_by", "created_at")
    list_select_related = ("judge_version__judge", "created_by")
    list_filter = ("state",)
    show_full_result_count = False


@admin.register(ImportRule)
class ImportRuleAdmin(ReadOnlyAdmin):
    list_display = ("judge", "source", "limit_micro_usd", "created_by", "created_at", "ended_at")
    list_select_related = ("judge", "source", "created_by")
