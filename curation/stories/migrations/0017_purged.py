from django.db import migrations, models

from curation.core.triggers import Transitions

STATES = [
    "stored", "blocked", "checked", "scored", "queued", "adjudication", "accepted", "rejected", "rewrite", "purged",
]


class Migration(migrations.Migration):
    dependencies = [("stories", "0016_rows_of_imports")]

    operations = [
        migrations.RemoveConstraint(model_name="stage", name="stage_state_known"),
        migrations.AlterField(
            model_name="stage",
            name="state",
            field=models.CharField(
                choices=[
                    ("stored", "Stored"),
                    ("blocked", "Blocked by a check"),
                    ("checked", "Checked"),
                    ("scored", "Pre-scored"),
                    ("queued", "In review"),
                    ("adjudication", "To be adjudicated"),
                    ("accepted", "Accepted"),
                    ("rejected", "Rejected"),
                    ("rewrite", "Sent to rewrite"),
                    ("purged", "Purged"),
                ],
                default="stored",
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="stage",
            constraint=models.CheckConstraint(condition=models.Q(("state__in", STATES)), name="stage_state_known"),
        ),
        Transitions(
            "stories_stage",
            {
                "stored": ["checked", "blocked", "purged"],
                "blocked": ["checked", "purged"],
                "checked": ["scored", "queued", "adjudication", "blocked", "purged"],
                "scored": ["queued", "adjudication", "blocked", "purged"],
                "queued": ["adjudication", "accepted", "rejected", "rewrite", "blocked", "purged"],
                "adjudication": ["accepted", "rejected", "rewrite", "queued", "blocked", "purged"],
                "accepted": ["adjudication", "queued", "purged"],
                "rejected": ["adjudication", "queued", "purged"],
                "rewrite": ["adjudication", "queued", "purged"],
                "purged": [],
            },
        ),
    ]
