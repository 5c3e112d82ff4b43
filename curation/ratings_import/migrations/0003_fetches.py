import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from curation.core.triggers import LeasedRows, NeverEmptied, Transitions

# A fetch stays that of the same dataset; what came of it stays.
KEPT = """
CREATE TRIGGER kept BEFORE UPDATE OF server_id, name, file_sha256, file_size ON ratings_import_datasetfetch
FOR EACH ROW WHEN (NEW.server_id <> OLD.server_id OR NEW.name <> OLD.name
  OR (OLD.file_sha256 <> '' AND (NEW.file_sha256 <> OLD.file_sha256 OR NEW.file_size <> OLD.file_size)))
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON ratings_import_datasetfetch
FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
"""
UNKEPT = """
DROP TRIGGER kept ON ratings_import_datasetfetch;
DROP TRIGGER never_removed ON ratings_import_datasetfetch;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('argilla', '0011_encrypted_columns'),
        ('core', '0002_functions'),
        ('ratings_import', '0002_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DatasetFetch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.BigIntegerField(default=0)),
                ('by_token', models.BigIntegerField(blank=True, editable=False, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('name', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Under way'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='pending', max_length=9)),
                ('records_done', models.PositiveIntegerField(default=0)),
                ('records_total', models.PositiveIntegerField(default=0)),
                ('file_sha256', models.CharField(blank=True, max_length=64)),
                ('file_size', models.BigIntegerField(default=0)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='argilla.argillaserver')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state__in', ['pending', 'running'])), fields=('server', 'name'), name='dataset_fetch_once_at_a_time'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'running', 'done', 'failed', 'cancelled'])), name='dataset_fetch_state_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('file_sha256__gt', ''), ('state', 'done')), models.Q(models.Q(('state', 'done'), _negated=True), ('file_sha256', '')), _connector='OR'), name='dataset_fetch_done_has_a_file'),
                    models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('lease_until__isnull', True)), _connector='OR'), name='dataset_fetch_held_while_running'),
                ],
                'indexes': [
                    models.Index(condition=models.Q(('state__in', ['pending', 'running'])), fields=['next_at'], name='dataset_fetch_due'),
                ],
            },
        ),
        migrations.RunSQL(KEPT, UNKEPT),
        NeverEmptied("ratings_import_datasetfetch"),
        LeasedRows("ratings_import_datasetfetch"),
        Transitions(
            "ratings_import_datasetfetch",
            {
                "pending": ["cancelled", "running"],
                "running": ["cancelled", "done", "failed", "pending"],
                "done": [],
                "failed": [],
                "cancelled": [],
            },
        ),
    ]
