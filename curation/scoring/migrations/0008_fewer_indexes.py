import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0007_terms_of_the_field'),
        ('standards', '0005_constitution_translations'),
        ('stories', '0014_fewer_indexes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='score',
            name='criterion',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='standards.criterion'),
        ),
        migrations.AlterField(
            model_name='score',
            name='judge_version',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='scoring.judgeversion'),
        ),
        migrations.AlterField(
            model_name='score',
            name='story',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stories.story'),
        ),
        migrations.AlterField(
            model_name='scorejob',
            name='judge_version',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='scoring.judgeversion'),
        ),
        migrations.AlterField(
            model_name='scorejob',
            name='story',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stories.story'),
        ),
    ]
