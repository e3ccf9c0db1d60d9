"""The API of cohorts, participants, recordings and uploads: the same access functions and services as the pages."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_views import StaffAPIView, StaffListAPIView
from accounts.models import Scope
from cohorts import access, participant_services, queries
from cohorts import upload_services as uploads
from cohorts.models import Participant, Recording, Task, Upload
from cohorts.serializers import CohortSerializer, ParticipantSerializer, RecordingSerializer, UploadSerializer


class CohortsView(StaffListAPIView):
    """The cohorts you care for."""

    serializer_class = CohortSerializer
    scopes = {"GET": Scope.READ_COHORTS}

    def get(self, request: Request) -> Response:
        return self.listed(queries.cohort_list(self.user))


class CohortView(StaffAPIView):
    serializer_class = CohortSerializer
    scopes = {"GET": Scope.READ_COHORTS}

    def get(self, request: Request, pk: int) -> Response:
        cohort = access.get_cohort(self.user, pk)
        return self.told(queries.cohort_list(self.user).get(pk=cohort.pk))


class ParticipantsView(StaffListAPIView):
    """Participants of a cohort; a POST adds one."""

    serializer_class = ParticipantSerializer
    queryset = Participant.objects.none()
    scopes = {"GET": Scope.READ_COHORTS, "POST": Scope.WRITE_PARTICIPANTS}

    def get(self, request: Request, pk: int) -> Response:
        return self.listed(access.get_cohort(self.user, pk).participants.all())

    def post(self, request: Request, pk: int) -> Response:
        cohort = access.get_cohort(self.user, pk)
        made = participant_services.add_participant(cohort=cohort, actor=self.user, **self.given())
        return self.told(made, status.HTTP_201_CREATED)


class ParticipantView(StaffAPIView):
    """One participant; a PATCH changes sex, diagnosis and site."""

    serializer_class = ParticipantSerializer
    queryset = Participant.objects.none()
    scopes = {"GET": Scope.READ_COHORTS, "PATCH": Scope.WRITE_PARTICIPANTS}

    def get(self, request: Request, pk: int) -> Response:
        return self.told(access.get_participant(self.user, pk))

    def patch(self, request: Request, pk: int) -> Response:
        participant = access.get_participant(self.user, pk)
        facts = {name: getattr(participant, name) for name in ("sex", "diagnosis", "site")}
        given = {name: value for name, value in self.given().items() if name in facts}
        return self.told(
            participant_services.describe_participant(participant=participant, actor=self.user, **{**facts, **given})
        )


class RecordingsView(StaffListAPIView):
    """Recordings of a cohort; `task` picks those of one task."""

    serializer_class = RecordingSerializer
    queryset = Recording.objects.none()
    filters = ("task",)
    scopes = {"GET": Scope.READ_RECORDINGS}

    @extend_schema(parameters=[OpenApiParameter("task", enum=Task.values)])
    def get(self, request: Request, pk: int) -> Response:
        rows = queries.recordings_of(access.get_cohort(self.user, pk))
        task = self.chosen("task", Task)
        return self.listed(rows if task is None else rows.filter(task=task))


class RecordingView(StaffAPIView):
    serializer_class = RecordingSerializer
    queryset = Recording.objects.none()
    scopes = {"GET": Scope.READ_RECORDINGS}

    def get(self, request: Request, pk: int) -> Response:
        return self.told(access.get_recording(self.user, pk))


class UploadsView(StaffListAPIView):
    """Files on their way into a cohort; a POST (multipart) brings one, which a worker then checks.

    Large files, and connections that break, are for the resumable protocol of the upload page.
    """

    serializer_class = UploadSerializer
    queryset = Upload.objects.none()
    parser_classes = [MultiPartParser]
    scopes = {"GET": Scope.READ_RECORDINGS, "POST": Scope.WRITE_UPLOADS}

    def get(self, request: Request, pk: int) -> Response:
        return self.listed(access.get_cohort(self.user, pk).uploads.all())

    def post(self, request: Request, pk: int) -> Response:
        cohort = access.get_cohort(self.user, pk)
        return self.told(
            uploads.receive_upload(cohort=cohort, actor=self.user, **self.given()), status.HTTP_202_ACCEPTED
        )


class UploadView(StaffAPIView):
    """What became of a file."""

    serializer_class = UploadSerializer
    queryset = Upload.objects.none()
    scopes = {"GET": Scope.READ_RECORDINGS}

    def get(self, request: Request, pk: int) -> Response:
        return self.told(access.get_upload(self.user, pk))
