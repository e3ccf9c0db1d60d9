"""Results are read by a study's members; investigators who could read a study until now stay its readers."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ratings", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StudyMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="ratings.study"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="study_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["since", "id"],
                "constraints": [models.UniqueConstraint(fields=("study", "user"), name="studymember_once")],
            },
        ),
        migrations.RunSQL(
            "INSERT INTO ratings_studymember (study_id, user_id, since)"
            " SELECT study.id, reader.id, now() FROM ratings_study study, accounts_user reader"
            " WHERE reader.role = 'investigator' AND reader.is_active",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name="study",
            name="investigators",
            field=models.ManyToManyField(
                related_name="+",
                through="ratings.StudyMember",
                through_fields=("study", "user"),
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
