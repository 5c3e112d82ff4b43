import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stories', '0003_search'),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckLease',
            fields=[
                ('story', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='stories.story')),
                ('attempts', models.PositiveSmallIntegerField()),
                ('token', models.UUIDField()),
                ('lease_until', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('attempts__gte', 1)), name='check_lease_attempts')],
            },
        ),
    ]
