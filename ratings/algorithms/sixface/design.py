"""Which six faces each judge sees, where they stand and in which order. Depends on its arguments alone."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from random import Random

from ratings.algorithms.ordering import Card, Infeasible, spread
from ratings.algorithms.sixface.filling import Exposures, fill
from ratings.algorithms.sixface.roles import N_FACES, Face, Kind, Role, Trial

__all__ = ["ALGORITHM", "Infeasible", "Rules", "Target", "allocate", "canonical", "fingerprint"]

ALGORITHM = "sixface/1"  # raise it with every change that gives other trials


@dataclass(frozen=True, slots=True)
class Target:
    """A participant whose de-identified face is shown beside his own.

    Attributes
    ----------
    versions : the renditions that can be shown, each with the donor it wears; an empty donor (blur, mask) has no
        source to show, and a fourth control stands there in every trial
    controls : who may be a control, see `controls.pool`
    """

    participant: int
    versions: tuple[tuple[int, str], ...]
    controls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What every judge's trials must keep.

    Attributes
    ----------
    trials : for each judge, catch trials and practice apart; each with another target
    control_cap : most trials in which a judge meets a participant without that he is the target
    donor_cap : most trials of a judge in which one donor's face is worn; 0 for any number
    donor_distance : least number of trials between two with one donor
    same, strangers : catch trials of either kind, for each judge
    practice : trials before the first, in turn of either kind
    """

    trials: int
    control_cap: int = 4
    donor_cap: int = 0
    donor_distance: int = 0
    same: int = 2
    strangers: int = 2
    practice: int = 2


@dataclass(slots=True)
class _Draft:
    """A trial whose strangers are still to be found: `need` of them out of `among`."""

    kind: Kind
    fixed: tuple[Face, ...]
    among: tuple[int, ...]
    practice: bool = False
    strangers: list[int] = field(default_factory=list)

    @property
    def need(self) -> int:
        return N_FACES - len(self.fixed)


def allocate(
    targets: Sequence[Target], rules: Rules, *, judges: int, seed: str, twins: Mapping[int, Sequence[int]] | None = None
) -> list[list[Trial]]:
    """The trials of every judge in the order of showing, practice first.

    Parameters
    ----------
    targets : each participant once
    judges : how many; the first ones' trials stay as they are when more are asked for
    twins : who can be shown in two photographs, with those who may stand beside him as strangers; needed for catch
        trials and practice. By default all targets with their own controls
    seed : the same seed gives the same trials

    Raises
    ------
    Infeasible : nothing keeps the rules; it says which rule and by how much
    """
    if len({target.participant for target in targets}) != len(targets):
        raise ValueError("a participant is named twice: give each one once, with all versions")
    targets = sorted(targets, key=lambda target: target.participant)
    if rules.trials > len(targets):
        raise Infeasible("targets", n=len(targets), wanted=rules.trials)
    others = {target.participant: target.controls for target in targets} if twins is None else twins
    lot = Random(f"{seed}/lot").sample(targets, len(targets))  # noqa: S311 - reproducible; the seed is sealed
    everywhere = Exposures()
    return [_of_judge(lot, others, rules, judge, seed, everywhere) for judge in range(judges)]


def canonical(trials: Sequence[Trial], *, seed: str, judge: int) -> bytes:
    """The bytes that are hashed. The seed is among them: without it nobody tries out which trials fit the hash."""
    rows = [[str(trial.kind), int(trial.practice), [astuple(face) for face in trial.faces]] for trial in trials]
    told = {"algorithm": ALGORITHM, "judge": judge, "seed": seed, "trials": rows}
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def fingerprint(trials: Sequence[Trial], *, seed: str, judge: int) -> str:
    """SHA-256 of a judge's trials, to be kept in the open while they are sealed."""
    return hashlib.sha256(canonical(trials, seed=seed, judge=judge)).hexdigest()


def _of_judge(
    lot: Sequence[Target], twins: Mapping[int, Sequence[int]], rules: Rules, judge: int, seed: str, all_met: Exposures
) -> list[Trial]:
    random = Random(f"{seed}/judge {judge}")  # noqa: S311 - reproducible; the seed is sealed
    shown = [lot[number % len(lot)] for number in range(judge * rules.trials, (judge + 1) * rules.trials)]
    here = Exposures(cap=rules.control_cap)
    tests = _tests(shown, len(lot), rules, judge)
    drafts = [*_known(twins, {target.participant for target in shown}, rules, random, here), *tests]
    try:
        fill(drafts, here, all_met, random)
    except Infeasible as reason:
        raise Infeasible(reason.rule, **reason.facts, judge=judge + 1) from None
    practice, asked = ([draft for draft in drafts if draft.practice is early] for early in (True, False))
    placed = _placed([*practice, *_ordered(asked, rules, random)], random)
    return list(placed)


def _tests(shown: Sequence[Target], n_targets: int, rules: Rules, judge: int) -> list[_Draft]:
    """The trials about de-identified faces; in every other one that has a donor a control stands in for the source."""
    first, drafts, worn = judge * rules.trials, [], Counter[str]()
    # Whoever had his source shown to one judge has it hidden from the next who meets him.
    stands_in = (first % n_targets + first // n_targets) % 2 == 1
    for number, target in enumerate(shown, start=first):
        version, donor = target.versions[(number // n_targets + number % n_targets) % len(target.versions)]
        faces = [
            Face(Role.DEIDENTIFIED, target.participant, donor, moment=1, version=version),
            Face(Role.ORIGINAL, target.participant),
        ]
        if donor:
            worn[donor] += 1
            if not stands_in:
                faces.append(Face(Role.SOURCE, donor=donor))
            stands_in = not stands_in
        drafts.append(_Draft(Kind.TEST, tuple(faces), target.controls))
    for donor, n in sorted(worn.items()):
        if rules.donor_cap and n > rules.donor_cap:
            raise Infeasible("donor_cap", donor=donor, n=n, most=rules.donor_cap, judge=judge + 1)
    return drafts


def _known(
    twins: Mapping[int, Sequence[int]], targets: set[int], rules: Rules, random: Random, here: Exposures
) -> Iterator[_Draft]:
    """Practice and catch trials. Who is photographed twice comes from those who are no target, where there are any."""
    kinds = [(kind, True) for _, kind in zip(range(rules.practice), _in_turn(), strict=False)]
    kinds += [(Kind.SAME, False)] * rules.same + [(Kind.STRANGERS, False)] * rules.strangers
    if not kinds:
        return
    by_lot = random.sample(sorted(twins), len(twins))
    free = sorted(by_lot, key=lambda number: number in targets)
    if len(free) < len(kinds):
        raise Infeasible("catch", n=len(free), needed=len(kinds))
    for who, (kind, early) in zip(free, kinds, strict=False):
        here.add(who)
        twin = Face(Role.TWIN, who), Face(Role.TWIN, who, moment=1)
        faces = twin if kind == Kind.SAME else (Face(Role.CONTROL, who),)
        yield _Draft(kind, faces, tuple(twins[who]), early)


def _in_turn() -> Iterator[Kind]:
    while True:
        yield Kind.SAME
        yield Kind.STRANGERS


def _ordered(drafts: list[_Draft], rules: Rules, random: Random) -> list[_Draft]:
    """A random order that keeps trials with one donor apart."""
    donors = [next((face.donor for face in draft.fixed if face.donor), "") for draft in drafts]
    cards = [Card(number, donor) for number, donor in enumerate(donors)]
    return [drafts[place] for place in spread(cards, 0, rules.donor_distance, random)]


def _placed(drafts: Sequence[_Draft], random: Random) -> Iterator[Trial]:
    """Every face in a place. In six trials one after the other each role stands in each place once."""
    for first in range(0, len(drafts), N_FACES):
        start, column = (random.sample(range(N_FACES), N_FACES) for _ in range(2))
        for number, draft in enumerate(drafts[first : first + N_FACES]):
            faces = [*draft.fixed, *(Face(Role.CONTROL, participant) for participant in draft.strangers)]
            places = [column[(number + begin) % N_FACES] for begin in start]
            standing = sorted(zip(places, faces, strict=True), key=lambda pair: pair[0])
            yield Trial(draft.kind, tuple(face for _, face in standing), draft.practice)
