from django.db import migrations

# Checks are never changed by the application, only by this. No two rows of a story come to have the same kind and
# version, as both words are new.
RENAME = '''
ALTER TABLE stories_check DISABLE TRIGGER append_only;
UPDATE stories_check SET
  kind = CASE kind WHEN '{old_kind}' THEN '{new_kind}' ELSE kind END,
  index_version = regexp_replace(index_version, '^{old}-', '{new}-')
WHERE index_version LIKE '{old}-%';
ALTER TABLE stories_check ENABLE TRIGGER append_only;
'''


class Migration(migrations.Migration):

    dependencies = [
        ('stories', '0012_adjudication_words'),
    ]

    operations = [
        migrations.RunSQL(
            RENAME.format(old_kind='artefacts', new_kind='text_checks', old='artefacts', new='text-checks'),
            RENAME.format(old_kind='text_checks', new_kind='artefacts', old='text-checks', new='artefacts'),
        ),
    ]
