from django.db import migrations, models

from curation.core.folding import Folded, tell_apart


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0012_batches'),
    ]

    operations = [
        migrations.RunSQL(tell_apart("scoring_judge", behind="key", size=120), migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='judge',
            constraint=models.UniqueConstraint(Folded('name'), name='judge_name_once'),
        ),
    ]
