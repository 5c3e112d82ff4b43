from django.db import migrations

from curation.core.triggers import NeverEmptied


class Migration(migrations.Migration):
    dependencies = [("standards", "0002_triggers")]

    operations = [
        NeverEmptied("standards_principle"),
        NeverEmptied("standards_theme"),
        NeverEmptied("standards_criterion"),
        NeverEmptied("standards_flag"),
    ]
