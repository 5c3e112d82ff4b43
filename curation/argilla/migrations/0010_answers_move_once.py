from django.db import migrations, models

from curation.core.triggers import Transitions


class Migration(migrations.Migration):
    dependencies = [('argilla', '0009_asked_themes')]

    operations = [
        migrations.AlterField(
            'argillaanswer',
            'state',
            models.CharField(
                choices=[
                    ('waiting', 'Waiting'),
                    ('review', 'Is a review'),
                    ('kept', 'Kept as it is'),
                    ('overtaken', 'Overtaken'),
                ],
                default='waiting',
                max_length=9,
            ),
        ),
        Transitions('argilla_answer', {'waiting': ['review', 'kept', 'overtaken'], 'review': [], 'kept': [], 'overtaken': []}),
    ]
