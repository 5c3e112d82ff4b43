import django.db.models.functions.datetime
from django.db import migrations, models

from curation.core.triggers import LeasedRows, TokensFollow, Transitions


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_lease_token'),
        ('releases', '0004_names_in_any_case'),
    ]

    operations = [
        # Whoever was building before the upgrade has stopped.
        migrations.RunSQL(
            "UPDATE releases_release SET state = 'pending', lease_until = NULL WHERE state = 'building'",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name='release',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='release',
            name='next_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name='release',
            name='by_token',
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        TokensFollow('releases_release'),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'building')), models.Q(models.Q(('state', 'building'), _negated=True), ('lease_until__isnull', True)), _connector='OR'), name='release_held_while_building'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'built'), _negated=True), fields=('dataset',), name='release_one_unfinished'),
        ),
        LeasedRows('releases_release'),
        Transitions(
            'releases_release',
            {'pending': ['building'], 'building': ['pending', 'built', 'failed'], 'failed': ['pending']},
        ),
    ]
