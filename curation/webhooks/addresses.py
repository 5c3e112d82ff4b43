"""Which addresses a message may go to: by name when an endpoint is kept, by number when it is connected to."""

import ipaddress
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Addresses that stand for another one, which a network may translate them to; those that no host has; and those of the
# link, at which clouds hand a machine the keys of its account, with the others that they do so at.
NEVER: list[Network] = [
    ipaddress.ip_network(one)
    for one in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
        "192.88.99.0/24",
        "240.0.0.0/4",
        "::/128",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/32",
        "2002::/16",
        "fe80::/10",
        "fd00:ec2::254/128",
        "fec0::/10",
    )
]
# What one release of Python counts among the networks of the world and another does not.
RESERVED: list[Network] = [
    ipaddress.ip_network(one)
    for one in ("100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "2001::/23", "2001:db8::/32", "3fff::/20")
]
# The only part of IPv6 that was ever given to networks of the world.
WORLD = ipaddress.ip_network("2000::/3")
LONGEST = 500


def plain(address: str) -> Address:
    """Return an address as what it stands for: an IPv4 address that is written as an IPv6 one is itself.

    Raises `ValueError` for what is none.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        # As it was written before that; the two lowest are nobody and oneself.
        if int(found) >> 32 == 0 and int(found) > 1:
            return ipaddress.IPv4Address(int(found))
    return found


def may_connect(address: str, *, to_private: bool) -> bool:
    """Whether a message may go to the host with this number.

    Never to many hosts at once, to none, to a number that stands for another, or to the link of this machine; to a host
    of a private network or to this machine only with `to_private`.
    """
    try:
        found = plain(address)
    except ValueError:
        return False
    if found.is_multicast or found.is_unspecified or _in(NEVER, found):
        return False
    if to_private:
        return True
    if _in(RESERVED, found) or (isinstance(found, ipaddress.IPv6Address) and found not in WORLD):
        return False
    return found.is_global and not (found.is_private or found.is_loopback or found.is_link_local or found.is_reserved)


def _in(networks: list[Network], address: Address) -> bool:
    return any(address in one for one in networks if one.version == address.version)


def may_be_called(url: str) -> bool:
    """Whether a server that may be private may be asked at this URL: any name, and a number that `may_connect`.

    A name beyond ASCII is written as the Domain Name System has it. There is no part behind a `#`.
    """
    if not _is_plain(url):
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.fragment or "#" in url or port == 0:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return may_connect(host, to_private=True)


def may_be_kept(url: str, *, to_private: bool) -> bool:
    """Whether a message may be sent to this URL, as far as it tells by itself.

    It has a scheme and a host, HTTPS unless `to_private`, no name and password, no part behind a `#`, and nothing but
    letters that a request line may hold. A host that is written as a number is one that `may_connect`.
    """
    if len(url) > LONGEST or not _is_plain(url):
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in ({"https", "http"} if to_private else {"https"}):
        return False
    if not host or "@" in parts.netloc or parts.fragment or port == 0:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return to_private or not (host == "localhost" or host.endswith(".localhost"))
    return may_connect(host, to_private=to_private)


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url and "\\" not in url
