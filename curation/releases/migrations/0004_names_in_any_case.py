import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('releases', '0003_facts')]

    operations = [
        migrations.RemoveConstraint(model_name='dataset', name='dataset_once'),
        migrations.AddConstraint(
            model_name='dataset',
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower('org'),
                django.db.models.functions.text.Lower('name'),
                name='dataset_once',
            ),
        ),
    ]
