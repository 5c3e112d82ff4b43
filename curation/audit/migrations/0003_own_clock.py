from django.db import migrations

from curation.core.triggers import REFUSE, StampedByDatabase


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_triggers")]

    operations = [
        # The refusing functions as they are now; every table's trigger calls the same two.
        migrations.RunSQL(REFUSE, migrations.RunSQL.noop),
        StampedByDatabase("audit_entry", "at"),
    ]
