from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('llm', '0005_names_in_any_form'),
    ]

    operations = [
        migrations.RemoveConstraint('provider', 'provider_key_in_one_place'),
        migrations.RemoveConstraint('provider', 'provider_key_has_its_time'),
        migrations.RenameField('provider', 'sealed_key', 'encrypted_key'),
        migrations.AddConstraint(
            model_name='provider',
            constraint=models.CheckConstraint(condition=models.Q(('encrypted_key', None), models.Q(('key_variable', ''), ('removed_at', None)), _connector='OR'), name='provider_key_in_one_place'),
        ),
        migrations.AddConstraint(
            model_name='provider',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('encrypted_key', None), ('key_set_at', None)), models.Q(('encrypted_key__isnull', False), ('key_set_at__isnull', False)), _connector='OR'), name='provider_key_has_its_time'),
        ),
    ]
