from django.db import migrations

from curation.core.sql_files import function_text

DROP = "DROP FUNCTION annotations_claim(bigint, bigint{});"


class Migration(migrations.Migration):
    dependencies = [("annotations", "0005_consent")]

    operations = [
        migrations.RunSQL(
            sql=DROP.format(""), reverse_sql=function_text("annotations", "claim", migration="0004")
        ),
        migrations.RunSQL(
            sql=function_text("annotations", "claim", migration="0006"), reverse_sql=DROP.format(", bigint")
        ),
    ]
