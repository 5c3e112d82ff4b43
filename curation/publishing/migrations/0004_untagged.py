from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0003_encrypted_columns'),
    ]

    operations = [
        migrations.AddField(
            model_name='publication',
            name='untagged_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
