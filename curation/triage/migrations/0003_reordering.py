from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('triage', '0002_queuejudges'),
    ]

    operations = [
        migrations.AddField(
            model_name='fill',
            name='reorders',
            field=models.BooleanField(default=False),
        ),
    ]
