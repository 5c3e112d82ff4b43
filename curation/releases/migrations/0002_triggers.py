from django.db import migrations

from curation.core.triggers import AppendOnly, ClosedWhen, FrozenWhen


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_initial")]

    operations = [
        AppendOnly("releases_splitassignment"),
        AppendOnly("releases_pseudonym"),
        AppendOnly("releases_releaseitem"),
        AppendOnly("releases_releasefile"),
        AppendOnly("releases_blob"),
        FrozenWhen("releases_release", "OLD.state = 'built'"),
        ClosedWhen("releases_releaseitem", "release_id", "releases_release", "state = 'built'"),
        ClosedWhen("releases_releasefile", "release_id", "releases_release", "state = 'built'"),
    ]
