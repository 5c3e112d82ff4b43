from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0013_closed_reviews'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='decision',
            name='flag_verdicts',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name='decision',
            name='undo',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('decided_by__isnull', False)), fields=['decided_by', '-id'], name='decision_by_curator'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('undo', False), ('supersedes__isnull', False), _connector='OR'), name='decision_undo_supersedes'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('flag_verdicts', {}), ('decided_by__isnull', False), _connector='OR'), name='decision_verdicts_by_a_curator'),
        ),
    ]
