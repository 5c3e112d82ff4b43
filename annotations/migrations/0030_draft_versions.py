from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("annotations", "0029_closed_once_stored")]

    operations = [
        migrations.RunSQL("UPDATE annotations_draft SET version = 1 WHERE version < 1", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="draft",
            name="version",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="draft_version_from_one"
            ),
        ),
    ]
