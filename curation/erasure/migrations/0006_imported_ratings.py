from django.db import migrations

from curation.core.sql_files import function_text

NAMES = ("purge_story", "erase_person")


class Migration(migrations.Migration):

    dependencies = [
        ("erasure", "0005_answers_from_argilla"),
        ("ratings_import", "0002_rules"),
    ]

    operations = [
        migrations.RunSQL(
            "".join(function_text("erasure", name, migration="0006") for name in NAMES),
            "".join(function_text("erasure", name, migration="0005") for name in NAMES),
        ),
    ]
