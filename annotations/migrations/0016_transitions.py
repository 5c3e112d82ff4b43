from django.db import migrations

from curation.core.triggers import Transitions


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0015_recusals_say_why'),
    ]

    operations = [
        Transitions('annotations_queue', {'open': ['paused', 'closed'], 'paused': ['open', 'closed'], 'closed': ['open']}),
        Transitions(
            'annotations_assignment',
            {
                'active': ['submitted', 'passed', 'expired', 'closed'],
                'submitted': ['active'],
                'passed': ['active'],
                'expired': ['active', 'passed', 'closed'],
            },
        ),
    ]
