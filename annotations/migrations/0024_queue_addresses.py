from django.db import migrations, models
from django.db.models.functions import Lower

# A later queue whose address differs in its capitals alone gets its number behind it.
TELL_APART = """
UPDATE annotations_queue later SET slug = left(slug, 59 - length(id::text)) || '-' || id
WHERE EXISTS (SELECT 1 FROM annotations_queue first WHERE lower(first.slug) = lower(later.slug) AND first.id < later.id)
"""


class Migration(migrations.Migration):

    dependencies = [('annotations', '0023_completed_queues')]

    operations = [
        migrations.RunSQL(TELL_APART, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='queue',
            constraint=models.UniqueConstraint(Lower('slug'), name='queue_address_once'),
        ),
    ]
