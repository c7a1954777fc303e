"""What an older version stored is read by this one."""

from newsbot.ledger.serialization import article_from, article_json, item_from, item_json
from newsbot.model import Article, Item


def test_what_was_stored_before_a_field_was_there_has_none_of_it() -> None:
    article = Article("g", "Text.", tags=("Sea", "Port"), categories=("Sea",), live=("#Sea",))
    item = Item("g", text="Text.", tags=("Sea", "Port"), categories=("Sea",))
    assert article_from(article_json(article)) == article
    assert item_from(item_json(item)) == item
    before = {
        key: value
        for key, value in article_json(article).items()
        if key not in {"categories", "live", "warnings"}
    }
    assert article_from(before) == Article("g", "Text.", tags=("Sea", "Port"))
    old = {key: value for key, value in item_json(item).items() if key != "categories"}
    assert item_from(old) == Item("g", text="Text.", tags=("Sea", "Port"))
