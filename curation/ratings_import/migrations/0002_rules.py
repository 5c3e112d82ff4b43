from django.db import migrations

from curation.core.triggers import LeasedRows, NeverEmptied, Transitions

# An import stays that of the same stories, under the same rubric, as it was planned.
KEPT = """
CREATE TRIGGER kept BEFORE UPDATE OF run_id, rubric_id, queue_id, plan, blind, origin ON ratings_import_ratingsimport
FOR EACH ROW WHEN (NEW.run_id <> OLD.run_id OR NEW.rubric_id <> OLD.rubric_id OR NEW.queue_id <> OLD.queue_id
  OR NEW.plan <> OLD.plan OR NEW.blind <> OLD.blind OR NEW.origin <> OLD.origin)
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON ratings_import_ratingsimport
FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
"""
UNKEPT = """
DROP TRIGGER kept ON ratings_import_ratingsimport;
DROP TRIGGER never_removed ON ratings_import_ratingsimport;
"""


class Migration(migrations.Migration):
    dependencies = [("ratings_import", "0001_initial"), ("core", "0002_functions")]

    operations = [
        migrations.RunSQL(KEPT, UNKEPT),
        NeverEmptied("ratings_import_ratingsimport"),
        LeasedRows("ratings_import_ratingsimport"),
        Transitions(
            "ratings_import_ratingsimport",
            {
                "pending": ["running"],
                "running": ["pending", "done", "failed"],
                "done": [],
                "failed": ["pending"],
            },
        ),
    ]
