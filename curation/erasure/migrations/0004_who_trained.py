from django.db import migrations

from curation.core.sql_files import function_text

NAME = "erase_person"


class Migration(migrations.Migration):

    dependencies = [
        ("erasure", "0003_reports_and_requests"),
        ("research", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            function_text("erasure", NAME, migration="0004"),
            function_text("erasure", NAME, migration="0003"),
        ),
    ]
