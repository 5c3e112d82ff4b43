from django.db import migrations

from curation.core.triggers import Transitions


class Migration(migrations.Migration):
    dependencies = [('research', '0002_kept'), ('core', '0002_functions')]

    operations = [
        Transitions('research_rowreport', {'open': ['answered'], 'answered': []}),
        Transitions('research_trainingoutcome', {'waiting': ['listed', 'declined'], 'listed': [], 'declined': []}),
    ]
