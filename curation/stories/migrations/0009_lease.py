import django.db.models.functions.datetime
from django.db import migrations, models

from curation.core.triggers import LeasedRows, TokensFollow, Transitions


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_lease_token'),
        ('stories', '0008_run_encoding'),
    ]

    operations = [
        # Whoever held something before the upgrade has stopped.
        migrations.RunSQL(
            "UPDATE stories_importrun SET state = 'pending', lease_until = NULL WHERE state = 'running'; "
            "UPDATE stories_importrun SET lease_until = NULL WHERE lease_until IS NOT NULL; "
            "DELETE FROM stories_checklease",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name='importrun',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='importrun',
            name='next_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.RemoveField(model_name='checklease', name='token'),
        migrations.AddField(model_name='checklease', name='token', field=models.BigIntegerField(default=0), preserve_default=False),
        migrations.AddField(
            model_name='importrun',
            name='by_token',
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='checklease',
            name='by_token',
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        TokensFollow('stories_importrun'),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('lease_until__isnull', True)), _connector='OR'), name='import_held_while_running'),
        ),
        LeasedRows('stories_importrun'),
        LeasedRows('stories_checklease'),
        Transitions(
            'stories_importrun',
            {'pending': ['running'], 'running': ['pending', 'done', 'failed'], 'failed': ['pending']},
        ),
    ]
