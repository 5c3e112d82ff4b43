from django.db import migrations

from curation.core.sql_files import function_text


class Migration(migrations.Migration):
    dependencies = [("annotations", "0003_seats")]

    operations = [
        migrations.RunSQL(
            sql=function_text("annotations", "claim", migration="0004"),
            reverse_sql="DROP FUNCTION annotations_claim(bigint, bigint);",
        ),
        migrations.RunSQL(
            # A claimed bookmark and a seat are updated in place again and again: leave room on the page.
            sql="ALTER TABLE annotations_bookmark SET (fillfactor=50); "
            "ALTER TABLE annotations_assignment SET (fillfactor=90);",
            reverse_sql="ALTER TABLE annotations_bookmark RESET (fillfactor); "
            "ALTER TABLE annotations_assignment RESET (fillfactor);",
        ),
    ]
