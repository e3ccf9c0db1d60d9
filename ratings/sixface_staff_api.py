"""The API of six-face experiments for coordinators' programs: what their pages do, by the same services. Faces are not
served here, and nothing of the key is."""

from typing import Any

from django.core.exceptions import ValidationError as RuleBroken
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_views import StaffAPIView, StaffListAPIView
from accounts.models import Scope
from cohorts.access import get_cohort
from ratings import sixface_queries as queries
from ratings import sixface_services as services
from ratings.models import Experiment
from ratings.sixface_access import get_experiment
from ratings.sixface_protocol import SixFaceProtocol
from ratings.sixface_serializers import (
    ExperimentConflictSerializer,
    ExperimentDetailSerializer,
    ExperimentSerializer,
    SixFaceProtocolSerializer,
)

CONFLICTS = ("experiment_not_draft", "experiment_not_open", "not_ready", "building")
REFUSED = {409: ExperimentConflictSerializer}


class ExperimentAPIView(StaffAPIView):
    """409 with the reasons where the experiment's state, or what it lacks, is in the way; 400 where the body is."""

    serializer_class: type[Any] = ExperimentDetailSerializer
    queryset = Experiment.objects.none()

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, RuleBroken) and (code := _conflict(exc)):
            return Response({"code": code, "detail": exc.messages}, status.HTTP_409_CONFLICT)
        return super().handle_exception(exc)

    def experiment_told(self, experiment: Experiment, status: int = 200) -> Response:
        """All that its page shows, as it stands now."""
        found = queries.experiment_list(self.user).get(pk=experiment.pk)
        return Response(ExperimentDetailSerializer(found).data, status)


def _conflict(error: RuleBroken) -> str | None:
    codes = {one.code for one in getattr(error, "error_list", [])}
    return next((code for code in CONFLICTS if code in codes), None)


class ExperimentsView(StaffListAPIView):
    """The experiments of your cohorts; `state` picks those in one state."""

    serializer_class = ExperimentSerializer
    queryset = Experiment.objects.none()
    filters = ("state",)
    scopes = {"GET": Scope.READ_EXPERIMENTS}

    @extend_schema(parameters=[OpenApiParameter("state", enum=Experiment.State.values)])
    def get(self, request: Request) -> Response:
        rows, state = queries.experiment_list(self.user), self.chosen("state", Experiment.State)
        return self.listed(rows if state is None else rows.filter(state=state))


class CohortExperimentsView(StaffListAPIView, ExperimentAPIView):
    """Experiments on a cohort; a POST drafts one."""

    serializer_class = ExperimentSerializer
    scopes = {"GET": Scope.READ_EXPERIMENTS, "POST": Scope.WRITE_EXPERIMENTS}

    def get(self, request: Request, pk: int) -> Response:
        return self.listed(queries.experiment_list(self.user).filter(cohort=get_cohort(self.user, pk)))

    @extend_schema(responses={201: ExperimentDetailSerializer})
    def post(self, request: Request, pk: int) -> Response:
        cohort, given = get_cohort(self.user, pk), self.given()
        protocol = SixFaceProtocol(**given.pop("design", {}))
        made = services.create_experiment(cohort=cohort, protocol=protocol, actor=self.user, **given)
        return self.experiment_told(made, status.HTTP_201_CREATED)


class ExperimentView(ExperimentAPIView):
    """Design, what is missing, and how far building and judging are; no answer."""

    scopes = {"GET": Scope.READ_EXPERIMENTS}

    def get(self, request: Request, pk: int) -> Response:
        return self.experiment_told(get_experiment(self.user, pk))


class ExperimentProtocolView(ExperimentAPIView):
    """The protocol; a PATCH changes the parts that it names, of a draft. Trials built by other rules are removed."""

    serializer_class = SixFaceProtocolSerializer
    scopes = {"GET": Scope.READ_EXPERIMENTS, "PATCH": Scope.WRITE_EXPERIMENTS}

    def get(self, request: Request, pk: int) -> Response:
        return Response(SixFaceProtocolSerializer(get_experiment(self.user, pk).design).data)

    @extend_schema(responses={200: SixFaceProtocolSerializer, **REFUSED})
    def patch(self, request: Request, pk: int) -> Response:
        experiment = get_experiment(self.user, pk)
        changed = services.change_protocol_parts(experiment=experiment, parts=self.given(), actor=self.user)
        return Response(SixFaceProtocolSerializer(changed.design).data)


class ExperimentBuildView(ExperimentAPIView):
    """A POST asks a worker for the trials of a draft; those of an earlier build are removed. The experiment's
    `standing.build` says how far it is, and what was rejected or left out and why."""

    scopes = {"POST": Scope.WRITE_EXPERIMENTS}

    @extend_schema(request=None, responses={202: ExperimentDetailSerializer, **REFUSED})
    def post(self, request: Request, pk: int) -> Response:
        experiment = get_experiment(self.user, pk)
        services.request_build(experiment=experiment, actor=self.user)
        return self.experiment_told(experiment, status.HTTP_202_ACCEPTED)


class ExperimentOpenView(ExperimentAPIView):
    """A POST freezes the protocol and the pictures of all trials: judges can begin. It cannot be taken back."""

    scopes = {"POST": Scope.WRITE_EXPERIMENTS}

    @extend_schema(request=None, responses={200: ExperimentDetailSerializer, **REFUSED})
    def post(self, request: Request, pk: int) -> Response:
        return self.experiment_told(services.open_experiment(experiment=get_experiment(self.user, pk), actor=self.user))


class ExperimentCloseView(ExperimentAPIView):
    """A POST ends the judging for good: investigators can read the result. Trials without an answer are missing."""

    scopes = {"POST": Scope.WRITE_EXPERIMENTS}

    @extend_schema(request=None, responses={200: ExperimentDetailSerializer, **REFUSED})
    def post(self, request: Request, pk: int) -> Response:
        return self.experiment_told(
            services.close_experiment(experiment=get_experiment(self.user, pk), actor=self.user)
        )
