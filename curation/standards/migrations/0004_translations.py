from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("standards", "0003_never_emptied")]

    operations = [
        migrations.AddField("rubric", "language", models.CharField(default="en", max_length=20)),
        migrations.AddField("rubric", "translations", models.JSONField(blank=True, default=dict)),
    ]
