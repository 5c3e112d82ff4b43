from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0017_paused_to_done'),
    ]

    operations = [
        migrations.AddField(
            model_name='scorerun',
            name='measured',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='scorerun',
            name='answer_at_most_micro_usd',
            field=models.BigIntegerField(blank=True, null=True),
        ),
    ]
