"""Ratings as hash chains, reasons beside answers, signatures that lock a session. Rows that are there get their place."""

import datetime

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from audit.append_only import append_only
from audit.chained import chained
from ratings.triggers import (
    HASHED,
    HOLD_PLACE,
    LOCK,
    SEAL_WHAT_IS_THERE,
    SIGNED,
    TIMES,
    UNLOCK,
    UNSIGNED,
    following,
    linked,
)


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_chain"),
        ("ratings", "0006_practice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Acquaintance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seen_before", models.BooleanField()),
                ("client_id", models.UUIDField(unique=True)),
                ("saved_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="SessionSignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session", models.PositiveSmallIntegerField()),
                ("name", models.CharField(help_text="of the rater, at that time", max_length=150)),
                ("meaning", models.CharField(help_text="what was signed, in the words that were read", max_length=200)),
                ("second_factor", models.BooleanField(help_text="a code was asked for besides the password")),
                ("n_answers", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("signed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("voided_at", models.DateTimeField(blank=True, null=True)),
                ("void_reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="practiceanswer",
            name="answered_at",
            field=models.DateTimeField(blank=True, help_text="by the browser's clock; nothing relies on it", null=True),
        ),
        migrations.AddField(
            model_name="practiceanswer",
            name="change_reason",
            field=models.CharField(
                blank=True,
                choices=[("slip", "A slip of the hand"), ("second_look", "A second look"), ("other", "Another reason")],
                max_length=20,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="practiceanswer",
            name="comment",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddField(
            model_name="practiceanswer",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("not_visible", "Not visible"),
                    ("no_audio", "No sound"),
                    ("artefact", "The picture is disturbed"),
                    ("would_not_play", "Would not play"),
                    ("other", "Another reason"),
                ],
                max_length=20,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="practiceanswer",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="ratings.practiceanswer",
            ),
        ),
        migrations.AddField(
            model_name="rating",
            name="answered_at",
            field=models.DateTimeField(blank=True, help_text="by the browser's clock; nothing relies on it", null=True),
        ),
        migrations.AddField(
            model_name="rating",
            name="change_reason",
            field=models.CharField(
                blank=True,
                choices=[("slip", "A slip of the hand"), ("second_look", "A second look"), ("other", "Another reason")],
                max_length=20,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="rating",
            name="comment",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddField(
            model_name="rating",
            name="hash",
            field=models.CharField(
                db_default="0000000000000000000000000000000000000000000000000000000000000000",
                editable=False,
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="rating",
            name="place",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ratings",
                to="ratings.studyrater",
            ),
        ),
        migrations.AddField(
            model_name="rating",
            name="position",
            field=models.BigIntegerField(db_default=1, editable=False),
        ),
        migrations.AddField(
            model_name="rating",
            name="previous_hash",
            field=models.CharField(
                db_default="0000000000000000000000000000000000000000000000000000000000000000",
                editable=False,
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="rating",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("not_visible", "Not visible"),
                    ("no_audio", "No sound"),
                    ("artefact", "The picture is disturbed"),
                    ("would_not_play", "Would not play"),
                    ("other", "Another reason"),
                ],
                max_length=20,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="rating",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="ratings.rating",
            ),
        ),
        linked("ratings_rating", "presentation_id"),
        following("ratings_rating", "presentation_id"),
        linked("ratings_practiceanswer", "place_id", "case_id"),
        following("ratings_practiceanswer", "place_id", "case_id"),
        append_only("ratings_practiceanswer"),
        append_only("ratings_acquaintance"),
        chained("ratings_rating", chain="place_id", hold=HOLD_PLACE, fields=HASHED, times=TIMES),
        migrations.RunSQL(SEAL_WHAT_IS_THERE, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="rating",
            name="place",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ratings",
                to="ratings.studyrater",
            ),
        ),
        migrations.AddConstraint(
            model_name="practiceanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reason__isnull", True),
                    models.Q(("not_sure", False), ("reason", "")),
                    models.Q(
                        ("not_sure", True),
                        ("reason__in", ["not_visible", "no_audio", "artefact", "would_not_play", "other"]),
                    ),
                    _connector="OR",
                ),
                name="practiceanswer_reason_when_not_sure",
            ),
        ),
        migrations.AddConstraint(
            model_name="practiceanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("change_reason__isnull", True),
                    models.Q(("change_reason", ""), ("replaces__isnull", True)),
                    models.Q(("change_reason__in", ["slip", "second_look", "other"]), ("replaces__isnull", False)),
                    _connector="OR",
                ),
                name="practiceanswer_change_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="practiceanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answered_at__isnull", True),
                    models.Q(
                        ("answered_at__gte", datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ("answered_at__lt", datetime.datetime(3000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                    ),
                    _connector="OR",
                ),
                name="practiceanswer_answered_in_our_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="practiceanswer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaces__isnull", True)),
                fields=("place", "case", "item"),
                name="practiceanswer_first_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reason__isnull", True),
                    models.Q(("not_sure", False), ("reason", "")),
                    models.Q(
                        ("not_sure", True),
                        ("reason__in", ["not_visible", "no_audio", "artefact", "would_not_play", "other"]),
                    ),
                    _connector="OR",
                ),
                name="rating_reason_when_not_sure",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("change_reason__isnull", True),
                    models.Q(("change_reason", ""), ("replaces__isnull", True)),
                    models.Q(("change_reason__in", ["slip", "second_look", "other"]), ("replaces__isnull", False)),
                    _connector="OR",
                ),
                name="rating_change_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answered_at__isnull", True),
                    models.Q(
                        ("answered_at__gte", datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ("answered_at__lt", datetime.datetime(3000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                    ),
                    _connector="OR",
                ),
                name="rating_answered_in_our_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaces__isnull", True)),
                fields=("presentation", "item"),
                name="rating_first_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(fields=("place", "position"), name="rating_position_once"),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("hash__regex", "^[0-9a-f]{64}$"), ("position__gte", 1), ("previous_hash__regex", "^[0-9a-f]{64}$")
                ),
                name="rating_sealed",
            ),
        ),
        migrations.AddField(
            model_name="acquaintance",
            name="presentation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="acquaintances", to="ratings.presentation"
            ),
        ),
        migrations.AddField(
            model_name="sessionsignature",
            name="place",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="signatures", to="ratings.studyrater"
            ),
        ),
        migrations.AddField(
            model_name="sessionsignature",
            name="voided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionsignature",
            constraint=models.UniqueConstraint(
                condition=models.Q(("voided_at__isnull", True)),
                fields=("place", "session"),
                name="signature_of_a_session_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionsignature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True),
                    models.Q(("meaning", ""), _negated=True),
                    ("n_answers__gte", 1),
                    ("sha256__regex", "^[0-9a-f]{64}$"),
                ),
                name="signature_says_who_and_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionsignature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("void_reason", ""), ("voided_at__isnull", True), ("voided_by__isnull", True)),
                    models.Q(
                        ("voided_at__gte", models.F("signed_at")),
                        ("voided_by__isnull", False),
                        models.Q(("void_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="signature_void_whole_or_not_at_all",
            ),
        ),
        migrations.RunSQL(LOCK, UNLOCK),
        migrations.RunSQL(SIGNED, UNSIGNED),
    ]
