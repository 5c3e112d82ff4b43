from django.db import migrations

# Letters with accents come in two forms; what is looked for is written in the first.
INDEX_AGAIN = """
UPDATE stories_searchentry entry
SET words = setweight(to_tsvector('english', normalize(s.title, NFC)), 'A')
  || to_tsvector('english', normalize(left(s.text, 200000), NFC))
FROM stories_story s
WHERE s.id = entry.story_id AND (s.title IS NOT NFC NORMALIZED OR left(s.text, 200000) IS NOT NFC NORMALIZED)"""


class Migration(migrations.Migration):
    dependencies = [("stories", "0004_check_lease")]

    operations = [migrations.RunSQL(INDEX_AGAIN, migrations.RunSQL.noop)]
