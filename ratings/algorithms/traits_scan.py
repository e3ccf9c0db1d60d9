"""The scan of a study: what tells its arms apart beside the face, trait by trait, and in words what that means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np

from ratings.algorithms.permutation import Array, Auc, auc_of_pairs, holm, paired_p, smallest_p
from ratings.algorithms.traits_attack import FOLDS, attack
from ratings.algorithms.traits_file import file_traits, stream_traits
from ratings.algorithms.traits_picture import REST, picture_traits

ALPHA = 0.01
STREAM = "coded"
Value = str | int | float | None

MEANING = {
    "file": "Whoever gets a file sees this without looking. The study cannot open: ask for the last encode again.",
    REST: "The picture beside the face differs, which no method should change: look at the renditions of this study.",
    STREAM: "Sizes of coded pictures without their filling: only who takes a file apart byte by byte can count them. "
    "They follow from what the method paints.",
    "face": "The method changes this on the face itself, where no last encode can make it equal: raters may see it.",
    "seam": "An edge or a blur along the border of what the method changed: raters may see it.",
}


@dataclass(frozen=True, slots=True)
class VersionTraits:
    """What one version of a recording shows of itself."""

    file: Mapping[str, Value]  # deterministic: equal in both versions, or the study cannot open
    numbers: Mapping[str, float]  # all others, by "kind name"


@dataclass(frozen=True, slots=True)
class PairTraits:
    recording: str
    first: VersionTraits
    second: VersionTraits


@dataclass(frozen=True, slots=True)
class TraitResult:
    """One trait over all recordings. `difference` is the mean of second minus first."""

    kind: str
    name: str
    n_pairs: int
    difference: float
    p: float
    p_holm: float
    auc: Auc

    @property
    def rejects(self) -> bool:
        return self.p_holm < ALPHA


@dataclass(frozen=True, slots=True)
class Scan:
    n_pairs: int
    unequal: tuple[str, ...]
    results: tuple[TraitResult, ...]
    attacks: Mapping[str, Auc]  # by kind: all its traits together

    @property
    def passes(self) -> bool:
        """No file tells anything, and beside what the method paints nothing differs."""
        return not self.unequal and not any(r.rejects for r in self.results if r.kind == REST)


def measure_pair(
    recording: str, first: Path, second: Path, headers: tuple[Mapping[str, Value], Mapping[str, Value]] = ({}, {})
) -> PairTraits:
    """All traits of both versions; `headers` are those their files are served with."""
    pictures, made = picture_traits(first, second), []
    for path, picture, header in zip((first, second), pictures, headers, strict=True):
        coded = {f"{STREAM} {name}": value for name, value in stream_traits(path).as_dict().items()}
        told = {f"header {name}": value for name, value in header.items()}
        made.append(VersionTraits({**file_traits(path).as_dict(), **told}, {**coded, **picture}))
    return PairTraits(recording, made[0], made[1])


def unequal(pair: PairTraits) -> list[str]:
    """Deterministic traits in which a pair differs, with both values; and metadata that both should not have."""
    one, other = pair.first.file, pair.second.file
    told = [
        f"{pair.recording}: {name} is {one.get(name)} and {other.get(name)}"
        for name in sorted({*one, *other})
        if one.get(name) != other.get(name)
    ]
    if said := {str(file.get("metadata") or "") for file in (one, other)} - {""}:
        told.append(f"{pair.recording}: metadata was not removed ({', '.join(sorted(said))})")
    return told


def scan(pairs: Sequence[PairTraits], seed: int = 0) -> Scan:
    """Judge all pairs of one method against their originals."""
    if not pairs:
        raise ValueError("a scan needs at least one recording with both versions, got none")
    tested = [_tested(name, pairs, seed) for name in sorted({name for pair in pairs for name in pair.first.numbers})]
    found = [one for one in tested if one is not None]
    corrected = holm(np.array([one.p for one in found]))
    results = tuple(replace(one, p_holm=float(p)) for one, p in zip(found, corrected, strict=True))
    return Scan(len(pairs), tuple(line for pair in pairs for line in unequal(pair)), results, _attacks(pairs, seed))


def _tested(name: str, pairs: Sequence[PairTraits], seed: int) -> TraitResult | None:
    """One trait alone; None where no recording has it (a method that changes nothing has no seam)."""
    values = numbers(pairs, name)
    if not values.size:
        return None
    first, second = values[:, 0], values[:, 1]
    difference, p = second - first, paired_p(second - first, seed)
    kind, _, short = name.partition(" ")
    area = auc_of_pairs(first, second, seed=seed)
    return TraitResult(kind, short, len(values), float(difference.mean()), p, p, area)


def numbers(pairs: Sequence[PairTraits], name: str) -> Array:
    """(n, 2) a trait in both versions, of the recordings where it could be measured."""
    both = [(pair.first.numbers.get(name, np.nan), pair.second.numbers.get(name, np.nan)) for pair in pairs]
    values = np.array(both, dtype=float)
    return values[np.isfinite(values).all(axis=1)]


def _attacks(pairs: Sequence[PairTraits], seed: int) -> dict[str, Auc]:
    """All traits of a kind at once, on recordings that the attack has not seen."""
    if len(pairs) < FOLDS:
        return {}
    recording, arm = np.tile(np.arange(len(pairs)), 2), np.repeat([0, 1], len(pairs))
    versions = [pair.first for pair in pairs] + [pair.second for pair in pairs]
    tables = {"file": np.array([file_numbers(version.file) for version in versions])}
    for kind in MEANING:
        names = sorted(name for name in pairs[0].first.numbers if name.startswith(f"{kind} "))
        if names:
            table = np.array([[version.numbers[name] for name in names] for version in versions], dtype=float)
            tables[kind] = np.where(np.isfinite(table), table, np.nanmean(table, axis=0, keepdims=True))
    return {
        kind: attack(table, arm, recording, seed=seed) for kind, table in tables.items() if np.isfinite(table).all()
    }


def file_numbers(file: Mapping[str, Value]) -> list[float]:
    """Deterministic traits as numbers for an attack; texts by a number of their own, equal where they are equal."""
    return [_number(file[name]) for name in sorted(file)]


def _number(value: Value) -> float:
    if value is None:
        return -1.0
    if isinstance(value, str):
        return float(crc32(value.encode()))
    return float(value)


def in_words(found: Scan) -> list[str]:
    """What was found, for the statistician who signs the design."""
    lines = [f"{found.n_pairs} recordings, each in two versions."]
    if found.unequal:
        lines += [f"NOT EQUAL in the files themselves. {MEANING['file']}", *(f"  {line}" for line in found.unequal)]
    else:
        lines.append("The files themselves are equal in every pair: size, index, times, sound, headers, metadata.")
    if (least := smallest_p(found.n_pairs)) * len(found.results) > ALPHA:
        lines.append(
            f"With {found.n_pairs} pairs the test cannot reject at {ALPHA}: its smallest p is {least:.2g}, before it "
            f"is corrected for {len(found.results)} traits. That nothing is rejected shows nothing here; read the AUC."
        )
    for result in sorted(found.results, key=lambda one: (one.p_holm, one.kind, one.name)):
        told = "differs" if result.rejects else "no difference shown"
        lines.append(
            f"  {result.kind} {result.name}: {told} (difference {result.difference:+.3g}, p {result.p:.2g}, Holm "
            f"{result.p_holm:.2g}); AUC {_said(result.auc)}, n={result.n_pairs}"
        )
    for kind in sorted({result.kind for result in found.results if result.rejects}):
        lines.append(f"What differs in “{kind}” means: {MEANING[kind]}")
    lines += [f"All of “{kind}” together: AUC {_said(area)}" for kind, area in sorted(found.attacks.items())]
    return lines


def _said(area: Auc) -> str:
    return f"{area.value:.2f} ({area.low:.2f} to {area.high:.2f})"
