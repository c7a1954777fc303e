from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.fetching.addresses import find_address_refusal, find_link_refusal

LOOPBACK_LINKS = [
    "http://127.0.0.1/", "https://127.0.0.1:8443/x", "http://localhost/", "http://LOCALHOST:80/", "http://a.localhost./",
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/", "http://１２７.0.0.1/", "http://127。0。0。1/",
    "http://%31%32%37.0.0.1/", "http://localtest.me/", "http://a.lvh.me/", "http://127-0-0-1.sslip.io/",
]  # fmt: skip
INTERNAL_LINKS = [
    "http://10.0.0.1/a", "http://172.16.5.4/", "http://192.168.1.1/", "http://167772161/",
    "http://0xa.0.0.1/", "http://012.1/",
    "http://169.254.169.254/latest/meta-data", "http://100.64.1.1/", "http://0.0.0.0/", "http://0/", "http://192.0.2.1/",
    "http://[fd00::1]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[::ffff:10.0.0.1]/", "http://[::]/",
    "http://[64:ff9b::10.0.0.1]/", "http://cms/", "http://cms:8080/a", "http://cms.local/", "http://cms.local./",
    "http://cms.internal/", "http://wiki.corp/", "http://nas.lan/", "http://router.home/", "http://a.home.arpa/",
    "http://localhost.localdomain/", "http://10.0.0.1.nip.io/", "http://app.10-0-0-1.sslip.io/",
    "http://user:pass@example.org/", "https://example.org@10.0.0.1/", "https://token@example.org/",
    "http://example.org\\@10.0.0.1/", "http://exa mple.org/", "http://256.1.1.1/", "http://1.2.3.4.5/", "http://..../",
    "http://example.org:99999/", "http:///path", "http://", "//10.0.0.1/", "/relative", "", "file:///etc/passwd",
    "javascript:alert(1)", "data:text/html,x", "ftp://example.org/", "https://[::1", "http://exa%00mple.org/",
]  # fmt: skip
PUBLIC_LINKS = [
    "https://www.example.org/a?b=c#d", "http://example.org:8080/", "https://EXAMPLE.org./", "https://8.8.8.8/",
    "http://134744072/", "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", "https://münchen.de/x", "https://例え.jp/",
    "https://local.example.org/", "https://internal.com/", "https://8.8.8.8.nip.io/", "https://0x7f.org/", "https://10.com/",
]  # fmt: skip
PRIVATE = [
    "127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
    "::1", "fc00::1", "fdff::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2606:4700::5efe:127.0.0.1",
]  # fmt: skip
NEVER = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200",
    "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "192.0.0.192", "::", "::7f00:1", "ff02::1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fd20:ce::254",
    "2001:db8::1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1",
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "::ffff:0.0.0.0",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "100.128.0.1", "168.63.129.17", "223.255.255.255",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_and_loopback_pass_only_where_they_are_allowed(address: str) -> None:
    assert find_address_refusal(address)
    assert find_address_refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_metadata_multicast_and_unspecified_never_pass(address: str) -> None:
    assert find_address_refusal(address)
    assert find_address_refusal(address, allow_private=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    assert find_address_refusal(address) is None
    assert find_address_refusal(address, allow_private=True) is None


@given(st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address))
def test_what_python_calls_local_is_refused_in_every_wrapping(address: IPv4Address | IPv6Address) -> None:
    """Python's own list is another reading of the same registries."""
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert find_address_refusal(str(address))
    if isinstance(address, IPv4Address):
        mapped = (
            find_address_refusal(f"::ffff:{address}"),
            find_address_refusal(str(ip_address(int(address) | 0x64FF9B << 96))),
        )
        assert mapped == (find_address_refusal(str(address)), find_address_refusal(str(address)))


@pytest.mark.parametrize("url", LOOPBACK_LINKS)
def test_links_to_this_machine_may_stand_only_in_a_sandbox(url: str) -> None:
    assert find_link_refusal(url)
    assert find_link_refusal(url, allow_loopback=True) is None


@pytest.mark.parametrize("url", INTERNAL_LINKS)
def test_links_that_readers_cannot_open_never_stand_in_a_post(url: str) -> None:
    assert find_link_refusal(url)
    assert find_link_refusal(url, allow_loopback=True)


@pytest.mark.parametrize("url", PUBLIC_LINKS)
def test_public_links_stand_in_a_post(url: str) -> None:
    assert find_link_refusal(url) is None


@given(st.ip_addresses(v=4), st.sampled_from(["{0}", "0x{0:x}"]))
def test_a_number_is_judged_as_the_address_that_browsers_read(address: IPv4Address, spelling: str) -> None:
    assert bool(find_link_refusal(f"http://{spelling.format(int(address))}/")) == bool(
        find_address_refusal(str(address))
    )


@given(st.text(max_size=30))
def test_no_link_makes_it_fail(host: str) -> None:
    find_link_refusal(f"http://{host}/"), find_link_refusal(host)


@pytest.mark.parametrize("url", ["https://a.example/2026/11/__trashed/", "https://a.example/__trashed-2"])
def test_a_name_that_wordpress_gives_in_the_trash_is_no_link(url: str) -> None:
    """The editor will name the article, and the link would lead nowhere."""
    assert "trash" in str(find_link_refusal(url))
    assert find_link_refusal("https://a.example/how-we-trashed/") is None
