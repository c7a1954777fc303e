"""The articles of the sample site, about invented places in six languages.

``articles/*.txt`` are the site's pages (a head of ``key: value`` lines, a blank line, paragraphs), in the
order of publication; ``folder/*.txt`` are copied into a folder unchanged; ``images/`` has the pictures. One
article has the flaws of a text that a scraper returns.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Sample", "SamplePicture", "load_folder_samples", "read_picture", "samples"]

_HERE = files("newsbot.sandbox.samples")


@dataclass(frozen=True, slots=True)
class SamplePicture:
    """A picture of a sample article: ``name`` is a file in ``images/``, ``alt`` its alternative text."""

    name: str
    alt: str


@dataclass(frozen=True, slots=True)
class Sample:
    """An article of the sample site; ``language`` is an ISO 639-1 code."""

    slug: str
    title: str
    language: str
    author: str
    section: str
    paragraphs: tuple[str, ...]
    picture: SamplePicture | None = None
    standfirst: str | None = None


@cache
def samples() -> tuple[Sample, ...]:
    """Return the sample site's articles, in the order in which they are published."""
    found = sorted(_HERE.joinpath("articles").iterdir(), key=lambda each: each.name)
    return tuple(_parse_sample(each.name, each.read_text("utf-8")) for each in found)


@cache
def load_folder_samples() -> dict[str, bytes]:
    """Return the sample articles that are files in the folder, by file name; all are in English."""
    found = sorted(_HERE.joinpath("folder").iterdir(), key=lambda each: each.name)
    return {each.name: each.read_bytes() for each in found}


def read_picture(name: str) -> bytes | None:
    """Return the bytes of a JPEG in ``images/``; None if no sample article shows this picture."""
    known = {sample.picture.name for sample in samples() if sample.picture}
    return _HERE.joinpath("images", name).read_bytes() if name in known else None


def _parse_sample(name: str, text: str) -> Sample:
    head, _, body = text.strip().partition("\n\n")
    keys = dict(line.split(": ", 1) for line in head.splitlines())
    return Sample(
        slug=name.partition("-")[2].removesuffix(".txt"),
        title=keys["title"],
        language=keys["language"],
        author=keys["author"],
        section=keys["section"],
        paragraphs=tuple(body.split("\n\n")),
        picture=SamplePicture(keys["image"], keys["alt"]) if "image" in keys else None,
        standfirst=keys.get("standfirst"),
    )
