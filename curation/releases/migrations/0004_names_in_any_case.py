import django.db.models.functions.text
from django.db import migrations, models

# A later dataset of the same name gets its number behind it, and the log says so. Versions that are built already go on
# saying the name that they were built under.
TELL_APART = """
WITH later AS (
  SELECT id, org, name FROM releases_dataset one WHERE EXISTS (
    SELECT 1 FROM releases_dataset first
    WHERE lower(first.org) = lower(one.org) AND lower(first.name) = lower(one.name) AND first.id < one.id
  )
), renamed AS (
  UPDATE releases_dataset SET name = left(later.name, 60) || '-' || later.id
  FROM later WHERE later.id = releases_dataset.id
  RETURNING releases_dataset.id, later.name AS was, releases_dataset.name
)
INSERT INTO audit_entry (verb, target_type, target_id, data, at)
SELECT 'dataset.renamed', 'releases.dataset', id::text, jsonb_build_object('was', was, 'is', name), now() FROM renamed"""


class Migration(migrations.Migration):

    dependencies = [('releases', '0003_facts'), ('audit', '0002_triggers')]

    operations = [
        migrations.RemoveConstraint(model_name='dataset', name='dataset_once'),
        migrations.RunSQL(TELL_APART, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='dataset',
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower('org'),
                django.db.models.functions.text.Lower('name'),
                name='dataset_once',
            ),
        ),
    ]
