"""Sentences that were kept, in the reader's language.

What is kept (why a file was refused or a job failed, what a withdrawal did) is kept in English, whoever caused it: the
row then reads the same to everybody, to programs and in the log. A page recognises the sentence in the catalogue, where
each stands once with places for what varies, and says it in the language of whoever reads. A sentence that no
catalogue knows is shown as it was kept.
"""

import re
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, gettext_noop, trans_real

PLACE = re.compile(r"%\((\w+)\)[#0\- +]*[\d.]*[a-zA-Z]")
BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")  # a space that was for a Latin name
PLACES_OF_LABELS = ("scope", "state", "wanted", "side", "which", "whose")
LEAST_WORDS = 12  # letters beside the places: “%(item)s: %(n)d” would recognise everything

# Words within sentences of the packages that know nothing of languages, stages of their work, and kinds of files.
WORDS = (
    gettext_noop("recording"),
    gettext_noop("rendition"),
    gettext_noop("donor"),
    gettext_noop("upload"),
    gettext_noop("unfinished"),
    gettext_noop("tracks"),
    gettext_noop("series"),
    gettext_noop("the file"),
    gettext_noop("only sound"),
    gettext_noop("no video track"),
    gettext_noop("looking for faces"),
    gettext_noop("writing the video"),
    gettext_noop("checking the result"),
    gettext_noop("reading the training set"),
    gettext_noop("training"),
    gettext_noop("looking at held-out data"),
    gettext_noop("read"),
    gettext_noop("decoded"),
    gettext_noop("read for its sound"),
    gettext_noop("original"),
    gettext_noop("eyes"),
    gettext_noop("landmarks"),
    gettext_noop("colours of skin"),
    gettext_noop("a heart rate"),
    gettext_noop("the pulse"),
    gettext_noop("tremor"),
    gettext_noop("an HLS playlist"),
    gettext_noop("a concat script"),
    gettext_noop("an SDP session"),
    gettext_noop("an XML manifest"),
    gettext_noop("a DASH manifest"),
    gettext_noop("a SMIL playlist"),
    gettext_noop("a playlist"),
    # Of the manifest of weights: tasks, licences, data. Whoever adds others says it in words of their own.
    gettext_noop("recognition, judges renditions"),
    gettext_noop("face detection"),
    gettext_noop("106 landmarks"),
    gettext_noop("recognition, describes donors to inswapper_128"),
    gettext_noop("face swap at 128 pixels"),
    gettext_noop("face swap that keeps motion, generator"),
    gettext_noop("face swap by a shared encoder and two decoders"),
    gettext_noop("hides the face from machines and keeps the pulse"),
    gettext_noop("pulse from video"),
    gettext_noop("who a face is, where no ArcFace can be had: trained by train_identity"),
    gettext_noop("68 points of an aligned face, with gradients: trained by train_landmarks"),
    gettext_noop("recogniser of a closed circle of people: convolutions and pooling"),
    gettext_noop("recogniser of a closed circle of people: residual blocks"),
    gettext_noop("recogniser of a closed circle of people: separable convolutions"),
    gettext_noop("recogniser of a closed circle of people: mixed patches"),
    gettext_noop("recogniser of a closed circle of people: few layers with large kernels"),
    gettext_noop("of who trained it, and of the portraits"),
    gettext_noop("of who trained it; the points are MediaPipe's"),
    gettext_noop("InsightFace model zoo: non-commercial research"),
    gettext_noop("InsightFace: non-commercial research"),
    gettext_noop("of who trained it"),
    gettext_noop("of who trained it: one model for each pair of faces"),
    gettext_noop("of who trained it; the published model is not public"),
    gettext_noop("not published"),
    gettext_noop("the patient's and the donor's videos"),
)


def kept_in_english() -> translation.override:
    """Sentences made within are to be kept: they are not in the language of who happens to ask."""
    return translation.override(settings.LANGUAGE_CODE)


def told(sentence: str) -> str:
    """A kept sentence in the present language."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    if not sentence or language == settings.LANGUAGE_CODE:
        return sentence
    return _told(sentence, language)


@lru_cache(maxsize=2000)
def _told(sentence: str, language: str) -> str:
    known = _word(sentence)
    if known is not None:
        return known
    for pattern, message in _patterns(language):
        if found := pattern.fullmatch(sentence):
            words = {name: _inserted(name, text) for name, text in found.groupdict().items()}
            return _filled(gettext(message), words)
    return sentence


def _inserted(place: str, text: str) -> str:
    """What stands in a place: words of ours are translated, names that people gave are not, whatever they are."""
    ours = place in PLACES_OF_LABELS or text in WORDS or text[:1].lower() + text[1:] in WORDS
    return (_word(text) if ours else None) or text


def _filled(message: str, words: dict[str, str]) -> str:
    filled = PLACE.sub(lambda place: words[place[1]], message).replace("%%", "%")
    return BETWEEN_HAN.sub("", filled)


def _word(text: str) -> str | None:
    """The translation of a text that stands in the catalogue as it is, or with a small letter at its beginning."""
    for form in (text, text[:1].lower() + text[1:]):
        if form and (translated := gettext(form)) != form:
            return translated
    return None


@lru_cache(maxsize=8)
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every message with places in it, as what recognises it; those with most words of their own come first."""
    catalogue: Any = trans_real.translation(language)  # its messages are what Django's JavaScriptCatalog reads too
    messages = [key for key, _text in catalogue._catalog.items() if isinstance(key, str)]
    weighed = [(len(PLACE.sub("", message)), message) for message in messages if PLACE.search(message)]
    return tuple(
        (_pattern(message), message) for weight, message in sorted(weighed, reverse=True) if weight >= LEAST_WORDS
    )


def _pattern(message: str) -> re.Pattern[str]:
    parts: list[str] = []
    seen: set[str] = set()
    end = 0
    for place in PLACE.finditer(message):
        name = place[1]
        parts.append(_literal(message[end : place.start()], first=not parts))
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.+?)")
        seen.add(name)
        end = place.end()
    parts.append(_literal(message[end:], first=not parts))
    return re.compile("".join(parts), re.DOTALL)


def _literal(text: str, *, first: bool) -> str:
    """The text itself; a sentence that begins with it may have got a capital letter."""
    text = text.replace("%%", "%")
    if first and text[:1].isalpha():
        return f"[{text[0].lower()}{text[0].upper()}]{re.escape(text[1:])}"
    return re.escape(text)
