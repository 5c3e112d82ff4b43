from django.db import migrations

from curation.core.triggers import AppendOnly, FrozenBut


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial")]

    operations = [
        AppendOnly("scoring_score"),
        FrozenBut("scoring_judgeversion", ["active"]),
    ]
