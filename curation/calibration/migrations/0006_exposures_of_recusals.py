import django.db.models.deletion
from django.db import migrations, models

# What was noted twice is kept once: the recusal says who has seen scores of which story, and the exposure has the rest.
ONCE = """
ALTER TABLE calibration_exposure DISABLE TRIGGER append_only;
INSERT INTO annotations_recusal (user_id, story_id, saw, created_at)
SELECT user_id, story_id, 'scores', created_at FROM calibration_exposure exposure WHERE NOT EXISTS (
  SELECT FROM annotations_recusal there
  WHERE there.user_id = exposure.user_id AND there.story_id = exposure.story_id AND there.saw = 'scores');
UPDATE calibration_exposure exposure SET recusal_id = recusal.id FROM annotations_recusal recusal
WHERE recusal.user_id = exposure.user_id AND recusal.story_id = exposure.story_id AND recusal.saw = 'scores';
ALTER TABLE calibration_exposure ENABLE TRIGGER append_only;
SET CONSTRAINTS ALL IMMEDIATE;
"""
# As in migration 0005, by what the recusals say.
REPLACED = """
CREATE OR REPLACE FUNCTION scoring_score_deleted_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
      SELECT FROM scoring_judgeversion version JOIN scoring_judge judge ON judge.id = version.judge_id
      WHERE version.id = OLD.judge_version_id AND NOT version.active AND judge.kind IN ('embedded', 'ensemble'))
    AND NOT EXISTS (SELECT FROM annotations_review review WHERE review.story_id = OLD.story_id)
    AND NOT EXISTS (
      SELECT FROM annotations_recusal seen WHERE seen.story_id = OLD.story_id AND seen.saw = 'scores')
  THEN RETURN OLD; END IF;
  RAISE EXCEPTION '% is in use: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [('annotations', '0022_fewer_indexes'), ('calibration', '0005_kept_scores')]

    operations = [
        migrations.AddField(
            model_name='exposure',
            name='recusal',
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.recusal'
            ),
        ),
        migrations.RunSQL(ONCE),
        migrations.AlterField(
            model_name='exposure',
            name='recusal',
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.recusal'
            ),
        ),
        migrations.RunSQL(REPLACED),
        migrations.RemoveConstraint(model_name='exposure', name='exposure_once'),
        migrations.RemoveField(model_name='exposure', name='user'),
        migrations.RemoveField(model_name='exposure', name='story'),
    ]
