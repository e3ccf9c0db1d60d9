"""What stands for people and recordings in the results of a study."""

import re
from collections.abc import Iterable
from random import Random
from typing import TypeVar

from ratings.models import Presentation, Study, StudyRater

Who = TypeVar("Who", int, str)


class Pseudonyms:
    """Of one study, the same at every look.

    Numbered with those who withdrew since: the others keep the pseudonyms that earlier exports gave them.
    """

    def __init__(self, study: Study) -> None:
        shown = Presentation.objects.filter(study=study).order_by()
        pairs = list(shown.values_list("recording_id", "recording__participant_id").distinct())
        places = list(StudyRater.seats.filter(study=study).select_related("rater"))  # adjudicators have one too
        self.raters = {place.rater_id: str(place) for place in places}
        self.recordings = numbered("recording", study.seed, (recording for recording, _ in pairs))
        self.participants = numbered("participant", study.seed, (participant for _, participant in pairs))
        names = {place.rater.display_name: str(place) for place in places}
        names |= {place.rater.username: str(place) for place in places}
        codes = dict(study.cohort.participants.values_list("pk", "code"))
        self._known = names | {code: self.participants.get(pk, "participant") for pk, code in codes.items()}

    def clean(self, text: str) -> str:
        """A text that somebody wrote, with pseudonyms for the codes and names that it mentions."""
        known = sorted((name for name in self._known if name), key=len, reverse=True)
        if not text or not known:
            return text
        pattern = "|".join(re.escape(name) for name in known)
        return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", lambda found: self._known[found[0]], text)


def numbered(kind: str, seed: int, people: Iterable[Who]) -> dict[Who, str]:
    """Numbers by lot: the order of entry must not tell who is who."""
    known = sorted(set(people))
    Random(f"{seed}/{kind}").shuffle(known)  # noqa: S311 - reproducible; the seed is not shown
    width = len(str(len(known)))
    return {who: f"{kind}-{number:0{width}d}" for number, who in enumerate(known, start=1)}
