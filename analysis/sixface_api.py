"""The API of six-face results: what the page shows, as numbers."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import signed_in
from accounts.api import HasScope, ScopedAPIView
from accounts.api_views import HasRole
from accounts.models import Scope
from analysis.access import READERS, get_experiment_to_read
from analysis.queries import Sealed
from analysis.sixface_result import Result
from analysis.sixface_services import read_experiment
from ratings.models import Experiment


class ExperimentResultView(ScopedAPIView):
    """The result of a closed experiment: tables of people and recognisers, bound, tests, attention; 403 before."""

    permission_classes = [IsAuthenticated, HasScope, HasRole]
    roles = READERS
    scopes = {"GET": Scope.READ_RESULTS}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        user = signed_in(request)
        experiment = get_experiment_to_read(user, pk)
        try:
            result = read_experiment(experiment=experiment, reader=user, note="api")
        except Sealed as error:
            return Response({"detail": [str(error)]}, status=status.HTTP_403_FORBIDDEN)
        return Response(_told(experiment, result))


def _told(experiment: Experiment, result: Result) -> dict[str, Any]:
    return {
        "experiment": experiment.name,
        "method": experiment.method,
        "protocol_sha256": experiment.frozen_sha256,
        "n_judges": result.n_judges,
        "n_participants": result.n_participants,
        "n_trials": result.n_trials,
        "n_missing": result.n_missing,
        "tables": {name: [asdict(row) for row in rows] for name, rows in result.tables.items()},
        "by_judge": {str(judge): [asdict(row) for row in rows] for judge, rows in result.by_judge.items()},
        "attention": [asdict(one) for one in result.attention],
        "bound": asdict(result.bound),
        "words": result.words,
        "primary": asdict(result.primary),
        "guessing": asdict(result.guessing),
    }
