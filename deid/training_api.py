"""The API of trainings, for administrators' programs. Sample sheets are on pages, where looks are recorded."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_views import StaffAPIView, StaffListAPIView
from accounts.models import Role, Scope
from deid import training_services as services
from deid.access import get_training
from deid.training_models import TrainingRun


class TrainingSerializer(serializers.ModelSerializer[TrainingRun]):
    """A training. `config` is TOML in which `{set}` stands for the folder of the training set; times in seconds."""

    time_left = serializers.SerializerMethodField()

    class Meta:
        model = TrainingRun
        asked = ["kind", "training_set", "config", "licence", "commercial"]
        found = [
            "id", "state", "stop_asked", "progress", "stage", "error", "step", "n_steps", "images_seen", "time_left",
            "data", "evaluation", "weights", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        fields = [*asked, *found]
        read_only_fields = found

    def get_time_left(self, run: TrainingRun) -> float | None:
        return None if run.time_left is None else run.time_left.total_seconds()


class TrainingCurvesSerializer(TrainingSerializer):
    """A training with its curves: by kind and name, points of step and value, thinned."""

    class Meta(TrainingSerializer.Meta):
        fields = [*TrainingSerializer.Meta.fields, "curves"]
        read_only_fields = [*TrainingSerializer.Meta.found, "curves"]


class TrainingsView(StaffListAPIView):
    """The trainings of this site; `state` picks those in one state. A POST asks for one."""

    serializer_class = TrainingSerializer
    queryset = TrainingRun.objects.none()
    roles = (Role.ADMINISTRATOR,)
    filters = ("state",)
    scopes = {"GET": Scope.READ_TRAINING, "POST": Scope.WRITE_TRAINING}

    @extend_schema(parameters=[OpenApiParameter("state", enum=TrainingRun.State.values)])
    def get(self, request: Request) -> Response:
        rows, state = TrainingRun.objects.defer("curves"), self.chosen("state", TrainingRun.State)
        return self.listed(rows if state is None else rows.filter(state=state))

    def post(self, request: Request) -> Response:
        return self.told(services.start_training(actor=self.user, **self.given()), status.HTTP_202_ACCEPTED)


class TrainingView(StaffAPIView):
    serializer_class = TrainingCurvesSerializer
    queryset = TrainingRun.objects.none()
    roles = (Role.ADMINISTRATOR,)
    scopes = {"GET": Scope.READ_TRAINING}

    def get(self, request: Request, pk: int) -> Response:
        return self.told(get_training(pk))


class TrainingStopView(StaffAPIView):
    """A POST stops a training that waits or runs, after a checkpoint; 400 when it is over."""

    serializer_class = TrainingSerializer
    queryset = TrainingRun.objects.none()
    roles = (Role.ADMINISTRATOR,)
    scopes = {"POST": Scope.WRITE_TRAINING}

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        return self.told(services.stop_training(run=get_training(pk), actor=self.user))


class TrainingResumeView(TrainingStopView):
    """A POST lets a training that was stopped or failed go on from its last checkpoint; 400 otherwise."""

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        return self.told(services.resume_training(run=get_training(pk), actor=self.user))
