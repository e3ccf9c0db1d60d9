"""Parts of the reports of measurements, cut out by the database.

A report is 50 kB of JSON and a page looks at a few of its numbers: to read hundreds of whole ones takes longer than all
that the page does with them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Func, JSONField

from analysis.algorithms.fidelity.errors import UNAVAILABLE

Tree = dict[str, "Tree"]  # names of a report; what has none below is taken whole


def parts_of(report: str, paths: Iterable[str]) -> Func:
    """What stands at these paths of a column of reports, and the reasons that may stand in their place.

    A path is one of ours, in the code: nothing that a user says comes here. The report is opened once for all of them:
    an operator for each path would decompress all of it each time.
    """
    tree = _tree(paths)
    columns = ", ".join(f"{_name(name)} jsonb" for name in tree)
    cut = _object({name: _cut(f"report.{name}", below) for name, below in tree.items()})
    template = f"(SELECT {cut} FROM jsonb_to_record(%(expressions)s) AS report({columns}))"  # noqa: S608 - `_name` looks
    return Func(report, template=template, output_field=JSONField())


def without_gaps(parts: Mapping[str, Any] | None, paths: Iterable[str]) -> dict[str, Any]:
    """`parts_of` as they were read, without the nulls that stand where a report has nothing."""
    return _filled(parts or {}, _tree(paths))


def _tree(paths: Iterable[str]) -> Tree:
    """Sorted, so that the same paths are the same query; a path takes those below it in."""
    tree: Tree = {}
    for path in sorted(paths):
        here, names = tree, path.split(".")
        for place, name in enumerate(names):
            if name in here and not here[name]:
                break  # it is taken whole
            here = here.setdefault(name, {})
            if place < len(names) - 1:
                here.setdefault(UNAVAILABLE, {})
    return tree


def _cut(place: str, tree: Tree) -> str:
    if not tree:
        return place
    return _object({name: _cut(f"{place}->'{_name(name)}'", below) for name, below in tree.items()})


def _object(values: Mapping[str, str]) -> str:
    pairs = ", ".join(f"'{_name(name)}', {value}" for name, value in values.items())
    return f"jsonb_build_object({pairs})"


def _name(name: str) -> str:
    if not (name.isascii() and name.isidentifier()):
        raise ValueError(f"{name!r} is no name of a report: it goes into a query as it stands")
    return name


def _filled(parts: Mapping[str, Any], tree: Tree) -> dict[str, Any]:
    found = {name: value for name, value in parts.items() if value is not None}
    cut = {name: _filled(found[name], below) for name, below in tree.items() if below and name in found}
    return {name: value for name, value in (found | cut).items() if value != {} or not tree.get(name)}
