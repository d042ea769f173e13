"""Cables with a hub in them.

The hub is a bridge: when it stops, both ends keep their carrier and only BFD can tell; when its
ports go down, both ends lose their carrier.
"""

from .netns import OFFLOADS
from .proc import run
from .site import Site


def cable(site: Site, name: str, ends: tuple[str, str], group: int = 0) -> None:
    """Joins the devices v-END of this namespace; the hub's ports are h-END, of a device group."""
    site.cables += [f"hub-{name}", *(f"h-{end}" for end in ends)]
    run("ip", "link", "add", f"hub-{name}", "type", "bridge", "mcast_snooping", "0")
    for end in ends:
        run("ip", "link", "add", f"v-{end}", "type", "veth", "peer", "name", f"h-{end}")
        for device in (f"v-{end}", f"h-{end}"):
            run("ethtool", "-K", device, *(word for o in OFFLOADS for word in (o, "off")))
        run("ip", "link", "set", f"h-{end}", "group", str(group))
        run("ip", "link", "set", f"h-{end}", "master", f"hub-{name}", "up")
        run("ip", "link", "set", f"v-{end}", "up")
    run("ip", "link", "set", f"hub-{name}", "up")


def silence(name: str) -> None:
    """Nothing passes any more, and nobody is told."""
    run("ip", "link", "set", f"hub-{name}", "down")


def mend(name: str, ends: tuple[str, str]) -> None:
    """As before."""
    for end in ends:
        run("ip", "link", "set", f"h-{end}", "up")
    run("ip", "link", "set", f"hub-{name}", "up")
