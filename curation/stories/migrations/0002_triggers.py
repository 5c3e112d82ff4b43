from django.db import migrations

from curation.core.triggers import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("stories", "0001_initial")]

    operations = [
        AppendOnly("stories_story"),
        AppendOnly("stories_lineage"),
        AppendOnly("stories_tag"),
        AppendOnly("stories_check"),
        migrations.RunSQL(
            # Compressing the text is what limits an import; without it COPY is twice as fast.
            sql="ALTER TABLE stories_story ALTER COLUMN text SET STORAGE EXTERNAL;",
            reverse_sql="ALTER TABLE stories_story ALTER COLUMN text SET STORAGE EXTENDED;",
        ),
    ]
