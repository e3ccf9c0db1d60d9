"""Six-face experiments; which face stands where is in the sealed schema, to which rows are only ever added."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.append_only import append_only

SEALED = """
CREATE TABLE sealed.face (
    trial uuid NOT NULL, position smallint NOT NULL, experiment bigint NOT NULL, kind varchar(12) NOT NULL,
    role varchar(12) NOT NULL, person varchar(40) NOT NULL, source varchar(80) NOT NULL, sha256 varchar(64) NOT NULL,
    PRIMARY KEY (trial, position), CHECK (position BETWEEN 1 AND 6)
);
CREATE INDEX face_experiment ON sealed.face (experiment);
CREATE TABLE sealed.trial_seed (
    experiment bigint NOT NULL, seed varchar(64) NOT NULL, added timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER face_append_only BEFORE UPDATE OR DELETE ON sealed.face
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_the_key();
CREATE TRIGGER trial_seed_append_only BEFORE UPDATE OR DELETE ON sealed.trial_seed
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_the_key();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cohorts", "0004_resumable_uploads"),
        ("ratings", "0009_around_rating"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Experiment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
                ("method", models.CharField(max_length=40, verbose_name="method")),
                ("protocol", models.JSONField(blank=True, default=dict, help_text="as it is drafted")),
                ("frozen", models.TextField(blank=True, help_text="canonical JSON, from the opening on")),
                ("frozen_sha256", models.CharField(blank=True, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("open", "Open"), ("closed", "Closed")],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("seed", models.BigIntegerField(help_text="of the numbers that stand for judges and participants")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cohort",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="experiments",
                        to="cohorts.cohort",
                        verbose_name="cohort",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "investigators",
                    models.ManyToManyField(related_name="experiments_to_read", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ExperimentJudge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="judges", to="ratings.experiment"
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
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Trial",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("position", models.PositiveIntegerField(help_text="of practice and of the others, each from 1")),
                ("practice", models.BooleanField(default=False)),
                (
                    "answer_known",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        blank=True,
                        help_text="of practice; empty for no two",
                        null=True,
                        size=2,
                    ),
                ),
                ("storage_name", models.CharField(max_length=100, unique=True)),
                ("n_bytes", models.BigIntegerField()),
                ("sha256", models.CharField(help_text="of the picture", max_length=64)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("excluded_at", models.DateTimeField(blank=True, null=True)),
                ("void", models.BooleanField(default=False)),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="trials", to="ratings.experiment"
                    ),
                ),
                (
                    "judge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="trials", to="ratings.experimentjudge"
                    ),
                ),
            ],
            options={
                "ordering": ["judge", "-practice", "position"],
            },
        ),
        migrations.CreateModel(
            name="TrialAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "first",
                    models.PositiveSmallIntegerField(blank=True, help_text="1 to 6; empty for “no two”", null=True),
                ),
                ("second", models.PositiveSmallIntegerField(blank=True, help_text="greater than the first", null=True)),
                ("confidence", models.PositiveSmallIntegerField(help_text="1 a guess, 4 certain")),
                (
                    "response_ms",
                    models.PositiveIntegerField(help_text="from the showing to the choice, by the browser's clock"),
                ),
                (
                    "client_id",
                    models.UUIDField(
                        help_text="given by the judge's browser: a repeat is the same answer", unique=True
                    ),
                ),
                ("saved_at", models.DateTimeField(auto_now_add=True)),
                (
                    "trial",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answer", to="ratings.trial"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="TrialBuild",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("progress", models.FloatField(default=0)),
                ("stage", models.CharField(blank=True, max_length=80)),
                ("error", models.TextField(blank=True)),
                ("attempts", models.IntegerField(default=0)),
                ("lease", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("done", "Built"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                (
                    "reasons",
                    models.JSONField(blank=True, default=list, help_text="pairs of a recording and a sentence"),
                ),
                (
                    "report",
                    models.JSONField(
                        blank=True, default=dict, help_text="how alike the pictures are, and what was left out"
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "experiment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="build", to="ratings.experiment"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="TrialFace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cohorts.participant"
                    ),
                ),
                (
                    "trial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="faces", to="ratings.trial"
                    ),
                ),
            ],
            options={
                "ordering": ["trial", "participant"],
            },
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["", "original"]), _negated=True),
                name="experiment_method_de_identifies",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at__isnull", True), ("frozen", ""), ("opened_at__isnull", True), ("state", "draft")
                    ),
                    models.Q(
                        ("closed_at__isnull", True),
                        ("opened_at__isnull", False),
                        ("state", "open"),
                        models.Q(("frozen", ""), _negated=True),
                    ),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("opened_at__isnull", False),
                        ("state", "closed"),
                        ("closed_at__gte", models.F("opened_at")),
                        models.Q(("frozen", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="experiment_state_has_its_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="experimentjudge",
            constraint=models.UniqueConstraint(fields=("experiment", "user"), name="experimentjudge_once"),
        ),
        migrations.AddConstraint(
            model_name="experimentjudge",
            constraint=models.UniqueConstraint(fields=("experiment", "number"), name="experimentjudge_number_once"),
        ),
        migrations.AddConstraint(
            model_name="experimentjudge",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="experimentjudge_number_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.UniqueConstraint(fields=("judge", "practice", "position"), name="trial_position_once"),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(("n_bytes__gte", 1), ("position__gte", 1)), name="trial_counts"
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(("storage_name", ""), _negated=True), name="trial_has_a_picture"
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer_known__isnull", False), ("practice", True)),
                    models.Q(("answer_known__isnull", True), ("practice", False)),
                    _connector="OR",
                ),
                name="trial_only_practice_tells",
            ),
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(("void", False), ("excluded_at__isnull", False), _connector="OR"),
                name="trial_void_is_excluded",
            ),
        ),
        migrations.AddConstraint(
            model_name="trialanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("first__isnull", True), ("second__isnull", True)),
                    models.Q(
                        ("first__isnull", False),
                        ("second__isnull", False),
                        ("first__gte", 1),
                        ("second__gt", models.F("first")),
                        ("second__lte", 6),
                    ),
                    _connector="OR",
                ),
                name="trialanswer_two_faces_or_none",
            ),
        ),
        migrations.AddConstraint(
            model_name="trialanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence__gte", 1), ("confidence__lte", 4)), name="trialanswer_confidence_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="trialanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("response_ms__lte", 86400000)), name="trialanswer_time_possible"
            ),
        ),
        migrations.AddIndex(
            model_name="trialbuild",
            index=models.Index(fields=["state", "lease_until"], name="trialbuild_waiting"),
        ),
        migrations.AddConstraint(
            model_name="trialbuild",
            constraint=models.CheckConstraint(
                condition=models.Q(("progress__gte", 0), ("progress__lte", 1)), name="trialbuild_progress_share"
            ),
        ),
        migrations.AddConstraint(
            model_name="trialbuild",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease__isnull", False), ("lease_until__isnull", False), ("state", "running")),
                    models.Q(models.Q(("state", "running"), _negated=True), ("lease__isnull", True)),
                    _connector="OR",
                ),
                name="trialbuild_running_has_lease",
            ),
        ),
        migrations.AddConstraint(
            model_name="trialbuild",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "failed"), _negated=True),
                    models.Q(("error", ""), _negated=True),
                    _connector="OR",
                ),
                name="trialbuild_failure_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="trialface",
            constraint=models.UniqueConstraint(fields=("trial", "participant"), name="trialface_once"),
        ),
        append_only("ratings_trialanswer"),
        migrations.RunSQL(SEALED, "DROP TABLE sealed.face, sealed.trial_seed"),
    ]
