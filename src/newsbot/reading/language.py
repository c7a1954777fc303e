"""Detection of the language of an article's text."""

from functools import cache
from typing import Any, NamedTuple

from newsbot.imports import IMPORT_LOCK

__all__ = ["RecognisedLanguage", "detect", "parse_language_code", "recognise"]

# The language codes of ISO 639-1: https://www.loc.gov/standards/iso639-2/php/English_list.php
_CODES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da
    de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz
    ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln
    lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi
    pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th
    ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()  # noqa: SIM905  This form is easier to read.
)
# A text in Latin letters is in none of these languages, which are written in other scripts. Serbian and
# Uzbek, written in two scripts, are missing.
_OTHER_SCRIPTS = frozenset(
    """
    am ar as ba be bg bn bo cv dv dz el fa gu he hi hy ja ka kk km kn ko ky lo mk ml mn mr my ne or pa ps
    ru sa sd si ta te tg th ti ug uk ur yi zh
    """.split()  # noqa: SIM905  This form is easier to read.
)
# A letter counts as Latin if it comes before this character in Unicode; of the languages in Latin letters,
# only Vietnamese has letters after it.
_NOT_LATIN = "\u0250"
# Withdrawn language codes that some sites still declare, with the codes that replaced them.
_OLD = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro"}

# A text's language is detected from this many characters at its beginning; more give no better result.
_ENOUGH = 400
# A text with fewer letters than the first number has no detected language. A text with at least the second
# number of letters has its detected language even if its page declares another language.
_SHORT, _SURE_LENGTH = 20, 200
_SURE, _LIKELY = 0.9, 0.6
# Characters from this one on count as letters of a text, because Python counts no vowel signs as letters.
_MARKS = "\u0300"
# From this character on (CJK), a letter is a syllable or a word, and counts as four letters.
_DENSE = "\u2e80"


class RecognisedLanguage(NamedTuple):
    """The detected language of a text (ISO 639-1), or None; ``sure`` says that the text alone leaves no
    doubt.
    """

    code: str | None
    sure: bool = False


def detect(text: str, hint: str | None = None) -> str | None:
    """Return the ISO 639-1 code of a text's language, or None if the language is not clear.

    ``hint`` is the language that the text's page or feed declares; see `recognise`.
    """
    return recognise(text, hint).code


def recognise(text: str, hint: str | None = None) -> RecognisedLanguage:
    """Return the language of a text, by its words and by what its page or feed declares.

    ``hint`` is the language that the page or feed declares (``en-US``). The hint decides if the text is too
    short or ambiguous. A hint that is not a language (``xx``) is ignored.
    """
    declared = parse_language_code(hint)
    sample = text[:_ENOUGH]
    if sample.isascii():
        letters = sum(map(str.isalpha, sample))
    else:
        letters = sum(4 if char >= _DENSE else 1 for char in sample if char.isalpha() or char >= _MARKS)
    if letters < _SHORT:
        return RecognisedLanguage(declared)
    code, probability = _load_identifier().classify(sample)
    found = parse_language_code(code)
    sure = probability >= _SURE and letters > _SURE_LENGTH / 2
    if found is None:
        return RecognisedLanguage(declared)
    if found == declared:
        return RecognisedLanguage(declared, sure)
    if letters >= _SURE_LENGTH or declared is None or not _can_have_script(declared, sample):
        return RecognisedLanguage(found, sure) if probability >= _LIKELY else RecognisedLanguage(declared)
    return RecognisedLanguage(found, sure) if sure else RecognisedLanguage(declared)


def _can_have_script(language: str, text: str) -> bool:
    """Return whether a language may be written in the script (Latin or another) of a text.

    If not, the site's declaration of the language is wrong.
    """
    letters = [char for char in text if char.isalpha()]
    latin = sum(char < _NOT_LATIN for char in letters) > len(letters) / 2
    return latin != (language in _OTHER_SCRIPTS)


def parse_language_code(tag: str | None) -> str | None:
    """Return the ISO 639-1 code of a language tag: ``ur`` for ``ur-PK``, None for an unknown language."""
    primary = (tag or "").strip().replace("_", "-").split("-")[0].lower()
    primary = _OLD.get(primary, primary)
    return primary if primary in _CODES else None


# The language model is loaded only once, because loading takes half a second and the model never changes.
@cache
def _load_identifier() -> Any:
    with IMPORT_LOCK:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  The module takes long to import.

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
