"""Where something listens or connects from, as people write it, and whether that is this machine."""

from __future__ import annotations

import ipaddress

#: The usual ports, which nobody has registered: of frames as they are, and of frames inside TLS.
PLAIN_PORT, TLS_PORT = 7700, 7743


def endpoint(host: str, port: int) -> str:
    """`127.0.0.1:7700`, and `[::1]:7700`, where the colons of the address need brackets (RFC 3986, section 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(address: str) -> bool:
    """Whether what is sent to this IP address stays on this machine; False for what is no IP address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
