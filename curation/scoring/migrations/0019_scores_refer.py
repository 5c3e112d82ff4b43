import django.db.models.deletion
from django.db import migrations, models

from curation.core.triggers import RefersTo


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0018_estimates'),
        ('stories', '0019_by_language'),
    ]

    operations = [
        migrations.AlterField(
            model_name='score',
            name='story',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stories.story'),
        ),
        migrations.AlterField(
            model_name='score',
            name='judge_version',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.judgeversion'),
        ),
        RefersTo('scoring_score', {'story_id': 'stories_story', 'judge_version_id': 'scoring_judgeversion'}),
    ]
