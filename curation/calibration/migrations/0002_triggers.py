from django.db import migrations

from curation.core.triggers import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("calibration", "0001_initial")]

    operations = [
        AppendOnly("calibration_exposure"),
    ]
