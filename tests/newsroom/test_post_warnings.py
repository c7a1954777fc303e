"""A warning of several posts is told once, with the posts that it is about."""

from decimal import Decimal

from newsbot.model import Draft, PostWarning
from newsbot.newsroom.wording import group_warnings
from newsbot.reasons import WarningCode

WALL = PostWarning("wall", WarningCode.PAGE_UNREADABLE())
CUT = PostWarning("title-cut", WarningCode.TEXT_CUT())


def draft(channel: str, *warnings: PostWarning) -> Draft:
    return Draft(channel, "article", (), Decimal(0), "en", warnings)


def test_a_warning_about_the_article_names_no_post() -> None:
    assert group_warnings([draft("tg", WALL), draft("x", WALL)]) == [(WALL.reason, ())]


def test_a_warning_of_some_posts_names_them() -> None:
    assert group_warnings([draft("tg"), draft("x", WALL, CUT)]) == [(WALL.reason, (1,)), (CUT.reason, (1,))]


def test_a_warning_about_the_text_names_its_posts_even_where_all_have_it() -> None:
    assert group_warnings([draft("tg", CUT), draft("x", CUT)]) == [(CUT.reason, (0, 1))]


def test_a_single_post_is_not_named() -> None:
    assert group_warnings([draft("x", CUT)]) == [(CUT.reason, ())]
