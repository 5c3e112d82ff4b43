from django.db import migrations

from curation.core.sql_files import function_text


class Migration(migrations.Migration):
    dependencies = [("core", "0001_lease_token")]

    # `core.triggers` creates these as they are now, too, for the tables whose triggers call them.
    operations = [
        migrations.RunSQL(function_text("core", name, migration="0002"), migrations.RunSQL.noop)
        for name in ("refuse", "refuse_truncate", "leased", "refuse_transition")
    ]
