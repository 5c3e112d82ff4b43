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
                ('ensemble', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='scoring.judgeversion')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.judgeversion')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.UniqueConstraint(fields=('ensemble', 'member'), name='ensemble_member_once'),
                    models.CheckConstraint(condition=models.Q(('ensemble', models.F('member')), _negated=True), name='ensemble_member_is_another'),
                ],
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
        AppendOnly('scoring_ensemblemember'),
    ]
