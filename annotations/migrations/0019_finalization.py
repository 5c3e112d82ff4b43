from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0018_adjudication_words'),
    ]

    operations = [
        migrations.RenameModel('Seal', 'Finalization'),
    ]
