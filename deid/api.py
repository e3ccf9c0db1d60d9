"""The API of jobs and renditions."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_views import StaffAPIView, StaffListAPIView
from accounts.models import Scope
from cohorts.access import get_recording
from deid import access, queries, services
from deid.algorithms.registry import ORIGINAL
from deid.models import Job, Rendition
from deid.serializers import JobSerializer, RenditionSerializer
from deid.validators import validate_donor


class JobsView(StaffListAPIView):
    """The jobs of your cohorts, re-encodings for studies left out; `state` picks those in one state."""

    serializer_class = JobSerializer
    queryset = Job.objects.none()
    filters = ("state",)
    scopes = {"GET": Scope.READ_JOBS}

    @extend_schema(parameters=[OpenApiParameter("state", enum=Job.State.values)])
    def get(self, request: Request) -> Response:
        rows, state = access.jobs_for(self.user).exclude(method=ORIGINAL), self.chosen("state", Job.State)
        return self.listed(rows if state is None else rows.filter(state=state))


class RecordingJobsView(StaffListAPIView):
    """Jobs of a recording; a POST asks for one. An equal job that is still open is told instead of a second one."""

    serializer_class = JobSerializer
    queryset = Job.objects.none()
    scopes = {"GET": Scope.READ_JOBS, "POST": Scope.WRITE_JOBS}

    def get(self, request: Request, pk: int) -> Response:
        return self.listed(queries.jobs_of(get_recording(self.user, pk)))

    def post(self, request: Request, pk: int) -> Response:
        recording, given = get_recording(self.user, pk), self.given()
        validate_donor(given["donor"], access.own_donors_for(self.user))
        return self.told(services.request_job(recording=recording, actor=self.user, **given), status.HTTP_202_ACCEPTED)


class JobView(StaffAPIView):
    serializer_class = JobSerializer
    queryset = Job.objects.none()
    scopes = {"GET": Scope.READ_JOBS}

    def get(self, request: Request, pk: int) -> Response:
        return self.told(access.get_job(self.user, pk))


class JobCancelView(StaffAPIView):
    """A POST stops a job that waits or runs; 400 when it is over."""

    serializer_class = JobSerializer
    queryset = Job.objects.none()
    scopes = {"POST": Scope.WRITE_JOBS}

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        return self.told(services.cancel_job(job=access.get_job(self.user, pk), actor=self.user))


class RecordingRenditionsView(StaffListAPIView):
    """Renditions of a recording, those for blinded studies left out."""

    serializer_class = RenditionSerializer
    queryset = Rendition.objects.none()
    scopes = {"GET": Scope.READ_RENDITIONS}

    def get(self, request: Request, pk: int) -> Response:
        return self.listed(queries.renditions_of(get_recording(self.user, pk)))


class RenditionView(StaffAPIView):
    serializer_class = RenditionSerializer
    queryset = Rendition.objects.none()
    scopes = {"GET": Scope.READ_RENDITIONS}

    def get(self, request: Request, pk: int) -> Response:
        return self.told(access.get_rendition(self.user, pk))
