from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('webhooks', '0003_names_in_any_form'),
    ]

    operations = [
        migrations.RemoveConstraint('endpoint', 'endpoint_has_a_secret_until_removed'),
        migrations.RemoveConstraint('endpoint', 'endpoint_former_secret_ends'),
        migrations.RenameField('endpoint', 'sealed_secret', 'encrypted_secret'),
        migrations.RenameField('endpoint', 'sealed_former', 'encrypted_former_secret'),
        migrations.AddConstraint(
            model_name='endpoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('encrypted_secret__isnull', False), ('removed_at', None)), models.Q(('encrypted_former_secret', None), ('encrypted_secret', None), ('removed_at__isnull', False)), _connector='OR'), name='endpoint_has_a_secret_until_removed'),
        ),
        migrations.AddConstraint(
            model_name='endpoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('encrypted_former_secret', None), ('former_until', None)), models.Q(('encrypted_former_secret__isnull', False), ('former_until__isnull', False)), _connector='OR'), name='endpoint_former_secret_ends'),
        ),
    ]
