from django.db import migrations

from curation.core.sql_files import function_text

NAMES = ("purge_story", "erase_person")


class Migration(migrations.Migration):

    dependencies = [
        ("erasure", "0002_rules"),
        ("research", "0001_initial"),
        ("access", "0001_access"),
    ]

    operations = [
        migrations.RunSQL(
            "".join(function_text("erasure", name, migration="0003") for name in NAMES),
            "".join(function_text("erasure", name, migration="0002") for name in NAMES),
        ),
    ]
