"""Routers between two hosts each, and a daemon whose file changes under it."""

from .config import Config, Core, Link, Port, Router, Sla
from .host import Host
from .proc import run
from .site import Site
from .udp import UdpCounter, UdpStream
from .wait import until

WATCHED_PORT = 9001


class Tenant:
    """A router between two hosts, with neighbours that everybody knows for good."""

    def __init__(self, site: Site, name: str, number: int) -> None:
        self.site, self.name, self.number = site, name, number
        self.left = self._host("left", 0)
        self.right = self._host("right", 1)
        if name not in site.namespaces:
            site.tenant(name)

    def _host(self, side: str, net: int) -> Host:
        prefix = f"10.{self.number}.{net}"
        return self.site.host(f"{self.name}-{side}", f"{prefix}.10/24", f"{prefix}.1")

    def router(self, police: str | None = None, shape: str | None = None, link: str | None = None,
               wan: Port | None = None, **rest) -> Router:
        """wan: instead of the port to the left."""
        return Router(self.name, (wan or Port("wan0", f"kernel:{self.left.peer}", police=police),
                                  Port("lan0", f"kernel:{self.right.peer}", shape=shape,
                                       link=link)), **rest)

    def addresses(self) -> dict[str, str]:
        return {"wan0": f"10.{self.number}.0.1/24", "lan0": f"10.{self.number}.1.1/24"}

    def configure(self) -> None:
        """What the tenant's own tools do once the twins are there; then no ARP packet follows."""
        namespace = self.site.namespaces[self.name]
        for (port, address), host in zip(self.addresses().items(), (self.left, self.right)):
            namespace.ip("addr", "replace", address, "dev", port)
            namespace.ip("link", "set", port, "up")
            namespace.ip("neigh", "replace", host.address, "lladdr", host.mac("eth0"), "dev", port,
                         "nud", "permanent")
            host.ip("neigh", "replace", address.split("/")[0], "lladdr", namespace.mac(port),
                    "dev", "eth0", "nud", "permanent")
        self.site.settle_neighbours(self.name)

    def pings(self) -> bool:
        return self.left.ping(self.right.address).all_came_back

    def policed(self) -> tuple[int, int]:
        port = self.site.counters(self.name).ports["wan0"]
        return port["police_pass_pkts"], port["police_drop_pkts"]


class Watched:
    """A stream through a tenant that must not lose a packet, and counters that must go on."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.sink = UdpCounter(tenant.right, WATCHED_PORT)
        self.stream = UdpStream(tenant.left, tenant.right.address, WATCHED_PORT)
        self.before = self.counters()
        self.ifindex = self.twin()

    def counters(self) -> int:
        return self.tenant.site.counters(self.tenant.name).ports["wan0"]["rx_pkts"]

    def twin(self) -> int:
        assert self.tenant.site.daemon
        ports = self.tenant.site.daemon.show("ports", self.tenant.name)
        return next(row["twin_ifindex"] for row in ports if row["name"] == "wan0")

    def check(self) -> None:
        """The stream goes on, the twin is the same, and counters have not begun anew."""
        sent, count = self.stream.sent, self.counters()
        assert self.twin() == self.ifindex
        assert count >= self.before
        until(lambda: self.stream.sent > sent and self.counters() > count, "the stream goes on")

    def finish(self, lost: int = 0) -> None:
        sent = self.stream.stop()
        until(lambda: self.sink.received() == sent - lost, f"all but {lost} of {sent} arrived")
        self.sink.close()


class Reloads:
    """The file of a running daemon, and its reloads."""

    def __init__(self, site: Site, slas: tuple[Sla, ...], links: tuple[Link, ...] = ()) -> None:
        self.site, self.slas, self.links = site, slas, links

    def write(self, *routers: Router, slas: tuple[Sla, ...] | None = None,
              cores: tuple[Core, ...] = (), core: int = 0) -> None:
        assert self.site.daemon
        config = Config(self.slas if slas is None else slas, routers, core, cores, self.links)
        self.site.daemon.file.write_text(config.text(str(self.site.daemon.socket_path)))

    def run(self, *routers: Router, slas: tuple[Sla, ...] | None = None) -> str:
        """Puts routers in force; returns what the client printed."""
        self.write(*routers, slas=slas)
        assert self.site.daemon
        output = self.site.daemon.client("reload")
        self.site.routers = {router.name: router for router in routers}
        return output

    def failed(self, *routers: Router, slas: tuple[Sla, ...] | None = None) -> list[str]:
        """Has routers fail that pass every check; returns the client's lines."""
        self.write(*routers, slas=slas)
        assert self.site.daemon
        done = run(self.site.bin_dir / "sluice", "-s", self.site.daemon.socket_path, "reload",
                   check=False)
        assert done.returncode == 1
        return done.stdout.splitlines()

    def refused(self, text: str | None = None) -> str:
        """Has what is written, or a text, refused; returns the client's sentence."""
        assert self.site.daemon
        if text is not None:
            self.site.daemon.file.write_text(text)
        output = self.site.daemon.client("reload", check=False)
        assert output.startswith("sluice: ") and output.count("\n") == 1, output
        return output
