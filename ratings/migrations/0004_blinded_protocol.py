"""Protocols, and the key in a schema of its own.

Presentations that are there already keep their files; which version they show moves into the key.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from audit.append_only import append_only

SEALED = """
CREATE SCHEMA IF NOT EXISTS sealed;
CREATE TABLE sealed.arm (
    presentation uuid PRIMARY KEY, study bigint NOT NULL, rendition bigint NOT NULL, arm varchar(40) NOT NULL,
    repeat boolean NOT NULL
);
CREATE INDEX arm_study ON sealed.arm (study);
CREATE TABLE sealed.seed (
    study bigint NOT NULL, rater bigint NOT NULL, part smallint NOT NULL, seed varchar(64) NOT NULL,
    added timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION refuse_change_of_the_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of the key are never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER arm_append_only BEFORE UPDATE OR DELETE ON sealed.arm
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_the_key();
CREATE TRIGGER seed_append_only BEFORE UPDATE OR DELETE ON sealed.seed
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_the_key();
"""
FILL = """
INSERT INTO ratings_studyrendition (study_id, recording_id, rendition_id)
    SELECT DISTINCT p.study_id, r.recording_id, r.id
    FROM ratings_presentation p JOIN deid_rendition r ON r.id = p.rendition_id;
INSERT INTO sealed.arm (presentation, study, rendition, arm, repeat)
    SELECT p.id, p.study_id, r.id, r.method, false
    FROM ratings_presentation p JOIN deid_rendition r ON r.id = p.rendition_id;
UPDATE ratings_presentation p
    SET recording_id = r.recording_id, storage_name = r.storage_name, file_bytes = r.n_bytes
    FROM deid_rendition r WHERE r.id = p.rendition_id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cohorts", "0004_resumable_uploads"),
        ("deid", "0003_withdrawal"),
        ("ratings", "0003_withdrawal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AllocationSeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "part",
                    models.PositiveSmallIntegerField(
                        help_text="0 at opening; recordings that came late have parts of their own"
                    ),
                ),
                ("algorithm", models.CharField(max_length=20)),
                ("sha256", models.CharField(max_length=64)),
                ("n_presentations", models.PositiveIntegerField()),
                ("sealed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["part", "id"],
            },
        ),
        migrations.CreateModel(
            name="CodeBreak",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField(verbose_name="reason")),
                ("emergency", models.BooleanField(default=False)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Exclusion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.CharField(blank=True, help_text="empty for all items", max_length=30)),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["recording_id", "item"],
            },
        ),
        migrations.CreateModel(
            name="ProtocolVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("content", models.TextField(help_text="canonical JSON")),
                ("sha256", models.CharField(max_length=64)),
                ("pdf", models.BinaryField()),
                ("pdf_sha256", models.CharField(max_length=64)),
                ("reason", models.TextField(blank=True)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="StudyRendition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "ordering": ["recording_id", "rendition_id"],
            },
        ),
        migrations.AddField(
            model_name="allocationseal",
            name="rater",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="allocationseal",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="seals", to="ratings.study"
            ),
        ),
        migrations.AddField(
            model_name="codebreak",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="codebreak",
            name="done_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="codebreak",
            name="participant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cohorts.participant"
            ),
        ),
        migrations.AddField(
            model_name="codebreak",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="code_breaks", to="ratings.study"
            ),
        ),
        migrations.AddField(
            model_name="exclusion",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="exclusion",
            name="recording",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cohorts.recording"
            ),
        ),
        migrations.AddField(
            model_name="exclusion",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="exclusions", to="ratings.study"
            ),
        ),
        migrations.AddField(
            model_name="protocolversion",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="protocolversion",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="ratings.study"
            ),
        ),
        migrations.AddField(
            model_name="studyrendition",
            name="recording",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cohorts.recording"
            ),
        ),
        migrations.AddField(
            model_name="studyrendition",
            name="rendition",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="deid.rendition"),
        ),
        migrations.AddField(
            model_name="studyrendition",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shown", to="ratings.study"
            ),
        ),
        migrations.AddConstraint(
            model_name="allocationseal",
            constraint=models.UniqueConstraint(fields=("study", "rater", "part"), name="allocationseal_once"),
        ),
        migrations.AddConstraint(
            model_name="codebreak",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="codebreak_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="codebreak",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                    models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                    _connector="OR",
                ),
                name="codebreak_done_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="codebreak",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("done_by__isnull", True),
                    ("emergency", True),
                    models.Q(("done_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="codebreak_by_two_or_in_an_emergency",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.UniqueConstraint(fields=("study", "recording", "item"), name="exclusion_once"),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="exclusion_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="protocolversion",
            constraint=models.UniqueConstraint(fields=("study", "number"), name="protocolversion_number_once"),
        ),
        migrations.AddConstraint(
            model_name="protocolversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("number", 1), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="protocolversion_change_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="studyrendition",
            constraint=models.UniqueConstraint(fields=("study", "rendition"), name="studyrendition_once"),
        ),
        migrations.RunSQL(SEALED, "DROP SCHEMA sealed CASCADE; DROP FUNCTION refuse_change_of_the_key"),
        migrations.RemoveConstraint(
            model_name="presentation",
            name="presentation_rendition_once",
        ),
        migrations.RemoveConstraint(
            model_name="rating",
            name="rating_item_known",
        ),
        migrations.AddField(
            model_name="presentation",
            name="after_session",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="presentation",
            name="broken_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="presentation",
            name="file_bytes",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="presentation",
            name="recording",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="presentations",
                to="cohorts.recording",
            ),
        ),
        migrations.AddField(
            model_name="presentation",
            name="session",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="presentation",
            name="storage_name",
            field=models.CharField(default="", max_length=100),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="study",
            name="more_methods",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                blank=True,
                default=list,
                help_text="further arms",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="study",
            name="protocol",
            field=models.JSONField(blank=True, default=dict, help_text="as it is drafted; frozen ones are versions"),
        ),
        migrations.AddField(
            model_name="studyrater",
            name="calibration",
            field=models.CharField(blank=True, max_length=200, verbose_name="calibration record"),
        ),
        migrations.AlterField(
            model_name="study",
            name="seed",
            field=models.BigIntegerField(help_text="of the numbers that stand for raters and recordings"),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("item__regex", "^[a-z][a-z0-9_]{1,29}$")), name="rating_item_form"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="presentation",
            name="recording",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="presentations", to="cohorts.recording"
            ),
        ),
        migrations.RemoveField(
            model_name="presentation",
            name="rendition",
        ),
        migrations.AddConstraint(
            model_name="presentation",
            constraint=models.CheckConstraint(
                condition=models.Q(("storage_name", ""), _negated=True), name="presentation_has_a_file"
            ),
        ),
        append_only("ratings_protocolversion"),
        append_only("ratings_allocationseal"),
    ]
