"""Practice before a study: cases with known scores, and what raters answered."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cohorts", "0004_resumable_uploads"),
        ("deid", "0003_withdrawal"),
        ("ratings", "0005_equal_arms"),
    ]

    operations = [
        migrations.CreateModel(
            name="PracticeCase",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("version", models.CharField(help_text="“original”, or the method", max_length=40)),
                ("position", models.PositiveSmallIntegerField()),
                ("reference", models.JSONField(help_text="score by item")),
                ("explanation", models.CharField(blank=True, max_length=400)),
                ("storage_name", models.CharField(blank=True, default="", max_length=100)),
                ("shown_bytes", models.BigIntegerField(default=0)),
                ("excluded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "recording",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cohorts.recording"
                    ),
                ),
                (
                    "rendition",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="deid.rendition",
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="practice_cases", to="ratings.study"
                    ),
                ),
            ],
            options={
                "ordering": ["study", "position"],
            },
        ),
        migrations.CreateModel(
            name="PracticeAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.CharField(max_length=30)),
                ("score", models.SmallIntegerField(blank=True, null=True)),
                ("not_sure", models.BooleanField(default=False)),
                (
                    "client_id",
                    models.UUIDField(
                        help_text="given by the rater's browser: a repeat is the same answer", unique=True
                    ),
                ),
                ("saved_at", models.DateTimeField(auto_now_add=True)),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="practice_answers",
                        to="ratings.studyrater",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="ratings.practicecase"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="practicecase",
            constraint=models.UniqueConstraint(fields=("study", "recording"), name="practicecase_recording_once"),
        ),
        migrations.AddConstraint(
            model_name="practicecase",
            constraint=models.UniqueConstraint(fields=("study", "position"), name="practicecase_position_once"),
        ),
        migrations.AddConstraint(
            model_name="practicecase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("storage_name", ""), _negated=True),
                fields=("storage_name",),
                name="practicecase_file_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="practicecase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("position__gte", 1),
                    models.Q(("version", ""), _negated=True),
                    models.Q(("reference", {}), _negated=True),
                ),
                name="practicecase_has_a_reference",
            ),
        ),
        migrations.AddConstraint(
            model_name="practicecase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("rendition__isnull", True), ("shown_bytes", 0), ("storage_name", "")),
                    models.Q(
                        ("rendition__isnull", False),
                        ("shown_bytes__gte", 1),
                        models.Q(("storage_name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="practicecase_file_whole_or_not_yet",
            ),
        ),
        migrations.AddIndex(
            model_name="practiceanswer",
            index=models.Index(fields=["place", "case", "item", "-id"], name="practiceanswer_newest"),
        ),
        migrations.AddConstraint(
            model_name="practiceanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("item__regex", "^[a-z][a-z0-9_]{1,29}$")), name="practiceanswer_item_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="practiceanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("not_sure", True), ("score__isnull", True)),
                    models.Q(("not_sure", False), ("score__in", [0, 1, 2, 3, 4]), ("score__isnull", False)),
                    _connector="OR",
                ),
                name="practiceanswer_score_or_not_sure",
            ),
        ),
    ]
