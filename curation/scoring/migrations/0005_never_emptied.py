from django.db import migrations

from curation.core.triggers import NeverEmptied


class Migration(migrations.Migration):
    dependencies = [("scoring", "0004_calibration_status")]

    operations = [
        NeverEmptied("scoring_judgeversion"),
    ]
