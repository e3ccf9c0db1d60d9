"""Studies that synthetic raters have rated, with what was planted in them."""

from dataclasses import replace

from ratings import services
from ratings.algorithms.synthetic import Planted, SyntheticRater
from ratings.models import Study
from ratings.queries import Scoring
from tests.ratings.build import READY, arm_of, opened_study, rate

PLANTED = Planted(bias=0.8, noise=0.4, retest=0.35, not_sure=0.02, not_sure_deidentified=0.2)


def rated_study(n: int = 14, *, n_raters: int = 2, planted: Planted = PLANTED) -> Study:
    """Closed; half of the recordings have a hidden repeat."""
    study = opened_study(n, n_raters=n_raters, protocol=replace(READY, repeats_percent=50, sessions=2))
    scoring = Scoring(study)
    raters = {place.rater_id: SyntheticRater(planted, place.number, "dry") for place in study.places.all()}
    for shown in study.presentations.select_related("recording", "rater"):
        original = arm_of(shown) == "original"
        for item in scoring.items_for(shown.recording):
            score = raters[shown.rater_id].answer(
                recording=shown.recording_id, item=item.code, original=original, look=str(shown.pk)
            )
            rate(shown, item.code, score)
    return services.close_study(study=study, actor=None)
