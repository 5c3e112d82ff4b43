from django.db import migrations

# Whatever somebody may have seen there stays on record: it never turns an answer into a blind one.
KEPT = """
CREATE TRIGGER suggested_stays BEFORE UPDATE OF suggested_at ON argilla_record FOR EACH ROW
WHEN (OLD.suggested_at IS NOT NULL AND NEW.suggested_at IS DISTINCT FROM OLD.suggested_at)
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER read_stays BEFORE UPDATE OF read_until ON argilla_argillaperson FOR EACH ROW
WHEN (OLD.read_until IS NOT NULL AND (NEW.read_until IS NULL OR NEW.read_until < OLD.read_until))
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER begun_stays BEFORE UPDATE OF begun_at ON argilla_answer FOR EACH ROW
WHEN (NEW.begun_at IS DISTINCT FROM OLD.begun_at)
EXECUTE FUNCTION exempla_refuse();
"""
UNKEPT = """
DROP TRIGGER suggested_stays ON argilla_record;
DROP TRIGGER read_stays ON argilla_argillaperson;
DROP TRIGGER begun_stays ON argilla_answer;
"""


class Migration(migrations.Migration):
    dependencies = [("argilla", "0005_seen_there"), ("core", "0002_functions")]

    operations = [migrations.RunSQL(KEPT, UNKEPT)]
