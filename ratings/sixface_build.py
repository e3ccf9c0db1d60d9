"""What a worker does with a claimed build: pictures of everybody, who stands beside whom, and the six of each trial.

Heavy libraries load inside the functions.
"""

import hashlib
import io
import secrets
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from cohorts import keys, storage
from cohorts.consent import validate_consent
from cohorts.models import Participant
from cohorts.work_folder import private_folder
from deid.leases import extend, finishing, reporter
from deid.rendering import readable
from frontend.told import kept_in_english
from ratings import key, sixface_queries
from ratings.algorithms.ordering import Infeasible
from ratings.algorithms.sixface.controls import Matching, Person, pool
from ratings.algorithms.sixface.design import ALGORITHM, Rules, Target, allocate, fingerprint
from ratings.algorithms.sixface.roles import Face, Kind, Trial
from ratings.models import Experiment, ExperimentJudge, TrialBuild, TrialFace
from ratings.models import Trial as TrialRow
from ratings.sixface_access import SHOWN_WITH
from ratings.sixface_pictures import Gallery, Made, sheet_of
from ratings.sixface_protocol import SixFaceProtocol

LOOKING, PICTURES = 0.7, 0.3  # shares of the work


@kept_in_english()
def build_trials(*, job: TrialBuild, lost: Event) -> None:
    """Make the trials of an experiment for a build that this process has claimed.

    Raises
    ------
    LeaseLost : another worker took over, or the build is not wanted any more; nothing is kept
    ValidationError : there are no such trials, with a sentence that says why
    """
    experiment, tell = job.experiment, reporter(job, lost)
    gallery = Gallery()
    candidates = sixface_queries.candidates(experiment)
    for number, rendition in enumerate(candidates):
        tell(LOOKING * number / len(candidates), "looking for pictures")
        gallery.add(rendition)
    people, targets = _targets(gallery, experiment.design)
    extend(job, reasons=gallery.reasons)
    if len(people) < sixface_queries.LEAST_PARTICIPANTS:
        raise ValidationError(sixface_queries.too_few(len(people)))
    seed, judges = secrets.token_hex(16), list(experiment.judges.order_by("number"))
    dealt = _dealt(targets, people, experiment.design, judges=len(judges), seed=seed)
    with private_folder(f"trials-{job.pk}") as folder:
        sheets = _sheets(
            gallery, dealt, seed, folder, lambda done: tell(LOOKING + PICTURES * done, "making the trials")
        )
        if not sheets.made:
            raise ValidationError(_("Every trial was rejected: %(why)s") % {"why": "; ".join(sheets.rejected[:3])})
        report = report_of(dealt, sheets, people, seed)
        accept(job, judges, dealt, sheets, report, seed, gallery)


def _targets(gallery: Gallery, design: SixFaceProtocol) -> tuple[list[Person], list[Target]]:
    """Everybody of whom there are pictures, and of those whoever has controls; why others have none is kept."""
    people = [seen.person for seen in gallery.seen.values()]
    targets = []
    for seen in gallery.seen.values():
        try:
            controls = pool(seen.person, people, Matching(design.controls))
        except Infeasible as refusal:
            gallery.leave_out(seen.recording, infeasible(refusal))
            continue
        targets.append(Target(seen.person.participant, ((seen.rendition, seen.donor),), controls))
    return people, targets


def _dealt(
    targets: list[Target], people: list[Person], design: SixFaceProtocol, *, judges: int, seed: str
) -> list[list[Trial]]:
    everybody = tuple(person.participant for person in people)
    with_controls = {target.participant: target.controls for target in targets}
    # Whoever is no target for want of matched controls may still be a face of a catch trial.
    twins = {who: with_controls.get(who, tuple(one for one in everybody if one != who)) for who in everybody}
    try:
        return allocate(targets, rules_of(design), judges=judges, seed=seed, twins=twins)
    except Infeasible as refusal:
        raise ValidationError(infeasible(refusal)) from refusal


def rules_of(design: SixFaceProtocol) -> Rules:
    return Rules(
        trials=design.trials_each, control_cap=design.control_cap, donor_cap=design.donor_cap,
        same=(design.catch_each + 1) // 2, strangers=design.catch_each // 2, practice=design.practice,
    )  # fmt: skip


class Sheets:
    """The pictures that were made, by judge and number of the trial, and why others were not."""

    def __init__(self) -> None:
        self.made: dict[tuple[int, int], Made] = {}
        self.rejected: list[str] = []
        self.gaps: dict[str, float] = {}

    def add(self, place: tuple[int, int], made: Made) -> None:
        self.made[place] = made
        self.gaps = {name: max(gap, self.gaps.get(name, 0.0)) for name, gap in made.gaps.items()}

    @property
    def size(self) -> int:
        """Bytes of the largest: all others are filled up, so that no size tells a trial from another."""
        return max(made.path.stat().st_size for made in self.made.values())


def _sheets(
    gallery: Gallery, dealt: list[list[Trial]], seed: str, folder: Path, tell: Callable[[float], None]
) -> Sheets:
    from ratings.algorithms.sixface.standardise import Rejected

    sheets, n_all = Sheets(), sum(len(trials) for trials in dealt)
    for judge, trials in enumerate(dealt):
        for number, trial in enumerate(trials):
            tell((len(sheets.made) + len(sheets.rejected)) / n_all)
            try:
                made = sheet_of(gallery, trial, seed=f"{seed}/{judge}/{number}", path=folder / f"{judge}-{number}.jpg")
            except Rejected as why:
                sheets.rejected.append(str(why))
            else:
                sheets.add((judge, number), made)
    return sheets


def report_of(dealt: list[list[Trial]], sheets: Sheets, people: list[Person], seed: str) -> dict:
    kinds = Counter(
        "practice" if trial.practice else "trials" if trial.kind == Kind.TEST else "catch"
        for judge, number in sheets.made
        for trial in (dealt[judge][number],)
    )
    return {
        "n_trials": kinds["trials"], "n_catch": kinds["catch"], "n_practice": kinds["practice"],
        "n_participants": len(people), "rejected": sheets.rejected,
        "gaps": {name: round(gap, 3) for name, gap in sheets.gaps.items()}, "algorithm": ALGORITHM,
        "orders": [fingerprint(trials, seed=seed, judge=judge) for judge, trials in enumerate(dealt)],
    }  # fmt: skip


def accept(
    job: TrialBuild, judges: list[ExperimentJudge], dealt: list[list[Trial]], sheets: Sheets, report: dict, seed: str,
    gallery: Gallery,
) -> None:  # fmt: skip
    """Store the pictures and write the trials, all or none; refused when somebody in them no longer agrees."""
    seen = {place: gallery.participants_in(dealt[place[0]][place[1]]) for place in sheets.made}
    everybody = Participant.objects.in_bulk({pk for faces in seen.values() for pk in faces})
    size, lot = sheets.size, secrets.SystemRandom()
    with ExitStack() as stack:
        names = {}
        for place in lot.sample(list(sheets.made), len(sheets.made)):  # times of files must follow no order
            content = io.BytesIO(sheets.made[place].path.read_bytes().ljust(size, b"\0"))
            # The file is one participant's, by lot: whose it is must not tell who is the target.
            owner = everybody[lot.choice(sorted(seen[place]))]
            name = stack.enter_context(storage.stored(content, participant=owner))
            names[place] = name, size, hashlib.sha256(content.getvalue()).hexdigest()
        with transaction.atomic():
            _validate_agreement(everybody)
            with finishing(job) as locked:
                sealed = list(_write(locked.experiment, judges, dealt, sheets, names, seen))
                key.seal_trials(experiment=locked.experiment_id, seed=seed, trials=sealed)
                locked.state, locked.progress, locked.stage, locked.error = TrialBuild.State.DONE, 1, "", ""
                locked.report = report
                audit.record(
                    actor=None, verb="experiment.built", target=locked.experiment, note=f"{len(sealed)} trials"
                )


def _validate_agreement(everybody: Mapping[int, Participant]) -> None:
    """In the order of their numbers, held: a withdrawal comes after and finds the trials, or came before."""
    for pk in sorted(everybody):
        participant = keys.lock(everybody[pk])
        for scope in SHOWN_WITH:
            validate_consent(participant, scope)


def _write(
    experiment: Experiment, judges: list[ExperimentJudge], dealt: list[list[Trial]], sheets: Sheets,
    names: Mapping[tuple[int, int], tuple[str, int, str]], seen: Mapping[tuple[int, int], Iterable[int]],
) -> Iterator[tuple[uuid.UUID, key.SealedTrial]]:  # fmt: skip
    """The rows of all trials; yields what the key is to know of each."""
    places: Counter[tuple[int, bool]] = Counter()
    for judge, number in sorted(sheets.made):
        trial, (name, size, sha256) = dealt[judge][number], names[judge, number]
        places[judge, trial.practice] += 1
        pair = trial.true_pair()
        row = TrialRow(
            id=uuid.uuid4(), experiment=experiment, judge=judges[judge], position=places[judge, trial.practice],
            practice=trial.practice, storage_name=name, n_bytes=size, sha256=sha256,
            answer_known=[place + 1 for place in pair or ()] if trial.practice else None,
        )  # fmt: skip
        row.full_clean()
        row.save(force_insert=True)
        TrialFace.objects.bulk_create(TrialFace(trial=row, participant_id=pk) for pk in sorted(seen[judge, number]))
        yield row.pk, _sealed(trial, sheets.made[judge, number])


def _sealed(trial: Trial, made: Made) -> key.SealedTrial:
    six = zip(trial.faces, made.sources, made.sha256, strict=True)
    return key.SealedTrial(
        str(trial.kind),
        tuple(
            key.Face(place, str(face.role), _person(face), source, sha256)
            for place, (face, source, sha256) in enumerate(six, start=1)
        ),
    )


def _person(face: Face) -> str:
    return str(face.participant) if face.participant else face.donor


@kept_in_english()
def fail_build(*, job: TrialBuild, error: Exception) -> None:
    """Bring a build to its end with a message that a person can read."""
    with finishing(job) as locked:
        locked.state, locked.error, locked.stage = TrialBuild.State.FAILED, readable(error), ""
        audit.record(actor=None, verb="experiment.build_failed", target=locked.experiment)


def infeasible(refusal: Infeasible) -> str:
    """Why no trials keep the protocol's rules, and what to change."""
    facts = dict(refusal.facts)
    if "participant" in facts:
        facts["participant"] = Participant.objects.get(pk=facts["participant"]).code
    sentences = {
        "targets": _(
            "%(wanted)d trials of each judge need as many participants as targets, %(n)d are there: plan fewer trials, "
            "or add participants."
        ),
        "catch": _(
            "%(needed)d catch and practice trials of each judge need as many participants, %(n)d are there: plan fewer."
        ),
        "controls": _(
            "With each participant at most %(most)d times as a control, %(n)d participants are too few for the "
            "%(needed)d controls of a judge: raise the cap, or plan fewer trials."
        ),
        "pool": _("%(n)d of %(of)d others are alike enough to be controls; 4 are needed: choose random controls."),
        "unknown": _("matched controls need what is not known: %(what)s. Record it, or choose random controls."),
        "donor_cap": _(
            "A judge would meet the donor %(donor)s %(n)d times, %(most)d are allowed: allow more, or give "
            "participants other donors."
        ),
    }
    return sentences.get(refusal.rule, _("No order of these trials keeps the rules: %(rule)s.")) % {
        **facts, "rule": refusal.rule,
    }  # fmt: skip
