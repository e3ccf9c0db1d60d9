import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analysis", "0004_runs"),
        ("deid", "0003_withdrawal"),
    ]

    operations = [
        migrations.CreateModel(
            name="Series",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("storage_name", models.CharField(max_length=100, unique=True)),
                ("made_at", models.DateTimeField(auto_now=True)),
                (
                    "rendition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="series", to="deid.rendition"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "series",
            },
        ),
    ]
