import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from curation.core.sql_files import function_text
from curation.core.triggers import AppendOnly

FUNCTIONS = (
    function_text("annotations", "one_commit_stands", migration="0008")
    + function_text("annotations", "only_commits_withdrawn", migration="0008")
)
TRIGGERS = '''
CREATE TRIGGER one_commit_stands BEFORE INSERT ON annotations_review
  FOR EACH ROW EXECUTE FUNCTION annotations_one_commit_stands();
CREATE TRIGGER only_commits BEFORE INSERT ON annotations_withdrawal
  FOR EACH ROW EXECUTE FUNCTION annotations_only_commits_withdrawn();
'''
BACK = '''
DROP TRIGGER only_commits ON annotations_withdrawal; DROP FUNCTION annotations_only_commits_withdrawn();
DROP TRIGGER one_commit_stands ON annotations_review; DROP FUNCTION annotations_one_commit_stands();
'''


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0007_extra'),
        ('standards', '0002_triggers'),
        ('stories', '0003_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('story', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='stories.story')),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('review', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='withdrawal', serialize=False, to='annotations.review')),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='decision',
            name='decision_outcome_known',
        ),
        migrations.RemoveConstraint(
            model_name='review',
            name='review_one_commit_per_assignment',
        ),
        migrations.RemoveConstraint(
            model_name='review',
            name='review_revision_names_its_commit',
        ),
        migrations.AddField(
            model_name='review',
            name='attempt',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='review',
            name='reason',
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AlterField(
            model_name='decision',
            name='outcome',
            field=models.CharField(choices=[('accept', 'Accept'), ('reject', 'Reject'), ('rewrite', 'Send to rewrite'), ('adjudicate', 'To be settled by a curator'), ('reopened', 'Reopened, as a review was withdrawn')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['accept', 'reject', 'rewrite', 'adjudicate', 'reopened'])), name='decision_outcome_known'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'commit')), fields=('assignment', 'attempt'), name='review_one_commit_per_attempt'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['commit', 'extra']), ('reason', ''), ('revises__isnull', True)), models.Q(('kind', 'revision'), ('revises__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='review_revision_names_its_commit'),
        ),
        AppendOnly("annotations_withdrawal"),
        AppendOnly("annotations_seal"),
        migrations.RunSQL(sql=FUNCTIONS + TRIGGERS, reverse_sql=BACK),
    ]
