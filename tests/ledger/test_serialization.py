"""What an older version stored is read by this one."""

from newsbot.ledger.serialization import decode_article, decode_item, encode_article, encode_item
from newsbot.model import Article, Item


def test_what_was_stored_before_a_field_was_there_has_none_of_it() -> None:
    article = Article("g", "Text.", tags=("Sea", "Port"), categories=("Sea",), live=("#Sea",))
    item = Item("g", text="Text.", tags=("Sea", "Port"), categories=("Sea",))
    assert decode_article(encode_article(article)) == article
    assert decode_item(encode_item(item)) == item
    before = {
        key: value
        for key, value in encode_article(article).items()
        if key not in {"categories", "live", "warnings"}
    }
    assert decode_article(before) == Article("g", "Text.", tags=("Sea", "Port"))
    old = {key: value for key, value in encode_item(item).items() if key != "categories"}
    assert decode_item(old) == Item("g", text="Text.", tags=("Sea", "Port"))
