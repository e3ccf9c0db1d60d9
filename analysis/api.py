"""The API of results: a closed study as a zip, and what a run found, for programs with a token."""

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_views import StaffAPIView
from accounts.models import Scope
from analysis import exports, run_export, run_services, services
from analysis.access import MEASURED_FOR, READERS, get_run_to_read, get_study_to_read
from analysis.answers import Sealed
from analysis.run_models import Run


class StudyExportView(StaffAPIView):
    """Everything of a closed study, under pseudonyms, as a zip; 403 before the study is closed."""

    roles = READERS
    scopes = {"GET": Scope.READ_RESULTS}

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        study = get_study_to_read(self.user, pk)
        try:
            locked = services.take_home(study=study, reader=self.user)
        except Sealed:
            raise PermissionDenied(_("The results open when the study is closed.")) from None
        return exports.zip_response(locked)


class RunView(StaffAPIView):
    """A run: how far it is, what it was computed from, and what it found; the numbers are null until it is computed."""

    roles = MEASURED_FOR
    scopes = {"GET": Scope.READ_RESULTS}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        run = get_run_to_read(self.user, pk)
        done = run.state == Run.State.DONE
        if done:
            run_services.take_run(run=run, reader=self.user, form="json")
        told = run_export.content_of(run) | {"state": run.state, "progress": run.progress, "error": run.error}
        return Response(told if done else told | {"summary": None})
