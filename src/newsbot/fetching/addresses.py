"""Which network addresses may be spoken to.

The ranges come from the IANA special-purpose registries (RFC 6890 and its successors) and from where clouds
serve their machines' secrets. A name is never judged, only the address that the socket is about to use.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

__all__ = ["refusal", "refusal_of_host"]

_NAT64 = ip_network("64:ff9b::/96")
_ISATAP = (0x5EFE, 0x02005EFE)

_METADATA = (
    "169.254.0.0/16",  # link-local: most clouds serve credentials here
    "168.63.129.16/32",  # Azure's wire server
    "100.100.100.200/32",  # Alibaba
    "192.0.0.192/32",  # Oracle
    "fe80::/10",
    "fd00:ec2::/32",  # AWS over IPv6
    "fd20:ce::254/128",  # Google over IPv6
    "fd00:42::42/128",  # Scaleway
)
_PRIVATE = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",  # carriers' shared space
    "::1/128",
    "fc00::/7",
    "fec0::/10",  # site-local, the forerunner of fc00::/7
    "64:ff9b:1::/48",  # a network's own NAT64
)
_SPECIAL = (
    "0.0.0.0/8",  # "this host": Linux takes it for loopback
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",  # unspecified, and the abandoned IPv4-compatible form
    "100::/64",
    "2001::/23",  # Teredo and other tunnels, which can lead to any IPv4 address
    "2001:db8::/32",
    "2002::/16",  # 6to4, likewise
    "3fff::/20",
    "5f00::/16",
    "ff00::/8",
)
# In this order: ::1 lies in ::/96, Oracle's metadata in 192.0.0.0/24, AWS's in fc00::/7.
_RANGES = tuple(
    (word, ip_network(text))
    for word, texts in (("metadata", _METADATA), ("private", _PRIVATE), ("special", _SPECIAL))
    for text in texts
)
_WORDS = {
    "metadata": "a link-local or cloud metadata address",
    "private": (
        "a private or loopback address; "
        "where it is your own, set network.allow_private: true, or add --allow-private"
    ),
    "special": "a multicast, reserved, tunnel or unspecified address",
}


def refusal(address: str, *, allow_private: bool = False) -> str | None:
    """Why ``address`` (as a socket has it) is refused, ``a private or loopback address``; None: it may pass.

    ``allow_private`` lets private and loopback addresses pass, never the others. An IPv6 address that
    carries an IPv4 one (mapped, NAT64, ISATAP) is judged by that.
    """
    judged = _carried(ip_address(address.partition("%")[0]))
    kind = next((word for word, network in _RANGES if judged in network), None)
    return None if kind is None or (kind == "private" and allow_private) else _WORDS[kind]


def refusal_of_host(url: str, *, allow_private: bool = False) -> str | None:
    """The same where a URL's host tells it by itself; None for a name, which only asking would tell."""
    try:
        host = (urlsplit(url).hostname or "").lower()
        local = host == "localhost" or host.endswith(".localhost")
        return refusal("127.0.0.1" if local else host, allow_private=allow_private)
    except ValueError:
        return None


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64 or int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
