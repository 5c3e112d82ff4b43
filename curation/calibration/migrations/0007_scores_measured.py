from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('calibration', '0006_exposures_of_recusals'),
    ]

    operations = [
        migrations.AddField(
            model_name='judgequality',
            name='scores',
            field=models.PositiveIntegerField(default=0),
        ),
    ]
