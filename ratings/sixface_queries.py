"""Reads of experiments. Nothing here tells what was answered: that waits for the closing (analysis)."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.consent import consenting
from cohorts.models import Participant
from deid.models import Rendition
from deid.queries import released_renditions
from ratings.algorithms.sixface.roles import N_FACES
from ratings.breaks import due_by_number, has_rested
from ratings.models import Experiment, Trial, TrialBuild
from ratings.sixface_access import SHOWN_WITH, experiments_for, shown_trials, trials_for

LEAST_PARTICIPANTS = N_FACES + 1  # six strangers of a catch trial, and one more so that not all trials show the same


def with_trials(experiments: QuerySet[Experiment]) -> QuerySet[Experiment]:
    """Adds n_judges, n_trials and n_answered, practice and what was taken out left aside."""
    kept = Q(trials__practice=False, trials__excluded_at__isnull=True)
    return experiments.annotate(
        n_judges=Count("judges", distinct=True),
        n_trials=Count("trials", filter=kept, distinct=True),
        n_answered=Count("trials", filter=kept & Q(trials__answer__isnull=False), distinct=True),
    ).order_by("-id")


def experiment_list(user: User) -> QuerySet[Experiment]:
    return with_trials(experiments_for(user))


def candidates(experiment: Experiment) -> list[Rendition]:
    """The newest released rendition of each participant who may be shown to judges; one recording stands for each."""
    released = released_renditions(experiment.cohort, experiment.method)
    for scope in SHOWN_WITH:
        released = released.filter(recording__participant__in=consenting(scope))
    newest = {r.recording.participant_id: r for r in sorted(
        released.select_related("recording__participant"), key=lambda rendition: rendition.pk
    )}  # fmt: skip
    return sorted(newest.values(), key=lambda rendition: rendition.recording.participant.code)


def codes_without_consent(experiment: Experiment) -> list[str]:
    """Participants who have a released rendition and do not agree to be shown to lay judges."""
    released = released_renditions(experiment.cohort, experiment.method).values("recording__participant")
    people = Participant.objects.filter(pk__in=released)
    agreed = people
    for scope in SHOWN_WITH:
        agreed = agreed.filter(pk__in=consenting(scope).values("pk"))
    return list(people.exclude(pk__in=agreed.values("pk")).order_by("code").values_list("code", flat=True))


def too_few(n: int) -> str:
    return _(
        "%(needed)d participants are needed at least, %(n)d are there: each needs a released rendition by the method "
        "and consent to research and to being shown to lay judges."
    ) % {"n": n, "needed": LEAST_PARTICIPANTS}


def obstacles_to_build(experiment: Experiment) -> list[str]:
    """Why trials cannot be built yet, in sentences."""
    said = []
    n = len(candidates(experiment))
    if n < LEAST_PARTICIPANTS:
        said.append(too_few(n))
    for place in experiment.judges.select_related("user"):
        if not has_role(place.user, Role.JUDGE):
            said.append(
                _("%(name)s no longer has an active account with the role Judge.") % {"name": place.user.display_name}
            )
    return said


def obstacles_to_open(experiment: Experiment) -> list[str]:
    """Why the experiment cannot open yet; empty when it can."""
    said, design = obstacles_to_build(experiment), experiment.design
    build = TrialBuild.objects.filter(experiment=experiment).first()
    if build is None or build.state != TrialBuild.State.DONE:
        said.append(_("The trials are not built yet."))
    elif not_shown := experiment.trials.filter(excluded_at__isnull=False).count():
        said.append(
            ngettext(
                "%(n)d trial shows somebody who no longer agrees: build the trials again.",
                "%(n)d trials show somebody who no longer agrees: build the trials again.",
                not_shown,
            )
            % {"n": not_shown}
        )
    if not design.margin_reason.strip():
        said.append(
            _("The margin of %(margin)g over 1/4 has no justification: give one in the protocol.")
            % {"margin": design.margin}
        )
    if not experiment.investigators.exists():
        said.append(_("Nobody will read the result: choose an investigator."))
    return said


@dataclass(frozen=True, slots=True)
class JudgeProgress:
    name: str
    username: str
    n_trials: int
    n_answered: int


def judge_progress(experiment: Experiment) -> list[JudgeProgress]:
    """In the order of names: that of the rows is the order of the numbers, which stand for judges in the result."""
    kept = Q(trials__practice=False, trials__excluded_at__isnull=True)
    judges = experiment.judges.select_related("user").annotate(
        n_trials=Count("trials", filter=kept),
        n_answered=Count("trials", filter=kept & Q(trials__answer__isnull=False)),
    )
    return [
        JudgeProgress(judge.user.display_name, judge.user.username, judge.n_trials, judge.n_answered)
        for judge in judges.order_by("user__username")
    ]


@dataclass(frozen=True)
class Standing:
    """How far an experiment is. The last four are asked of a draft only."""

    progress: list[JudgeProgress]
    build: TrialBuild | None
    n_candidates: int | None
    without_consent: list[str]
    to_build: list[str]
    obstacles: list[str]


def standing(experiment: Experiment) -> Standing:
    build = TrialBuild.objects.filter(experiment=experiment).first()
    progress = judge_progress(experiment)
    if experiment.state != Experiment.State.DRAFT:
        return Standing(progress, build, None, [], [], [])
    return Standing(
        progress, build, len(candidates(experiment)), codes_without_consent(experiment),
        obstacles_to_build(experiment), obstacles_to_open(experiment),
    )  # fmt: skip


def judges_experiments(judge: User) -> QuerySet[Experiment]:
    """Open experiments of a judge with their own n_trials and n_answered."""
    own = Q(trials__judge__user=judge, trials__practice=False, trials__excluded_at__isnull=True)
    return (
        Experiment.objects.filter(state=Experiment.State.OPEN, judges__user=judge)
        .annotate(
            n_trials=Count("trials", filter=own, distinct=True),
            n_answered=Count("trials", filter=own & Q(trials__answer__isnull=False), distinct=True),
        )
        .order_by("opened_at", "id")
    )


def waiting_trials(judge: User) -> QuerySet[Trial]:
    """Not answered yet, in their order: practice comes first."""
    waiting = shown_trials(judge).filter(answer__isnull=True)
    return waiting.order_by("experiment__opened_at", "experiment", "-practice", "position")


def next_trial(judge: User) -> Trial | None:
    return waiting_trials(judge).first()


def practice_waits(trial: Trial, judge: User) -> bool:
    return shown_trials(judge).filter(experiment=trial.experiment_id, practice=True, answer__isnull=True).exists()


def place_of(trial: Trial) -> tuple[int, int]:
    """The trial's number among those of its kind, and how many there are: what was taken out leaves no gap."""
    own = Trial.objects.filter(judge=trial.judge_id, practice=trial.practice, excluded_at__isnull=True)
    return own.filter(position__lte=trial.position).count(), own.count()


def break_due(judge: User) -> bool:
    """Whether so many trials followed each other that the protocol wants a pause."""
    answered = trials_for(judge).filter(experiment__state=Experiment.State.OPEN, practice=False, answer__isnull=False)
    last = answered.order_by("-answer__saved_at").first()
    if last is None or has_rested(last.answer.saved_at):
        return False
    n_done = answered.filter(experiment=last.experiment_id).count()
    return due_by_number(n_done, last.experiment.design.break_after)


def minutes_left(trial: Trial, n_left: int) -> int | None:
    """By the judge's own median response time; None before the first answers."""
    times = Trial.objects.filter(judge=trial.judge_id, practice=False, answer__isnull=False)
    taken = sorted(times.values_list("answer__response_ms", flat=True))
    if trial.practice or len(taken) < 3:
        return None
    return max(round(n_left * taken[len(taken) // 2] / 60_000), 1)
