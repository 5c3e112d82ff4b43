from django.db import migrations

from curation.core.sql_files import function_text


class Migration(migrations.Migration):

    dependencies = [("erasure", "0004_who_trained"), ("argilla", "0004_rules_of_links")]

    operations = [
        migrations.RunSQL(
            function_text("erasure", "purge_story", migration="0005"),
            function_text("erasure", "purge_story", migration="0003"),
        ),
        migrations.RunSQL(
            function_text("erasure", "erase_person", migration="0005"),
            function_text("erasure", "erase_person", migration="0004"),
        ),
    ]
