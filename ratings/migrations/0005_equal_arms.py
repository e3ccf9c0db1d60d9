"""What raters are shown goes through one last encode."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cohorts", "0004_resumable_uploads"),
        ("deid", "0003_withdrawal"),
        ("ratings", "0004_blinded_protocol"),
    ]

    operations = [
        migrations.CreateModel(
            name="LastEncode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("withheld", "Withheld"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("progress", models.FloatField(default=0)),
                ("stage", models.CharField(blank=True, max_length=80)),
                ("error", models.TextField(blank=True)),
                ("attempts", models.IntegerField(default=0)),
                ("lease", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("renditions", models.JSONField(help_text="ids of the versions, rising")),
                (
                    "recording",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cohorts.recording"
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="last_encodes", to="ratings.study"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ShownFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("storage_name", models.CharField(max_length=100, unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("n_bytes", models.BigIntegerField()),
                ("encoding", models.CharField(help_text="fingerprint of the last encode's settings", max_length=200)),
                ("traits", models.JSONField(help_text="what the file tells without being looked at")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "last_encode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="ratings.lastencode"
                    ),
                ),
                (
                    "rendition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shown_files", to="deid.rendition"
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shown_files", to="ratings.study"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="lastencode",
            index=models.Index(fields=["state", "lease_until"], name="lastencode_waiting"),
        ),
        migrations.AddConstraint(
            model_name="lastencode",
            constraint=models.UniqueConstraint(fields=("study", "recording"), name="lastencode_once"),
        ),
        migrations.AddConstraint(
            model_name="lastencode",
            constraint=models.CheckConstraint(
                condition=models.Q(("progress__gte", 0), ("progress__lte", 1)), name="lastencode_progress_share"
            ),
        ),
        migrations.AddConstraint(
            model_name="lastencode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease__isnull", False), ("lease_until__isnull", False), ("state", "running")),
                    models.Q(models.Q(("state", "running"), _negated=True), ("lease__isnull", True)),
                    _connector="OR",
                ),
                name="lastencode_running_has_lease",
            ),
        ),
        migrations.AddConstraint(
            model_name="lastencode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "failed"), _negated=True),
                    models.Q(("error", ""), _negated=True),
                    _connector="OR",
                ),
                name="lastencode_failure_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="shownfile",
            constraint=models.UniqueConstraint(fields=("study", "rendition"), name="shownfile_once"),
        ),
        migrations.AddConstraint(
            model_name="shownfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("n_bytes__gte", 1)), name="shownfile_holds_something"
            ),
        ),
    ]
