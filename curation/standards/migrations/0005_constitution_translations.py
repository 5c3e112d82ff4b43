from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("standards", "0004_translations")]

    operations = [
        migrations.AddField("constitution", "language", models.CharField(default="en", max_length=20)),
        migrations.AddField("constitution", "translations", models.JSONField(blank=True, default=dict)),
    ]
