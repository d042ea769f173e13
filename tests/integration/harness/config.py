"""The configuration of sluiced as values, and its text."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sla:
    name: str
    rate: str
    burst: str
    layer: str = "L2"
    delay: str | None = None

    def text(self) -> str:
        return _group(name=self.name, rate=self.rate, burst=self.burst, layer=self.layer,
                      delay=self.delay)


@dataclass(frozen=True)
class Port:
    name: str
    device: str
    mtu: int = 1500
    police: str | None = None
    shape: str | None = None

    def text(self) -> str:
        return _group(name=self.name, device=self.device, mtu=self.mtu, police=self.police,
                      shape=self.shape)


@dataclass(frozen=True)
class Router:
    name: str
    ports: tuple[Port, ...]
    core: int = 1
    police_at: str | None = None

    @property
    def netns(self) -> str:
        return self.name

    def text(self) -> str:
        head = _settings(name=self.name, netns=self.netns, core=self.core,
                         police_at=self.police_at)
        ports = ",\n    ".join(port.text() for port in self.ports)
        return "{ " + head + "\n    ports: (\n    " + ports + " ); }"


@dataclass(frozen=True)
class Config:
    slas: tuple[Sla, ...] = ()
    routers: tuple[Router, ...] = field(default=())
    core: int = 0

    def text(self, socket: str) -> str:
        control = f'control: {{ core = {self.core}; socket = "{socket}"; }}\n'
        return control + _list("slas", self.slas) + _list("routers", self.routers)


def _list(name: str, items: tuple[Sla, ...] | tuple[Router, ...]) -> str:
    """A list setting; none at all when it would be empty."""
    return f"{name}: (\n  " + ",\n  ".join(item.text() for item in items) + " );\n" if items else ""


def _settings(**values: str | int | None) -> str:
    words = [f'{key} = "{value}";' if isinstance(value, str) else f"{key} = {value};"
             for key, value in values.items() if value is not None]
    return " ".join(words)


def _group(**values: str | int | None) -> str:
    return "{ " + _settings(**values) + " }"
