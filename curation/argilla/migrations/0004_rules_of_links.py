from django.db import migrations

from curation.core.triggers import LeasedRows, NeverEmptied, Transitions

# A link stays that of its queue, and blind or not; what was made for it stays. An answer stays what somebody said when,
# but for its words, which go once they are a review or are purged.
KEPT = """
CREATE TRIGGER kept BEFORE UPDATE OF uuid, queue_id, server_id, name, judge_id, dataset, published_at ON argilla_link
FOR EACH ROW WHEN (NEW.uuid <> OLD.uuid OR NEW.queue_id <> OLD.queue_id OR NEW.server_id <> OLD.server_id
  OR NEW.name <> OLD.name OR NEW.judge_id IS DISTINCT FROM OLD.judge_id
  OR (OLD.dataset <> '' AND NEW.dataset <> OLD.dataset)
  OR (OLD.published_at IS NOT NULL AND NEW.published_at IS DISTINCT FROM OLD.published_at))
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON argilla_link FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER kept BEFORE UPDATE OF link_id, item_id, record ON argilla_record FOR EACH ROW
WHEN (NEW.link_id <> OLD.link_id OR NEW.item_id <> OLD.item_id OR NEW.record <> OLD.record)
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON argilla_record FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER kept BEFORE UPDATE OF record_id, account_id, changed_at, there, review_id ON argilla_answer FOR EACH ROW
WHEN (NEW.record_id <> OLD.record_id OR NEW.account_id <> OLD.account_id OR NEW.changed_at <> OLD.changed_at
  OR NEW.there <> OLD.there OR (OLD.review_id IS NOT NULL AND NEW.review_id IS DISTINCT FROM OLD.review_id))
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON argilla_answer FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
"""
UNKEPT = """
DROP TRIGGER kept ON argilla_link;
DROP TRIGGER never_removed ON argilla_link;
DROP TRIGGER kept ON argilla_record;
DROP TRIGGER never_removed ON argilla_record;
DROP TRIGGER kept ON argilla_answer;
DROP TRIGGER never_removed ON argilla_answer;
"""


class Migration(migrations.Migration):
    dependencies = [("argilla", "0003_links"), ("core", "0002_functions")]

    operations = [
        migrations.RunSQL(KEPT, UNKEPT),
        NeverEmptied("argilla_link"),
        NeverEmptied("argilla_record"),
        NeverEmptied("argilla_answer"),
        LeasedRows("argilla_link"),
        Transitions(
            "argilla_link",
            {
                "pending": ["running", "closed"],
                "running": ["pending", "failed"],
                "failed": ["pending", "closed"],
                "closed": [],
            },
        ),
    ]
