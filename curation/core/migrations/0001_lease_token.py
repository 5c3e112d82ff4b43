from django.db import migrations


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(sql="CREATE SEQUENCE core_lease_token;", reverse_sql="DROP SEQUENCE core_lease_token;"),
    ]
