from django.db import migrations

# What waits was read without the suggestions beside it: the next round reads all of it again before it tries any.
READ_ANEW = "UPDATE argilla_link SET read_at = NULL, read_to = 0 WHERE state <> 'closed' AND lease_until IS NULL;"


class Migration(migrations.Migration):
    dependencies = [("argilla", "0006_rules_of_sight")]

    operations = [migrations.RunSQL(READ_ANEW, migrations.RunSQL.noop)]
