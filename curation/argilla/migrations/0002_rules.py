from django.db import migrations

from curation.core.triggers import NeverEmptied

# A server stays the same workspace at the same address: its key is for that, and what came from it names it.
KEPT = """
CREATE TRIGGER kept BEFORE UPDATE OF uuid, url, workspace ON argilla_argillaserver FOR EACH ROW
WHEN (NEW.uuid <> OLD.uuid OR NEW.url <> OLD.url OR NEW.workspace <> OLD.workspace)
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON argilla_argillaserver FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
"""
UNKEPT = """
DROP TRIGGER kept ON argilla_argillaserver;
DROP TRIGGER never_removed ON argilla_argillaserver;
"""


class Migration(migrations.Migration):
    dependencies = [("argilla", "0001_initial"), ("core", "0002_functions")]

    operations = [migrations.RunSQL(KEPT, UNKEPT), NeverEmptied("argilla_argillaserver")]
