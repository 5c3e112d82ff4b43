from django.db import migrations, models

import curation.accounts.models
import curation.core.folding

# A later account of the same name gets its number behind it, and the log says so: whoever it is asks an admin.
TELL_APART = """
WITH later AS (
  SELECT id, username FROM accounts_user one WHERE EXISTS (
    SELECT 1 FROM accounts_user first
    WHERE lower(normalize(first.username, NFKC)) = lower(normalize(one.username, NFKC)) AND first.id < one.id
  )
), renamed AS (
  UPDATE accounts_user SET username = left(later.username, 130) || '-' || later.id
  FROM later WHERE later.id = accounts_user.id RETURNING accounts_user.id, later.username AS was, accounts_user.username
)
INSERT INTO audit_entry (verb, target_type, target_id, data, at)
SELECT 'user.renamed', 'accounts.user', id::text, jsonb_build_object('was', was, 'is', username), now() FROM renamed"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_preferences'),
        ('audit', '0002_triggers'),
    ]

    operations = [
        migrations.RunSQL(TELL_APART, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(
                curation.core.folding.Folded('username'),
                name='user_name_once',
                violation_error_message=curation.accounts.models.NAME_TAKEN,
            ),
        ),
    ]
