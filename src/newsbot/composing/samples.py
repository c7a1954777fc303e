"""Articles that a template is tried on: with everything, with nothing, right to left, and far too long."""

from datetime import UTC, datetime

from newsbot.model import Article, Image, Sentence, Summary

__all__ = ["SAMPLES"]

_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _summary(*texts: str) -> Summary:
    return Summary(tuple(Sentence(text, text, n, n) for n, text in enumerate(texts)))


_FULL = Article(
    guid="full",
    url="https://example.org/news/1?from=feed&page=2",
    title="Council <approves> Smith & Sons' plan",
    text="The council approved the plan on Monday. Work starts in May.",
    summary="The council approved the plan.",
    published_at=_NOON,
    updated_at=_NOON,
    author="A. Writer",
    language="en",
    image=Image("https://example.org/news/1.jpg", "The town hall"),
    tags=("Council", "Town planning"),
    categories=("Council",),
)
_BARE = Article(guid="bare", url="https://example.org/news/2", text="Rain fell.")
_URDU = Article(
    guid="urdu",
    url="https://example.org/news/3",
    title="کونسل نے منصوبے کی منظوری دے دی",
    text="کونسل نے پیر کو منصوبے کی منظوری دی۔ کام مئی میں شروع ہوگا۔",  # noqa: RUF001  Urdu
    language="ur",
)
_HUGE = Article(
    guid="huge",
    url="https://example.org/" + "path/" * 20,
    title="Very long headlines " * 30,
    text="A sentence of some length. " * 2_000,
    author="Writer " * 20,
    language="en",
    tags=("tag",) * 10,
)

SAMPLES = (
    (_FULL, _summary("The council approved the plan on Monday.", "Work starts in May.")),
    (_BARE, _summary()),
    (_URDU, _summary("کونسل نے پیر کو منصوبے کی منظوری دی۔", "کام مئی میں شروع ہوگا۔")),  # noqa: RUF001  Urdu
    (_HUGE, _summary(*(f"A sentence of some length, number {n}." for n in range(200)))),
)
