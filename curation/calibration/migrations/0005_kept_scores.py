from django.db import migrations

from curation.core.triggers import AppendOnly, DeletedOnly

# A score of an embedded version or an ensemble that is no longer in force, of a story that nobody has reviewed or seen scores of.
REPLACED = """EXISTS (
      SELECT FROM scoring_judgeversion version JOIN scoring_judge judge ON judge.id = version.judge_id
      WHERE version.id = OLD.judge_version_id AND NOT version.active AND judge.kind IN ('embedded', 'ensemble'))
    AND NOT EXISTS (SELECT FROM annotations_review review WHERE review.story_id = OLD.story_id)
    AND NOT EXISTS (SELECT FROM calibration_exposure seen WHERE seen.story_id = OLD.story_id)"""


class Migration(migrations.Migration):
    dependencies = [("calibration", "0004_judge_quality"), ("scoring", "0008_fewer_indexes")]

    operations = [
        AppendOnly("calibration_auditsample"),
        AppendOnly("calibration_probestory"),
        DeletedOnly("scoring_score", REPLACED),
    ]
