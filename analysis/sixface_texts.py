"""Words of six-face results: what each pair of roles is called, and what each column of the export holds."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from analysis.algorithms.sixface.outcomes import Outcome
from analysis.sixface_result import PEOPLE

OUTCOMES = {
    Outcome.NONE: gettext_lazy("no two"),
    Outcome.DEIDENTIFIED_ORIGINAL: gettext_lazy("de-identified and original"),
    Outcome.DEIDENTIFIED_SOURCE: gettext_lazy("de-identified and source"),
    Outcome.DEIDENTIFIED_CONTROL: gettext_lazy("de-identified and control"),
    Outcome.ORIGINAL_SOURCE: gettext_lazy("original and source"),
    Outcome.ORIGINAL_CONTROL: gettext_lazy("original and control"),
    Outcome.SOURCE_CONTROL: gettext_lazy("source and control"),
    Outcome.CONTROL_CONTROL: gettext_lazy("control and control"),
}

# What `algorithms.sixface.headline.in_words` says, as the page recognises it in other languages.
HEADLINES = (
    gettext_noop("Nobody has answered a trial yet, so nothing can be said."),
    gettext_noop(
        "Judges: %(judges)s, participants: %(participants)s. No de-identified face was paired with its original. That "
        "does not show that it cannot happen: with %(sure)s confidence it happens for at most %(most)s of participants "
        "like these."
    ),
    gettext_noop(
        "Judges: %(judges)s, participants: %(participants)s. In %(share)s of trials the de-identified face was paired "
        "with its original. With %(sure)s confidence judges and participants like these would give at most %(most)s."
    ),
)


def who(name: str) -> str:
    """Who answered: people, or a recogniser by its name."""
    return _("People") if name == PEOPLE else {"dlib": "dlib", "arcface": "ArcFace"}.get(name, name)


# Of the export, which programs read: in English, whoever asks.
CODEBOOK = (
    ("answers.csv", "trial", "random number of the trial"),
    ("answers.csv", "judge", "number of the judge, drawn by lot"),
    ("answers.csv", "position", "number of the trial in the judge's order"),
    ("answers.csv", "kind", "test: de-identified face; same, strangers: catch trials with and without a pair"),
    ("answers.csv", "participant", "whose de-identified face is shown; empty in catch trials"),
    ("answers.csv", "first", "place of the first face named, 1 to 6 row by row; empty for no two or no answer"),
    ("answers.csv", "second", "place of the second face named"),
    ("answers.csv", "no_two", "1 when the judge said that no two are the same person"),
    ("answers.csv", "roles", "roles of the two faces named"),
    ("answers.csv", "confidence", "1 a guess, 2 rather unsure, 3 rather sure, 4 certain"),
    ("answers.csv", "response_ms", "milliseconds from the showing of all six faces to the choice, browser's clock"),
    ("answers.csv", "saved_at", "when the server kept the answer; empty without an answer"),
    ("answers.csv", "judge_excluded", "1 when the exclusion rule leaves the judge out"),
    ("faces.csv", "trial", "random number of the trial"),
    ("faces.csv", "place", "1 to 6, row by row from the top left"),
    ("faces.csv", "role", "deidentified, original, source, control, or twin (catch trials)"),
    ("faces.csv", "person", "participant or donor, numbered by lot"),
    ("faces.csv", "sha256", "of the face's picture as PNG, before the six became one picture"),
    ("pictures.csv", "trial", "random number of the trial"),
    ("pictures.csv", "sha256", "of the file with all six faces, as the judge was sent it"),
    ("machines.csv", "trial", "random number of the trial"),
    ("machines.csv", "recogniser", "which recogniser answered"),
    ("machines.csv", "first", "place of the first face named; empty for no two"),
    ("machines.csv", "second", "place of the second face named"),
)
