import django.contrib.postgres.fields
from django.db import migrations, models

# Rows stored before the two columns were there. The trigger that refuses updates is the owner's to set aside.
BACKFIRES = """
ALTER TABLE annotations_span DISABLE TRIGGER append_only;
UPDATE annotations_span SET backfire = (conduct = 'misaligned' OR intent = 'malevolent') AND portrayal = 'positive'
WHERE conduct <> '' OR intent <> '' OR portrayal <> '';
ALTER TABLE annotations_span ENABLE TRIGGER append_only;
"""
# The themes whose criteria have a value; and the story's tags, whose criteria everybody may have rated N/A.
THEMES = """
ALTER TABLE annotations_decision DISABLE TRIGGER append_only;
UPDATE annotations_decision AS d SET themes = ARRAY(
  SELECT t.key FROM standards_theme t JOIN standards_criterion c ON c.theme_id = t.id
  JOIN standards_acceptancepolicy p ON p.rubric_id = t.rubric_id
  WHERE p.id = d.policy_id AND d.values ->> c.key IS NOT NULL
  UNION SELECT g.key FROM stories_tag g WHERE g.story_id = d.story_id AND g.kind = 'theme' ORDER BY 1);
ALTER TABLE annotations_decision ENABLE TRIGGER append_only;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0011_revision'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='review',
            name='review_only_a_revision_asks',
        ),
        migrations.AddField(
            model_name='decision',
            name='themes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='span',
            name='backfire',
            field=models.BooleanField(null=True),
        ),
        migrations.RunSQL(BACKFIRES, migrations.RunSQL.noop),
        migrations.RunSQL(THEMES, migrations.RunSQL.noop),
    ]
