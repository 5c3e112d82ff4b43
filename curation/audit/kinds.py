"""The parts that the log is looked through by: what each is called, and the first words of its verbs."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "accounts": (_("Accounts"), ["user", "token", "person", "invitation", "consent"]),
    "reviews": (_("Reviews"), ["assignment", "review", "practice"]),
    "queues": (_("Queues"), ["queue"]),
    "stories": (_("Stories"), ["story", "stories", "import", "source", "scores"]),
    "datasets": (
        _("Datasets"),
        ["dataset", "release", "report", "outcome", "publication", "hub_target", "access", "approval"],
    ),
    "standards": (_("Standards"), ["constitution", "rubric", "policy"]),
    "scoring": (_("Scoring"), ["judge", "judge_version", "scoring", "score_run", "import_rule"]),
    "models": (_("Models"), ["provider", "price", "budget"]),
    "webhooks": (_("Webhooks"), ["webhook"]),
}
