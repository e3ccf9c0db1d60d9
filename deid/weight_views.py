"""The model store, for administrators. Weights come and go by `manage.py models`, never over the web."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import roles_required
from accounts.models import Role
from deid.weights import held_weights, methods_with_weights


@require_GET
@roles_required(Role.ADMINISTRATOR)
def weights(request: HttpRequest) -> HttpResponse:
    context = {"held": held_weights(), "methods": methods_with_weights(), "use": settings.MODEL_USE}
    return render(request, "deid/weights.html", context)
