import django.db.models.deletion
from django.db import migrations, models

from curation.core.triggers import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0009_judges_and_runs'),
    ]

    operations = [
        migrations.CreateModel(
            name='EnsembleMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='judge',
            name='judge_kind_known',
        ),
        migrations.AlterField(
            model_name='judge',
            name='kind',
            field=models.CharField(choices=[('embedded', 'Embedded scorer'), ('llm', 'Language model'), ('ensemble', 'Ensemble')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='judge',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['embedded', 'llm', 'ensemble'])), name='judge_kind_known'),
        ),
        migrations.AddField(
            model_name='ensemblemember',
            name='ensemble',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='scoring.judgeversion'),
        ),
        migrations.AddField(
            model_name='ensemblemember',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.judgeversion'),
        ),
        migrations.AddConstraint(
            model_name='ensemblemember',
            constraint=models.UniqueConstraint(fields=('ensemble', 'member'), name='ensemble_member_once'),
        ),
        migrations.AddConstraint(
            model_name='ensemblemember',
            constraint=models.CheckConstraint(condition=models.Q(('ensemble', models.F('member')), _negated=True), name='ensemble_member_is_another'),
        ),
        AppendOnly('scoring_ensemblemember'),
    ]
