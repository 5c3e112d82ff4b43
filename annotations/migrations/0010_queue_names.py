import django.db.models.functions.text
from django.db import migrations, models

# A later queue of the same name gets its address, which is its own, behind its name.
TELL_APART = """
UPDATE annotations_queue later SET name = left(name, 117 - length(slug)) || ' (' || slug || ')'
WHERE EXISTS (
  SELECT 1 FROM annotations_queue first WHERE lower(first.name) = lower(later.name) AND first.id < later.id
)"""


class Migration(migrations.Migration):

    dependencies = [('annotations', '0009_practice')]

    operations = [
        migrations.RunSQL(TELL_APART, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='queue',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='queue_name_once'),
        ),
    ]
