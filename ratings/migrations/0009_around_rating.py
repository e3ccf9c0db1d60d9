"""Around the rating: adjudication, debrief, reminders."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from audit.append_only import append_only

# A presentation that adjudicates goes to an adjudicator of its study, who has a place in it like every rater.
TO_ADJUDICATORS = """
ALTER TABLE ratings_presentation
    ADD COLUMN adjudicated_in bigint GENERATED ALWAYS AS (CASE WHEN adjudicates THEN study_id END) STORED;
ALTER TABLE ratings_presentation
    ADD CONSTRAINT presentation_adjudicator_of_study FOREIGN KEY (adjudicated_in, rater_id)
        REFERENCES ratings_adjudicator (study_id, user_id) DEFERRABLE INITIALLY DEFERRED;
"""
AS_BEFORE = "ALTER TABLE ratings_presentation DROP COLUMN adjudicated_in;"


class Migration(migrations.Migration):
    dependencies = [
        ("ratings", "0008_viewing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="presentation",
            name="adjudicates",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="DebriefShowing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("drawn_at", models.DateTimeField(auto_now_add=True)),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="debrief", to="ratings.studyrater"
                    ),
                ),
                (
                    "presentation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="debrief", to="ratings.presentation"
                    ),
                ),
            ],
            options={
                "ordering": ["place", "position"],
            },
        ),
        migrations.CreateModel(
            name="Guess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "taken_for",
                    models.CharField(
                        choices=[("filmed", "Original"), ("changed", "De-identified"), ("unknown", "I do not know")],
                        max_length=10,
                        verbose_name="what it was",
                    ),
                ),
                ("confidence", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="how sure")),
                ("given_at", models.DateTimeField(auto_now_add=True)),
                (
                    "showing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="guess", to="ratings.debriefshowing"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("n_waiting", models.PositiveIntegerField()),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reminders", to="ratings.study"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ReminderRefusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Adjudication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.CharField(max_length=30)),
                (
                    "presentation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjudications",
                        to="ratings.presentation",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("presentation", "item"), name="adjudication_item_once"),
                    models.CheckConstraint(
                        condition=models.Q(("item__regex", "^[a-z][a-z0-9_]{1,29}$")), name="adjudication_item_form"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Adjudicator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("named_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "named_by",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="adjudicators", to="ratings.study"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=("study", "user"), name="adjudicator_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="debriefshowing",
            constraint=models.UniqueConstraint(fields=("place", "position"), name="debriefshowing_position_once"),
        ),
        migrations.AddConstraint(
            model_name="debriefshowing",
            constraint=models.CheckConstraint(condition=models.Q(("position__gte", 1)), name="debriefshowing_from_one"),
        ),
        migrations.AddConstraint(
            model_name="guess",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confidence__isnull", True), ("taken_for", "unknown")),
                    models.Q(
                        ("confidence__gte", 1),
                        ("confidence__isnull", False),
                        ("confidence__lte", 5),
                        ("taken_for__in", ["filmed", "changed"]),
                    ),
                    _connector="OR",
                ),
                name="guess_confidence_where_one_was_made",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(fields=["user", "-sent_at"], name="reminder_newest"),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(condition=models.Q(("n_waiting__gte", 1)), name="reminder_of_something"),
        ),
        migrations.RunSQL(TO_ADJUDICATORS, AS_BEFORE),
        append_only("ratings_adjudication"),
        append_only("ratings_debriefshowing"),
        append_only("ratings_guess"),
    ]
