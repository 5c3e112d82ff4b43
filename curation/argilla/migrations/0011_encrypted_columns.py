from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('argilla', '0010_answers_move_once'),
    ]

    operations = [
        migrations.RemoveConstraint('argillaserver', 'argilla_server_has_a_key_until_removed'),
        migrations.RemoveConstraint('argillaserver', 'argilla_key_has_its_time'),
        migrations.RenameField('argillaserver', 'sealed_key', 'encrypted_key'),
        migrations.AddConstraint(
            model_name='argillaserver',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('encrypted_key__isnull', False), ('removed_at', None)), models.Q(('encrypted_key__isnull', True), ('removed_at__isnull', False)), _connector='OR'), name='argilla_server_has_a_key_until_removed'),
        ),
        migrations.AddConstraint(
            model_name='argillaserver',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('encrypted_key', None), ('key_set_at', None)), models.Q(('encrypted_key__isnull', False), ('key_set_at__isnull', False)), _connector='OR'), name='argilla_key_has_its_time'),
        ),
        migrations.RemoveConstraint('listener', 'argilla_listener_has_its_secret'),
        migrations.RenameField('listener', 'sealed_secret', 'encrypted_secret'),
        migrations.AddConstraint(
            model_name='listener',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('encrypted_secret', None), ('webhook', '')), models.Q(models.Q(('webhook', ''), _negated=True), ('encrypted_secret__isnull', False)), _connector='OR'), name='argilla_listener_has_its_secret'),
        ),
    ]
