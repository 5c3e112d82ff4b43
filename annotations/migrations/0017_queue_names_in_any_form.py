from django.db import migrations, models

import curation.core.folding

# A later queue of the same name gets its address, which is its own, behind its name.
TELL_APART = """
UPDATE annotations_queue later SET name = left(name, 117 - length(slug)) || ' (' || slug || ')'
WHERE EXISTS (
  SELECT 1 FROM annotations_queue first
  WHERE lower(normalize(first.name, NFKC)) = lower(normalize(later.name, NFKC)) AND first.id < later.id
)"""


class Migration(migrations.Migration):

    dependencies = [('annotations', '0016_transitions')]

    operations = [
        migrations.RemoveConstraint(model_name='queue', name='queue_name_once'),
        migrations.RunSQL(TELL_APART, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='queue',
            constraint=models.UniqueConstraint(curation.core.folding.Folded('name'), name='queue_name_once'),
        ),
    ]
