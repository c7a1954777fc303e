"""What is told once, and again when it is back."""

from tests.ledger.conftest import Open
from tests.ledger.making import HOUR, NOW


def test_it_is_news_once_until_it_is_mended(opened: Open) -> None:
    one, two = opened(), opened()
    assert one.alerts.record_notices({"budget:x-main:80": "80 %"}, NOW)
    assert not two.alerts.record_notices({"budget:x-main:80": "81 %"}, NOW + HOUR)
    assert [(told.key, told.at, told.detail) for told in two.alerts.list_notices()] == [
        ("budget:x-main:80", NOW, "80 %")
    ]
    assert two.alerts.end_notice("budget:x-main:80", NOW + HOUR)
    assert not one.alerts.end_notice("budget:x-main:80", NOW + HOUR)
    assert one.alerts.list_notices() == []
    assert one.alerts.record_notices({"budget:x-main:80": "82 %"}, NOW + 2 * HOUR)
    assert not two.alerts.record_notices({"budget:x-main:80": ""}, NOW + 2 * HOUR)


def test_keys_are_kept_apart(opened: Open) -> None:
    ledger = opened()
    keys = ["remind:a:soon", "remind:a:due", "remind_:a:soon"]
    assert ledger.alerts.record_notices({keys[0]: ""}, NOW)
    assert ledger.alerts.filter_new_notices(keys) == keys[1:]
    assert ledger.alerts.filter_new_notices([]) == []
    assert ledger.alerts.record_notices({keys[2]: ""}, NOW)
    assert [told.key for told in ledger.alerts.list_notices("remind")] == [keys[0]]
    assert not ledger.alerts.end_notice("never told", NOW)
