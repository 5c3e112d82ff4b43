from django.db import migrations, models

from curation.core.triggers import LeasedRows, TokensFollow, Transitions


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_lease_token'),
        ('scoring', '0005_never_emptied'),
    ]

    operations = [
        # Whoever held a job before the upgrade has stopped.
        migrations.RunSQL(
            "UPDATE scoring_scorejob SET state = 'pending', lease_until = NULL, slot = NULL WHERE state = 'leased'",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name='scorejob',
            name='by_token',
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        TokensFollow('scoring_scorejob'),
        migrations.AddConstraint(
            model_name='scorejob',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'leased')), models.Q(models.Q(('state', 'leased'), _negated=True), ('lease_until__isnull', True)), _connector='OR'), name='score_job_held_while_leased'),
        ),
        LeasedRows('scoring_scorejob'),
        Transitions(
            'scoring_scorejob',
            {'pending': ['leased'], 'leased': ['pending', 'done', 'failed'], 'failed': ['pending']},
        ),
    ]
