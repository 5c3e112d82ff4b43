from django.db import migrations, models
from django.db.models.deletion import PROTECT


class Migration(migrations.Migration):
    dependencies = [('scoring', '0014_imported_judges')]

    operations = [
        migrations.AlterField(
            'score',
            'judge_version',
            models.ForeignKey(
                db_index=False, on_delete=PROTECT, related_name='+', to='scoring.judgeversion'
            ),
        )
    ]
