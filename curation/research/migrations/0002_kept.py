from django.db import migrations

from curation.core.triggers import NeverEmptied

# What somebody reported or sent stays what it is, and so does what a curator made of it. Words alone can be taken out,
# by what destroys stories and forgets people.
KEPT = """
CREATE TRIGGER kept BEFORE UPDATE ON research_rowreport FOR EACH ROW
WHEN (NEW.uuid <> OLD.uuid OR NEW.release_id <> OLD.release_id OR NEW.story_id <> OLD.story_id
  OR NEW.split <> OLD.split OR NEW.row <> OLD.row OR NEW.kind <> OLD.kind OR NEW.created_at <> OLD.created_at
  OR NEW.reporter_id IS DISTINCT FROM OLD.reporter_id OR (NEW.text <> OLD.text AND NEW.text <> '[purged]')
  OR (OLD.state <> 'open' AND (NEW.state <> OLD.state OR NEW.answered_by_id IS DISTINCT FROM OLD.answered_by_id
    OR NEW.answered_at <> OLD.answered_at OR (NEW.answer <> OLD.answer AND NEW.answer <> '[purged]'))))
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON research_rowreport FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER kept BEFORE UPDATE ON research_trainingoutcome FOR EACH ROW
WHEN (NEW.release_id <> OLD.release_id OR NEW.model <> OLD.model OR NEW.rows <> OLD.rows OR NEW.method <> OLD.method
  OR NEW.measure <> OLD.measure OR NEW.unit <> OLD.unit OR NEW.higher_is_better <> OLD.higher_is_better
  OR NEW.baseline <> OLD.baseline OR NEW.result <> OLD.result OR NEW.low IS DISTINCT FROM OLD.low
  OR NEW.high IS DISTINCT FROM OLD.high OR NEW.link <> OLD.link OR NEW.sent_by_id <> OLD.sent_by_id
  OR NEW.sent_at <> OLD.sent_at OR (NEW.who <> OLD.who AND NEW.who <> '[erased]')
  OR (NEW.notes <> OLD.notes AND NEW.notes <> '')
  OR (OLD.state <> 'waiting' AND (NEW.state <> OLD.state OR NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id
    OR NEW.decided_at <> OLD.decided_at OR NEW.reason <> OLD.reason)))
EXECUTE FUNCTION exempla_refuse();
CREATE TRIGGER never_removed BEFORE DELETE ON research_trainingoutcome FOR EACH ROW EXECUTE FUNCTION exempla_refuse();
"""
UNKEPT = """
DROP TRIGGER kept ON research_rowreport;
DROP TRIGGER never_removed ON research_rowreport;
DROP TRIGGER kept ON research_trainingoutcome;
DROP TRIGGER never_removed ON research_trainingoutcome;
"""


class Migration(migrations.Migration):
    dependencies = [("research", "0001_initial"), ("core", "0002_functions")]

    operations = [
        migrations.RunSQL(KEPT, UNKEPT),
        NeverEmptied("research_rowreport"),
        NeverEmptied("research_trainingoutcome"),
    ]
