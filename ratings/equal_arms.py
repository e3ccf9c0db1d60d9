"""Reads of the last encode: what is ready to be shown, and why a study cannot open for want of it."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Recording
from deid.models import Rendition
from frontend.told import told
from ratings import practice_queries, queries
from ratings.models import LastEncode, ShownFile, Study


def versions(study: Study) -> dict[Recording, list[Rendition]]:
    """All versions of each recording that the study will show or practise on, the original first, by recording."""
    pairs = [*queries.pairs(study), *practice_queries.pairs(study)]
    return {pair.recording: list(pair.versions) for pair in pairs}


def key_of(renditions: Iterable[Rendition]) -> list[int]:
    """What names a group of versions: a newer rendition makes it another group."""
    return sorted(rendition.pk for rendition in renditions)


def files(study: Study) -> dict[int, ShownFile]:
    """The files that the study shows, by rendition."""
    return {shown.rendition_id: shown for shown in study.shown_files.all()}


def reasons(study: Study, groups: Mapping[Recording, Sequence[Rendition]] | None = None) -> list[str]:
    """Why these versions cannot be shown yet, in sentences: they are not encoded alike, or not yet.

    Without `groups` of versions, all that the study will show: why it cannot open.
    """
    groups = versions(study) if groups is None else groups
    encodes = {encode.recording_id: encode for encode in study.last_encodes.prefetch_related("files")}
    n_waiting, sentences = 0, []
    for recording, renditions in groups.items():
        names, encode = {"recording": recording}, encodes.get(recording.pk)
        if encode is None or encode.renditions != key_of(renditions) or encode.is_open:
            n_waiting += 1
        elif encode.state != LastEncode.State.DONE:
            sentences.append(_("The versions of %(recording)s could not be encoded alike: %(error)s")
                             % {**names, "error": told(encode.error) or encode.get_state_display()})  # fmt: skip
        elif unlike := unequal_traits(list(encode.files.all()), len(renditions)):
            sentences.append(
                _("The versions of %(recording)s could be told apart without being looked at, by: %(traits)s.")
                % {**names, "traits": ", ".join(unlike)}
            )
    if n_waiting:
        waiting = ngettext(
            "The versions of %(n)d of %(all)d recordings still wait for the last encode, which makes them alike.",
            "The versions of %(n)d of %(all)d recordings still wait for the last encode, which makes them alike.",
            len(groups),
        )
        sentences.insert(0, waiting % {"n": n_waiting, "all": len(groups)})
    return sentences


def unequal_traits(shown: list[ShownFile], n_versions: int) -> list[str]:
    """Names of deterministic traits in which the files of one recording differ."""
    if len(shown) != n_versions:
        return [_("a file that is missing")]
    traits = [{"n_bytes": one.n_bytes, "encoding": one.encoding, **one.traits} for one in shown]
    return sorted(name for name in set().union(*traits) if len({str(one.get(name)) for one in traits}) > 1)
