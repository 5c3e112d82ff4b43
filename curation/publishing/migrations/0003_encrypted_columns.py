from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0002_rules'),
    ]

    operations = [
        migrations.RemoveConstraint('hubtarget', 'target_token_in_one_place'),
        migrations.RemoveConstraint('hubtarget', 'target_has_a_token_until_removed'),
        migrations.RemoveConstraint('hubtarget', 'target_token_has_its_time'),
        migrations.RenameField('hubtarget', 'sealed_token', 'encrypted_token'),
        migrations.AddConstraint(
            model_name='hubtarget',
            constraint=models.CheckConstraint(condition=models.Q(('encrypted_token', None), models.Q(('removed_at', None), ('token_variable', '')), _connector='OR'), name='target_token_in_one_place'),
        ),
        migrations.AddConstraint(
            model_name='hubtarget',
            constraint=models.CheckConstraint(condition=models.Q(('removed_at__isnull', False), ('encrypted_token__isnull', False), models.Q(('token_variable', ''), _negated=True), _connector='OR'), name='target_has_a_token_until_removed'),
        ),
        migrations.AddConstraint(
            model_name='hubtarget',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('encrypted_token', None), ('token_set_at', None)), models.Q(('encrypted_token__isnull', False), ('token_set_at__isnull', False)), _connector='OR'), name='target_token_has_its_time'),
        ),
    ]
