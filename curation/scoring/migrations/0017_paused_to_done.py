from django.db import migrations

from curation.core.triggers import Transitions


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0016_started_by_a_worker'),
    ]

    operations = [
        # A run that is paused is done as well, once the answers on their way were the last.
        Transitions(
            'scoring_scorerun',
            {
                'estimated': ['starting', 'cancelled'],
                'starting': ['running', 'estimated', 'cancelled'],
                'running': ['paused', 'done', 'cancelled'],
                'paused': ['running', 'done', 'cancelled'],
                'done': ['running'],
                'cancelled': [],
            },
        ),
    ]
