"""Pages of trainings, for administrators. Sample sheets show faces: every look at one is recorded."""

from collections.abc import Callable
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.access import roles_required, signed_in
from accounts.models import Role
from cohorts import links, media
from cohorts.views import HTMX_STOP_POLLING
from deid import training_services as services
from deid.access import get_training, get_training_sheet
from deid.algorithms.training.registry import KINDS
from deid.training_configs import SET, starting_config
from deid.training_figures import curve_figure
from deid.training_folders import training_sets
from deid.training_forms import TrainingForm
from deid.training_models import TrainingRun
from deid.training_queries import evaluation_rows, last_values, training_list
from frontend.queries import refuse_unknown_keys

administrators = roles_required(Role.ADMINISTRATOR)
CURVES = "curves"  # id of the part of the page that asks for itself more seldom


@require_GET
@administrators
def trainings(request: HttpRequest) -> HttpResponse:
    return render(request, "deid/trainings.html", {"runs": training_list()})


@require_http_methods(["GET", "POST"])
@administrators
def training_new(request: HttpRequest) -> HttpResponse:
    """The form of one kind of training; `like` begins with what an earlier one was asked for."""
    refuse_unknown_keys(request, ("kind", "like"))
    like = get_training(int(request.GET["like"])) if request.GET.get("like", "").isdecimal() else None
    kind = KINDS.get(like.kind if like else request.GET.get("kind", next(iter(KINDS))))
    if kind is None:
        raise Http404
    form = TrainingForm(request.POST or None, initial=_asked(like) if like else _beginning(kind.name))
    if request.method == "POST" and form.is_valid():
        try:
            run = services.start_training(actor=signed_in(request), kind=kind.name, **form.cleaned_data)
            return redirect("deid:training", pk=run.pk)
        except ValidationError as error:
            form.add_error(None, error)
    context = {"form": form, "kind": kind, "kinds": KINDS.values(), "sets": training_sets()}
    return render(request, "deid/training_new.html", context, status=422 if form.errors else 200)


def _beginning(kind: str) -> dict[str, Any]:
    """The first set, where one is needed, and every key with its default."""
    config, sets = starting_config(kind), training_sets()
    return {"config": config, "training_set": sets[0].name if sets and SET in config else ""}


def _asked(run: TrainingRun) -> dict[str, Any]:
    return {name: getattr(run, name) for name in ("training_set", "licence", "commercial", "config")}


@require_GET
@administrators
@csp_replace({"style-src": [SELF, UNSAFE_INLINE]})  # type: ignore[arg-type] # Plotly sets styles; scripts stay strict
def training(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a training is; its page asks for its two fragments until the training is over."""
    refuse_unknown_keys(request, ("sheet",))
    run = get_training(pk)
    status = 200 if run.is_open else HTMX_STOP_POLLING
    if request.htmx:  # type: ignore[attr-defined]
        curves = request.htmx.target == CURVES  # type: ignore[attr-defined]
        part, context = ("_training_curves", _drawn(run)) if curves else ("_training", _stand(run))
        return render(request, f"deid/{part}.html", context, status=status)
    return render(request, "deid/training.html", {**_stand(run), **_drawn(run), "sheet": _asked_sheet(request, run)})


def _stand(run: TrainingRun) -> dict[str, Any]:
    return {"run": run, "kind": KINDS.get(run.kind), "evaluation": evaluation_rows(run)}


def _drawn(run: TrainingRun) -> dict[str, Any]:
    return {
        "run": run,
        "losses": curve_figure(run.curves.get("losses", {})),
        "held_out": curve_figure(run.curves.get("held_out", {}), markers=True),
        "last_values": last_values(run.curves),
        "sheets": run.sheets.all(),
    }


def _asked_sheet(request: HttpRequest, run: TrainingRun) -> object:
    """The sheet that somebody asked for: none is shown by itself."""
    asked = request.GET.get("sheet")
    if asked is None:
        return None
    return get_object_or_404(run.sheets, pk=int(asked) if asked.isdecimal() else 0)


@require_POST
@administrators
def training_stop(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.stop_training)


@require_POST
@administrators
def training_resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.resume_training)


@require_POST
@administrators
def training_use(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.use_weights, _("These weights are used from now on."))


@require_POST
@administrators
def training_clear(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.clear_training, _("Its sheets, checkpoint and curves are removed."))


def _act(request: HttpRequest, pk: int, act: Callable[..., object], done: str = "") -> HttpResponse:
    """Do one thing to a training and come back to its page, with why not where it was refused."""
    run = get_training(pk)
    try:
        act(run=run, actor=signed_in(request))
        if done:
            messages.success(request, done)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("deid:training", pk=run.pk)


@require_safe
@administrators
def training_sheet(request: HttpRequest, pk: int) -> HttpResponseBase:
    sheet = get_training_sheet(pk)
    links.look(request, verb="training.sheet_viewed", target=sheet)
    return media.serve(request, storage_name=sheet.storage_name, n_bytes=sheet.n_bytes, content_type="image/png")
