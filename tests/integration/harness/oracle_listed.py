"""Where sluice differs from Linux on purpose, and the RFC that allows it."""

import re

# Patterns of whole kinds. Every kind that one matches must really differ.
LISTED: dict[str, str] = {
    r"4-source-(0\.1\.2\.3|class-e)":
        "RFC 1812 5.3.7: a packet from network 0 or class E should not be forwarded, and the check "
        "must be on by default; Linux forwards it",
    r"4-(udp|ping)-to-(0\.1\.2\.3|class-e)":
        "RFC 1812 5.3.7: nor one to network 0 or class E; Linux looks for a route",
    r"4-padded-to-60":
        "RFC 894: padding up to the shortest frame is not part of the packet; Linux takes it off",
    r"6-padded-to-60":
        "RFC 2464 3: padding octets may follow up to the minimum frame size; Linux takes them off",
    r"6-from-neighbour-to-neighbour":
        "RFC 4861 8.2: a router should tell of a better next hop; redirects are off",
    r"6-source-unspecified-back":
        "RFC 4291 2.5.2: a packet from the unspecified address must never be forwarded; Linux does "
        "when it leaves where it came in",
    r"6-(udp|ping)-to-unspecified":
        "RFC 4291 2.5.2: the unspecified address must not be a destination; Linux looks it up",
}


def reason(kind: str) -> str | None:
    """Why a kind may differ; None when it may not."""
    for pattern, why in LISTED.items():
        if re.fullmatch(pattern, kind):
            return why
    return None


def is_listed(frame: bytes) -> bool:
    """Whether a frame is of a listed kind; for frames that nobody has named."""
    if frame[12:14] == b"\x08\0":
        first = (frame[26:27], frame[30:31])
        return len(frame) == 60 or any(octet == b"\0" or octet >= b"\xf0" for octet in first)
    return len(frame) == 60 or bytes(16) in (frame[22:38], frame[38:54])
