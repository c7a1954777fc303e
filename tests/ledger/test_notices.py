"""What is told once, and anew when it is back."""

from tests.ledger.conftest import Open
from tests.ledger.making import HOUR, NOW


def test_it_is_news_once_until_it_is_mended(opened: Open) -> None:
    one, two = opened(), opened()
    assert one.record_notice("budget:x-main:80", NOW, "80 %")
    assert not two.record_notice("budget:x-main:80", NOW + HOUR, "81 %")
    assert [(told.key, told.at, told.detail) for told in two.notices()] == [("budget:x-main:80", NOW, "80 %")]
    assert two.end_notice("budget:x-main:80", NOW + HOUR)
    assert not one.end_notice("budget:x-main:80", NOW + HOUR)
    assert one.notices() == []
    assert one.record_notice("budget:x-main:80", NOW + 2 * HOUR, "82 %")
    assert not two.record_notice("budget:x-main:80", NOW + 2 * HOUR)


def test_keys_are_kept_apart(opened: Open) -> None:
    ledger = opened()
    keys = ["remind:a:soon", "remind:a:due", "remind_:a:soon"]
    assert ledger.record_notice(keys[0], NOW)
    assert ledger.filter_new_notices(keys) == keys[1:]
    assert ledger.filter_new_notices([]) == []
    assert ledger.record_notice(keys[2], NOW)
    assert [told.key for told in ledger.notices("remind")] == [keys[0]]
    assert not ledger.end_notice("never told", NOW)
