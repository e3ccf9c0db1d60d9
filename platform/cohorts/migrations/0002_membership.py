"""Who cares for a cohort becomes a row with a date; those who do so today are kept."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_accounts_access"),
        ("cohorts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CohortMembership",
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
                    "cohort",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="cohorts.cohort",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cohort_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["since", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("cohort", "user"), name="cohortmembership_once"),
                ],
            },
        ),
        # Coordinators came with their cohort: its date is the nearest that is known.
        migrations.RunSQL(
            "INSERT INTO cohorts_cohortmembership (cohort_id, user_id, since)"
            " SELECT kept.cohort_id, kept.user_id, cohort.created_at FROM cohorts_cohort_coordinators kept"
            " JOIN cohorts_cohort cohort ON cohort.id = kept.cohort_id;"
            "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED",
            "INSERT INTO cohorts_cohort_coordinators (cohort_id, user_id)"
            " SELECT cohort_id, user_id FROM cohorts_cohortmembership;"
            "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED",
        ),
        migrations.RemoveField(model_name="cohort", name="coordinators"),
        migrations.AddField(
            model_name="cohort",
            name="coordinators",
            field=models.ManyToManyField(
                related_name="cohorts",
                through="cohorts.CohortMembership",
                through_fields=("cohort", "user"),
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="InvitedCohort",
            fields=[
                (
                    "invitation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="place",
                        serialize=False,
                        to="accounts.invitation",
                    ),
                ),
                (
                    "cohort",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cohorts.cohort"
                    ),
                ),
            ],
        ),
    ]
