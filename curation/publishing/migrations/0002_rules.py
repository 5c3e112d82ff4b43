from django.db import migrations

from curation.core.triggers import LeasedRows, NeverEmptied, Transitions

# A target stays the same repository for the same dataset, and a publication that of a version at it; what was done for
# it stays done.
KEPT = """
CREATE TRIGGER kept BEFORE UPDATE OF uuid, dataset_id, endpoint, repo ON publishing_hubtarget FOR EACH ROW
WHEN (NEW.uuid <> OLD.uuid OR NEW.dataset_id <> OLD.dataset_id OR NEW.endpoint <> OLD.endpoint OR NEW.repo <> OLD.repo)
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON publishing_hubtarget FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER kept BEFORE UPDATE OF uuid, target_id, release_id, commit, tagged_at, published_at
ON publishing_publication FOR EACH ROW
WHEN (NEW.uuid <> OLD.uuid OR NEW.target_id <> OLD.target_id OR NEW.release_id <> OLD.release_id
  OR (OLD.commit <> '' AND NEW.commit <> OLD.commit)
  OR (OLD.tagged_at IS NOT NULL AND NEW.tagged_at IS DISTINCT FROM OLD.tagged_at)
  OR (OLD.published_at IS NOT NULL AND NEW.published_at IS DISTINCT FROM OLD.published_at))
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON publishing_publication FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
"""
UNKEPT = """
DROP TRIGGER kept ON publishing_hubtarget;
DROP TRIGGER never_removed ON publishing_hubtarget;
DROP TRIGGER kept ON publishing_publication;
DROP TRIGGER never_removed ON publishing_publication;
"""


class Migration(migrations.Migration):
    dependencies = [("publishing", "0001_initial"), ("core", "0002_functions")]

    operations = [
        migrations.RunSQL(KEPT, UNKEPT),
        NeverEmptied("publishing_hubtarget"),
        NeverEmptied("publishing_publication"),
        LeasedRows("publishing_publication"),
        Transitions(
            "publishing_publication",
            {
                "pending": ["running", "failed"],
                "running": ["pending", "done", "failed"],
                "done": ["pending"],
                "failed": ["pending"],
            },
        ),
    ]
