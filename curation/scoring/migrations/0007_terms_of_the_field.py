from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0006_lease'),
    ]

    operations = [
        migrations.RemoveConstraint('score', 'score_spread_positive'),
        migrations.RenameField('score', 'spread', 'standard_deviation'),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.CheckConstraint(condition=models.Q(('standard_deviation__gte', 0)), name='score_standard_deviation_positive'),
        ),
        migrations.RenameField('judgeversion', 'artefact', 'model_artifact'),
        migrations.RenameField('judgeversion', 'artefact_sha256', 'model_artifact_sha256'),
    ]
