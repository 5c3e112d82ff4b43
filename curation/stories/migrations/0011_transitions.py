from django.db import migrations

from curation.core.triggers import Transitions


class Migration(migrations.Migration):

    dependencies = [
        ('stories', '0010_files_by_hash'),
    ]

    operations = [
        Transitions(
            'stories_stage',
            {
                'stored': ['checked', 'blocked'],
                'blocked': ['checked'],
                'checked': ['scored', 'queued', 'adjudication', 'blocked'],
                'scored': ['queued', 'adjudication', 'blocked'],
                'queued': ['adjudication', 'accepted', 'rejected', 'rewrite', 'blocked'],
                'adjudication': ['accepted', 'rejected', 'rewrite', 'queued', 'blocked'],
                'accepted': ['adjudication', 'queued'],
                'rejected': ['adjudication', 'queued'],
                'rewrite': ['adjudication', 'queued'],
            },
        ),
    ]
