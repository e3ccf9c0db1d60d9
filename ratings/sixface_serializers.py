"""What the API tells and takes of six-face experiments. Nothing of the key: places, roles and seeds stay sealed."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Role, User
from deid.validators import validate_method
from ratings import sixface_queries
from ratings.models import Experiment, TrialBuild
from ratings.sixface_forms import SixFaceProtocolForm, active
from ratings.sixface_protocol import CONTROLS, LIMITS, SixFaceProtocol
from ratings.validators import validate_study_name

MOST_PEOPLE = 200  # named in one body


def _number(name: str) -> serializers.Field[Any, Any, Any, Any]:
    least, most = LIMITS[name]
    words = SixFaceProtocolForm.base_fields[name].label
    if isinstance(least, int):
        return serializers.IntegerField(min_value=least, max_value=int(most), required=False, help_text=words)
    return serializers.FloatField(min_value=least, max_value=most, required=False, help_text=words)


class SixFaceProtocolSerializer(serializers.Serializer[SixFaceProtocol]):
    """The parts of the drafted protocol; what is not named stays as it is, or as by default in a new experiment."""

    controls = serializers.ChoiceField(choices=list(CONTROLS), required=False)
    margin_reason = serializers.CharField(max_length=2000, allow_blank=True, required=False)

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {name: _number(name) for name in LIMITS}

    def to_internal_value(self, data: Any) -> Any:
        """A part that is not there is refused: a slip in its name would leave the experiment with another design."""
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            told = {"known": ", ".join(sorted(self.fields)), "unknown": ", ".join(unknown)[:200]}
            raise serializers.ValidationError(
                {"detail": [_("A protocol has the parts %(known)s; leave out %(unknown)s.") % told]}
            )
        return super().to_internal_value(data)


class ExperimentSerializer(serializers.ModelSerializer[Experiment]):
    """An experiment and how far it is. `judges` and `investigators` are usernames of active accounts with that role."""

    judges = serializers.ListField(
        child=serializers.CharField(max_length=150), allow_empty=False, max_length=MOST_PEOPLE, write_only=True
    )
    investigators = serializers.ListField(
        child=serializers.CharField(max_length=150), allow_empty=False, max_length=MOST_PEOPLE, write_only=True
    )
    method = serializers.CharField(max_length=40, validators=[validate_method])
    protocol = SixFaceProtocolSerializer(source="design", required=False)
    protocol_sha256 = serializers.CharField(source="frozen_sha256", read_only=True)
    n_judges = serializers.IntegerField(read_only=True)
    n_trials = serializers.IntegerField(read_only=True, help_text="without practice and what was taken out")
    n_answered = serializers.IntegerField(read_only=True)

    class Meta:
        model = Experiment
        asked = ["name", "method", "judges", "investigators", "protocol"]
        found = [
            "id", "cohort", "state", "protocol_sha256", "n_judges", "n_trials", "n_answered", "created_at", "opened_at",
            "closed_at",
        ]  # fmt: skip
        fields = [*asked, *found]
        read_only_fields = found
        extra_kwargs = {"name": {"validators": [validate_study_name]}}

    def validate_judges(self, names: list[str]) -> list[User]:
        return _accounts(names, Role.JUDGE)

    def validate_investigators(self, names: list[str]) -> list[User]:
        return _accounts(names, Role.INVESTIGATOR)


def _accounts(names: list[str], role: Role) -> list[User]:
    found = {user.username: user for user in active(role).filter(username__in=names)}
    if missing := sorted(set(names) - set(found)):
        raise serializers.ValidationError(
            _("There is no active account with the role “%(role)s” and the username %(names)s.")
            % {"role": role.label, "names": ", ".join(missing)[:200]}
        )
    return list(found.values())


class LeftOutSerializer(serializers.Serializer[Any]):
    """A recording without a usable picture, and why."""

    recording = serializers.CharField(source="0", read_only=True)
    reason = serializers.CharField(source="1", read_only=True)


class TrialBuildSerializer(serializers.ModelSerializer[TrialBuild]):
    """How far the building of the trials is, what it made, and what it rejected or left out, with the reasons."""

    n_trials = serializers.IntegerField(source="report.n_trials", read_only=True, default=None)
    n_catch = serializers.IntegerField(source="report.n_catch", read_only=True, default=None)
    n_practice = serializers.IntegerField(source="report.n_practice", read_only=True, default=None)
    n_participants = serializers.IntegerField(source="report.n_participants", read_only=True, default=None)
    rejected = serializers.ListField(
        source="report.rejected", child=serializers.CharField(), read_only=True, default=list
    )
    left_out = LeftOutSerializer(source="reasons", many=True, read_only=True)

    class Meta:
        model = TrialBuild
        fields = [
            "state", "progress", "stage", "error", "n_trials", "n_catch", "n_practice", "n_participants", "rejected",
            "left_out", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class JudgeProgressSerializer(serializers.Serializer[sixface_queries.JudgeProgress]):
    """How far a judge is; not what was answered, nor the number that stands for the judge in the result."""

    judge = serializers.CharField(source="username", read_only=True)
    n_trials = serializers.IntegerField(read_only=True)
    n_answered = serializers.IntegerField(read_only=True)


class ExperimentStandingSerializer(serializers.Serializer[sixface_queries.Standing]):
    """How far an experiment is. Of a draft: who may be shown, who may not, why trials cannot be built (`to_build`) and
    why it cannot open (`obstacles`); both are empty when nothing is in the way."""

    progress = JudgeProgressSerializer(many=True, read_only=True)
    build = TrialBuildSerializer(read_only=True, allow_null=True)
    n_candidates = serializers.IntegerField(read_only=True, allow_null=True)
    without_consent = serializers.ListField(child=serializers.CharField(), read_only=True)
    to_build = serializers.ListField(child=serializers.CharField(), read_only=True)
    obstacles = serializers.ListField(child=serializers.CharField(), read_only=True)


class ExperimentDetailSerializer(ExperimentSerializer):
    """One experiment with all that its page shows. `power` is what was simulated last, empty before."""

    investigators = serializers.SlugRelatedField[User](  # type: ignore[assignment] # told here, asked for in a plan
        slug_field="username", many=True, read_only=True
    )
    power = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField()

    class Meta(ExperimentSerializer.Meta):
        fields = [*ExperimentSerializer.Meta.fields, "power", "standing"]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_power(self, experiment: Experiment) -> dict[str, Any]:
        return {name: value for name, value in experiment.design.simulation.items() if name != "seed"}

    @extend_schema_field(ExperimentStandingSerializer)
    def get_standing(self, experiment: Experiment) -> Any:
        return ExperimentStandingSerializer(sixface_queries.standing(experiment)).data


class ExperimentConflictSerializer(serializers.Serializer[Any]):
    """Why an experiment does not do that now, in sentences."""

    code = serializers.CharField(read_only=True)
    detail = serializers.ListField(child=serializers.CharField(), read_only=True)
