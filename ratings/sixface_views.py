"""Pages of six-face experiments for coordinators."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import signed_in
from accounts.models import User
from cohorts.views import HTMX_STOP_POLLING
from ratings import sixface_power, sixface_queries, sixface_services
from ratings.models import Experiment, TrialBuild
from ratings.sixface_access import get_experiment
from ratings.sixface_forms import ExperimentForm, PowerForm, SixFaceProtocolForm
from ratings.sixface_protocol import CONTROLS
from ratings.sixface_validators import validate_experiment_state
from ratings.views import staff


@require_GET
@staff
def experiments(request: HttpRequest) -> HttpResponse:
    found = sixface_queries.experiment_list(signed_in(request))
    return render(request, "ratings/experiments.html", {"experiments": found})


@require_http_methods(["GET", "POST"])
@staff
def experiment_new(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = ExperimentForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            made = sixface_services.create_experiment(**form.cleaned_data, actor=user)
            return redirect("ratings:experiment", pk=made.pk)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return render(request, "ratings/experiment_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@staff
def experiment(request: HttpRequest, pk: int) -> HttpResponse:
    """Design, what is missing, and how far building and judging are; no answer. htmx asks for the building alone."""
    experiment = get_experiment(signed_in(request), pk)
    if request.htmx:  # type: ignore[attr-defined]
        build = TrialBuild.objects.filter(experiment=experiment).first()
        going_on = build is not None and build.is_open
        status = 200 if going_on else HTMX_STOP_POLLING
        return render(request, "ratings/_trial_build.html", {"experiment": experiment, "build": build}, status=status)
    standing = sixface_queries.standing(experiment)
    context = {
        "experiment": experiment,
        "design": experiment.design,
        "controls": CONTROLS[experiment.design.controls],
        **vars(standing),
        "n_unanswered": sum(one.n_trials - one.n_answered for one in standing.progress),
        "investigators": experiment.investigators.order_by("username"),
    }
    return render(request, "ratings/experiment.html", context)


def _act(request: HttpRequest, pk: int, do: Callable[[Experiment, User], object], done: str) -> HttpResponse:
    """Do one thing to an experiment and come back to its page, with what happened or why not."""
    user = signed_in(request)
    experiment = get_experiment(user, pk)
    try:
        do(experiment, user)
        messages.success(request, done)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("ratings:experiment", pk=pk)


@require_POST
@staff
def experiment_build(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request, pk,
        lambda experiment, user: sixface_services.request_build(experiment=experiment, actor=user),
        _("The trials are being built."),
    )  # fmt: skip


@require_POST
@staff
def experiment_open(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request, pk,
        lambda experiment, user: sixface_services.open_experiment(experiment=experiment, actor=user),
        _("The experiment is open: judges can begin."),
    )  # fmt: skip


@require_POST
@staff
def experiment_close(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request, pk,
        lambda experiment, user: sixface_services.close_experiment(experiment=experiment, actor=user),
        _("The experiment is closed: its result can be read."),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@staff
def experiment_protocol(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole protocol as one form, and the power of what is planned; frozen once the experiment is open."""
    user = signed_in(request)
    experiment = get_experiment(user, pk)
    if experiment.state != Experiment.State.DRAFT:
        messages.info(request, _("The protocol is frozen since the opening."))
        return redirect("ratings:experiment", pk=pk)
    form = SixFaceProtocolForm(request.POST or None, initial=experiment.protocol)
    if request.method == "POST" and form.is_valid():
        try:
            sixface_services.change_protocol(experiment=experiment, protocol=form.protocol(), actor=user)
            messages.success(request, _("The protocol is saved."))
            return redirect("ratings:experiment_protocol", pk=pk)
        except ValidationError as error:
            form.add_error(None, error)
    return _protocol_page(
        request, experiment, form, PowerForm(initial=sixface_power.proposal(experiment), prefix="power")
    )


def _protocol_page(
    request: HttpRequest, experiment: Experiment, form: SixFaceProtocolForm, power_form: PowerForm
) -> HttpResponse:
    context = {"experiment": experiment, "form": form, "power_form": power_form, "power": experiment.design.simulation}
    status = 422 if form.errors or power_form.errors else 200
    return render(request, "ratings/experiment_protocol.html", context, status=status)


@require_POST
@staff
def experiment_power(request: HttpRequest, pk: int) -> HttpResponse:
    """How often an experiment of this size shows the stated upper bound; kept in the protocol."""
    experiment = get_experiment(signed_in(request), pk)
    form = PowerForm(request.POST, prefix="power")
    if not form.is_valid() and experiment.state == Experiment.State.DRAFT:
        return _protocol_page(request, experiment, SixFaceProtocolForm(initial=experiment.protocol), form)
    try:
        validate_experiment_state(experiment, Experiment.State.DRAFT)
        found = sixface_power.simulate(experiment, **form.cleaned_data)
        sixface_services.keep_simulation(experiment=experiment, simulation=found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("ratings:experiment_protocol", pk=pk)
