from django.db import migrations, models

from curation.core.sql_files import function_text


class Migration(migrations.Migration):

    dependencies = [("annotations", "0026_imported_reviews")]

    operations = [
        migrations.RunSQL(
            function_text("annotations", "one_commit_stands", migration="0027"),
            function_text("annotations", "one_commit_stands", migration="0008"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("blind", True), models.Q(("kind", "commit"), _negated=True), _connector="OR"),
                name="review_commit_is_blind",
            ),
        ),
    ]
