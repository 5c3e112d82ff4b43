from django.db import migrations

from curation.core.triggers import FrozenWhen, FrozenWith


class Migration(migrations.Migration):
    dependencies = [("standards", "0001_initial")]

    operations = [
        FrozenWhen("standards_constitution", "OLD.frozen_at IS NOT NULL"),
        FrozenWhen("standards_rubric", "OLD.frozen_at IS NOT NULL"),
        FrozenWhen("standards_acceptancepolicy", "OLD.frozen_at IS NOT NULL"),
        FrozenWith("standards_principle", "constitution_id", "standards_constitution"),
        FrozenWith("standards_theme", "rubric_id", "standards_rubric"),
        FrozenWith("standards_criterion", "rubric_id", "standards_rubric"),
        FrozenWith("standards_flag", "rubric_id", "standards_rubric"),
    ]
