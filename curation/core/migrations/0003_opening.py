from django.db import migrations

from curation.core.sql_files import function_text

OPENING = """
CREATE TABLE core_opening (
  xact xid8 NOT NULL,
  relation oid NOT NULL,
  row_key text NOT NULL,
  PRIMARY KEY (xact, relation, row_key)
);
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_functions")]

    operations = [
        migrations.RunSQL(OPENING, "DROP TABLE core_opening;"),
        migrations.RunSQL(
            function_text("core", "refuse", migration="0003"), function_text("core", "refuse", migration="0002")
        ),
    ]
