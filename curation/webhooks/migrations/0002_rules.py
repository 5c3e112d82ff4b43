from django.db import migrations

from curation.core.triggers import LeasedRows, NeverEmptied, Transitions

# A message never changes, and is dropped some weeks later; a delivery stays one of the same message to the same
# endpoint.
KEPT = """
CREATE TRIGGER never_changed BEFORE UPDATE ON webhooks_message FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER kept BEFORE UPDATE OF message_id, endpoint_id ON webhooks_delivery FOR EACH ROW
WHEN (NEW.message_id <> OLD.message_id OR NEW.endpoint_id <> OLD.endpoint_id) EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER kept BEFORE UPDATE OF uuid ON webhooks_endpoint FOR EACH ROW
WHEN (NEW.uuid <> OLD.uuid) EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON webhooks_endpoint FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
"""
UNKEPT = """
DROP TRIGGER never_changed ON webhooks_message;
DROP TRIGGER kept ON webhooks_delivery;
DROP TRIGGER kept ON webhooks_endpoint;
DROP TRIGGER never_removed ON webhooks_endpoint;
"""


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial"), ("core", "0002_functions")]

    operations = [
        migrations.RunSQL(KEPT, UNKEPT),
        NeverEmptied("webhooks_message"),
        NeverEmptied("webhooks_delivery"),
        NeverEmptied("webhooks_endpoint"),
        LeasedRows("webhooks_delivery"),
        Transitions(
            "webhooks_delivery",
            {
                "pending": ["sending", "closed"],
                "sending": ["pending", "done", "failed", "closed"],
                "done": ["pending"],
                "failed": ["pending"],
                "closed": [],
            },
        ),
    ]
