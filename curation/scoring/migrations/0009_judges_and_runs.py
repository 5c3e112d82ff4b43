import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from curation.core.sql_files import function_text
from curation.core.triggers import AppendOnly, FrozenBut, NeverEmptied, Transitions

FUNCTIONS = (
    function_text("scoring", "paid_only_in_runs", migration="0009")
    + function_text("scoring", "leased_only_while_running", migration="0009")
)
TRIGGERS = """
CREATE TRIGGER paid_only_in_runs AFTER INSERT ON scoring_scorejob REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION scoring_paid_only_in_runs();
CREATE TRIGGER leased_only_while_running BEFORE UPDATE OF state ON scoring_scorejob FOR EACH ROW
  WHEN (NEW.state = 'leased' AND NEW.run_id IS NOT NULL) EXECUTE FUNCTION scoring_leased_only_while_running();
"""
BACK = """
DROP TRIGGER paid_only_in_runs ON scoring_scorejob;
DROP TRIGGER leased_only_while_running ON scoring_scorejob;
DROP FUNCTION scoring_paid_only_in_runs();
DROP FUNCTION scoring_leased_only_while_running();
"""
GROWS = """
INSERT INTO scoring_judgecalibration (judge_version_id, status, labels, by_criterion, changed_at)
SELECT id, calibration_status, n_labels,
  coalesce((SELECT jsonb_object_agg(key, value -> 'n') FROM jsonb_each(parameters -> 'criteria') WHERE value ? 'n'),
           '{}'::jsonb),
  statement_timestamp()
FROM scoring_judgeversion;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('llm', '0002_rules'),
        ('scoring', '0008_fewer_indexes'),
        ('standards', '0005_constitution_translations'),
        ('stories', '0014_fewer_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='JudgeAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sample', models.PositiveSmallIntegerField(default=0)),
                ('attempt', models.PositiveSmallIntegerField(default=1)),
                ('raw', models.TextField()),
                ('response_id', models.CharField(blank=True, max_length=200)),
                ('stop_reason', models.CharField(blank=True, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('judge_version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.judgeversion')),
                ('spend', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='llm.spend')),
                ('story', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stories.story')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('judge_version', 'story', 'sample', 'attempt'), name='answer_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AnswerReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fault', models.CharField(blank=True, max_length=20)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('found', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('answer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='scoring.judgeanswer')),
                ('judge_version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.judgeversion')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('answer', 'judge_version'), name='answer_reading_once'),
                    models.CheckConstraint(condition=models.Q(models.Q(('fault', ''), ('reason', '')), models.Q(models.Q(('fault', ''), _negated=True), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='answer_reading_says_why'),
                ],
                'indexes': [
                    models.Index(condition=models.Q(('fault', ''), _negated=True), fields=['judge_version', 'fault'], name='answer_reading_failed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ImportRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('limit_micro_usd', models.BigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('judge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.judge')),
                ('source', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stories.source')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('judge', 'source'), name='import_rule_once', nulls_distinct=False),
                    models.CheckConstraint(condition=models.Q(('limit_micro_usd__gt', 0)), name='import_rule_limit_positive'),
                ],
            },
        ),
        migrations.CreateModel(
            name='JudgeCalibration',
            fields=[
                ('judge_version', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='calibration', serialize=False, to='scoring.judgeversion')),
                ('status', models.CharField(choices=[('uncalibrated', 'Uncalibrated'), ('provisional', 'Provisional'), ('calibrated', 'Calibrated')], default='uncalibrated', max_length=16)),
                ('labels', models.PositiveIntegerField(default=0)),
                ('by_criterion', models.JSONField(default=dict)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('status__in', ['uncalibrated', 'provisional', 'calibrated'])), name='judge_calibration_status_known'),
                ],
            },
        ),
        # What grows with the ratings leaves the frozen row.
        migrations.RunSQL(GROWS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name='ScoreRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('estimated', 'Estimated'), ('running', 'Running'), ('paused', 'Paused'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='estimated', max_length=12)),
                ('chosen', models.JSONField(default=dict)),
                ('stories', models.PositiveIntegerField()),
                ('total', models.PositiveIntegerField()),
                ('sampled', models.PositiveIntegerField()),
                ('estimated_input_tokens', models.BigIntegerField()),
                ('estimated_cached_tokens', models.BigIntegerField()),
                ('estimated_output_tokens', models.BigIntegerField()),
                ('estimated_micro_usd', models.BigIntegerField(null=True)),
                ('paused_by', models.CharField(blank=True, choices=[('person', 'by a person'), ('budget', 'its budget does not allow the next answer'), ('provider', 'the provider refused')], max_length=12)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('budget', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='llm.budget')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('import_run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stories.importrun')),
                ('judge_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='scoring.judgeversion')),
                ('rule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.importrule')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['estimated', 'running', 'paused', 'done', 'cancelled'])), name='score_run_state_known'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['estimated', 'cancelled']), models.Q(('budget__isnull', False), ('started_at__isnull', False)), _connector='OR'), name='score_run_has_budget'),
                    models.CheckConstraint(condition=models.Q(models.Q(('paused_by__in', ['person', 'budget', 'provider']), ('state', 'paused')), models.Q(models.Q(('state', 'paused'), _negated=True), ('paused_by', '')), _connector='OR'), name='score_run_says_why_paused'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state__in', ['done', 'cancelled'])), models.Q(models.Q(('state__in', ['done', 'cancelled']), _negated=True), ('ended_at__isnull', True)), _connector='OR'), name='score_run_ended_when_over'),
                    models.CheckConstraint(condition=models.Q(('rule__isnull', True), ('import_run__isnull', False), _connector='OR'), name='score_run_of_rule_has_import'),
                    models.UniqueConstraint(condition=models.Q(('rule__isnull', False)), fields=('rule', 'import_run'), name='score_run_once_by_rule'),
                ],
                'indexes': [
                    models.Index(condition=models.Q(('state', 'running')), fields=['id'], name='score_run_running'),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name='judge',
            name='judge_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='judgeversion',
            name='judge_calibration_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='scorejob',
            name='score_job_once',
        ),
        migrations.RemoveIndex(
            model_name='scorejob',
            name='score_job_due',
        ),
        migrations.RemoveField(
            model_name='judgeversion',
            name='calibration_status',
        ),
        migrations.RemoveField(
            model_name='judgeversion',
            name='n_labels',
        ),
        migrations.AddField(
            model_name='judgeversion',
            name='answers_of',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.judgeversion'),
        ),
        migrations.AddField(
            model_name='judgeversion',
            name='constitution',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='standards.constitution'),
        ),
        migrations.AddField(
            model_name='judgeversion',
            name='effort',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='judgeversion',
            name='max_output_tokens',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='judgeversion',
            name='prompt_version',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='judgeversion',
            name='provider',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='llm.provider'),
        ),
        migrations.AddField(
            model_name='judgeversion',
            name='reading',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='judgeversion',
            name='samples',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='judgeversion',
            name='temperature',
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='scorejob',
            name='sample',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='judge',
            name='kind',
            field=models.CharField(choices=[('embedded', 'Embedded scorer'), ('llm', 'Language model')], max_length=16),
        ),
        migrations.AlterField(
            model_name='score',
            name='standard_deviation',
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='score',
            name='value',
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='judge',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['embedded', 'llm'])), name='judge_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='judgeversion',
            constraint=models.CheckConstraint(condition=models.Q(('samples__gte', 1), ('samples__lte', 10)), name='judge_version_samples_in_range'),
        ),
        migrations.AddConstraint(
            model_name='judgeversion',
            constraint=models.CheckConstraint(condition=models.Q(('temperature__isnull', True), models.Q(('temperature__gte', 0), ('temperature__lte', 2)), _connector='OR'), name='judge_version_temperature_in_range'),
        ),
        migrations.AddConstraint(
            model_name='judgeversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('constitution__isnull', False), ('max_output_tokens__gte', 1), ('model_artifact__isnull', True), ('prompt_version__isnull', False), ('provider__isnull', False), ('reading__isnull', False)), models.Q(('answers_of__isnull', True), ('constitution__isnull', True), ('effort', ''), ('max_output_tokens__isnull', True), ('prompt', ''), ('prompt_version__isnull', True), ('provider__isnull', True), ('reading__isnull', True), ('samples', 1), ('temperature__isnull', True)), _connector='OR'), name='judge_version_asks_a_model_or_not'),
        ),
        migrations.AddField(
            model_name='judgeanswer',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.scorerun'),
        ),
        migrations.AddField(
            model_name='scorejob',
            name='run',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='scoring.scorerun'),
        ),
        migrations.AddIndex(
            model_name='scorejob',
            index=models.Index(condition=models.Q(('run', None), ('state', 'pending')), fields=['next_at', 'id'], name='score_job_due'),
        ),
        migrations.AddIndex(
            model_name='scorejob',
            index=models.Index(condition=models.Q(('run__isnull', False), ('state', 'pending')), fields=['run', 'next_at', 'id'], name='score_job_run_due'),
        ),
        migrations.AddIndex(
            model_name='scorejob',
            index=models.Index(condition=models.Q(('run__isnull', False)), fields=['run', 'state', 'done_at'], name='score_job_run_state'),
        ),
        migrations.AddConstraint(
            model_name='scorejob',
            constraint=models.UniqueConstraint(fields=('story', 'judge_version', 'sample'), name='score_job_once'),
        ),
        AppendOnly('scoring_judgeanswer'),
        AppendOnly('scoring_answerreading'),
        FrozenBut(
            'scoring_scorerun',
            ['state', 'total', 'budget_id', 'paused_by', 'note', 'started_at', 'ended_at'],
        ),
        NeverEmptied('scoring_scorerun'),
        Transitions(
            'scoring_scorerun',
            {
                'estimated': ['running', 'cancelled'],
                'running': ['paused', 'done', 'cancelled'],
                'paused': ['running', 'cancelled'],
                'done': ['running'],
            },
        ),
        FrozenBut('scoring_importrule', ['ended_at']),
        NeverEmptied('scoring_importrule'),
        migrations.RunSQL(FUNCTIONS + TRIGGERS, BACK),
    ]
