from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0003_slot'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='judgeversion',
            name='judge_standing_known',
        ),
        migrations.RenameField(
            model_name='judgeversion',
            old_name='standing',
            new_name='calibration_status',
        ),
        migrations.AddConstraint(
            model_name='judgeversion',
            constraint=models.CheckConstraint(condition=models.Q(('calibration_status__in', ['uncalibrated', 'provisional', 'calibrated'])), name='judge_calibration_status_known'),
        ),
    ]
