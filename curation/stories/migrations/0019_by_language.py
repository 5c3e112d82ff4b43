from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("stories", "0018_left_out_columns")]

    operations = [
        migrations.AddIndex(
            model_name="story",
            index=models.Index(fields=["language"], opclasses=["varchar_pattern_ops"], name="story_by_language"),
        ),
    ]
