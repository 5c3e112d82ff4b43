from django.db import migrations, models

# Two draws of one moment may have audited a story twice: the later audit measures nothing, and takes nobody else's time.
LATER = """
UPDATE annotations_item later SET kind = 'repeat', seats = later.seats - later.seats_left, seats_left = 0
WHERE later.kind = 'audit' AND EXISTS (
  SELECT FROM annotations_item first WHERE first.story_id = later.story_id AND first.kind = 'audit' AND first.id < later.id)
"""


class Migration(migrations.Migration):

    dependencies = [("annotations", "0030_draft_versions")]

    operations = [
        migrations.RunSQL(LATER, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "audit")), fields=("story",), name="item_audited_once"
            ),
        ),
    ]
