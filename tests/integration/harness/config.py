"""The configuration of sluiced as values, and its text."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sla:
    name: str
    rate: str
    burst: str
    layer: str = "L2"
    delay: str | None = None
    kind: str | None = None
    excess_rate: str | None = None
    excess_burst: str | None = None
    peak_rate: str | None = None
    peak_burst: str | None = None
    colour_aware: bool | None = None
    green: str | None = None
    yellow: str | None = None
    red: str | None = None

    def text(self) -> str:
        return _group(**vars(self))


@dataclass(frozen=True)
class Class:
    """match: the text of the group, such as 'dscp = "ef";'."""

    name: str
    match: str | None = None
    police: str | None = None
    level: int | None = None
    weight: int | None = None
    shape: str | None = None
    limit: str | None = None
    limit_time: str | None = None
    ecn: str | None = None
    quota: int | None = None

    def text(self) -> str:
        match = "" if self.match is None else f"match = {{ {self.match} }}; "
        keys = {key: value for key, value in vars(self).items() if key != "match"}
        return "{ " + match + _settings(**keys) + " }"


@dataclass(frozen=True)
class Port:
    name: str
    device: str
    mtu: int = 1500
    police: str | None = None
    shape: str | None = None
    flows: str | None = None  # the text of the group
    vlan: int | None = None
    link: str | None = None
    vf: str | None = None  # the text of the group

    def text(self) -> str:
        groups = "".join(f"{name} = {{ {text} }}; "
                         for name, text in (("flows", self.flows), ("vf", self.vf)) if text)
        return "{ " + groups + _settings(name=self.name, device=self.device, mtu=self.mtu,
                                         police=self.police, shape=self.shape,
                                         vlan=self.vlan, link=self.link) + " }"


@dataclass(frozen=True)
class Router:
    name: str
    ports: tuple[Port, ...]
    core: int = 1
    police_at: str | None = None
    classes: tuple[Class, ...] = ()
    punt: str | None = None  # the text of the group
    share: int | None = None
    provision: bool | None = None
    rescue: str | None = None

    @property
    def netns(self) -> str:
        return self.name

    def text(self) -> str:
        head = _settings(name=self.name, netns=self.netns, core=self.core, share=self.share,
                         police_at=self.police_at, provision=self.provision,
                         rescue=self.rescue)
        head += "" if self.punt is None else f" punt = {{ {self.punt} }};"
        head += "\n    " + _list("classes", self.classes) if self.classes else ""
        ports = ",\n    ".join(port.text() for port in self.ports)
        return "{ " + head + "\n    ports: (\n    " + ports + " ); }"


@dataclass(frozen=True)
class Core:
    core: int
    scheduler: str | None = None
    slice: str | None = None

    def text(self) -> str:
        return _group(**vars(self))


@dataclass(frozen=True)
class Link:
    name: str
    rate: str

    def text(self) -> str:
        return _group(**vars(self))


@dataclass(frozen=True)
class Config:
    slas: tuple[Sla, ...] = ()
    routers: tuple[Router, ...] = field(default=())
    core: int = 0
    cores: tuple[Core, ...] = ()
    links: tuple[Link, ...] = ()

    def text(self, socket: str) -> str:
        control = f'control: {{ core = {self.core}; socket = "{socket}"; }}\n'
        return (control + _list("slas", self.slas) + _list("cores", self.cores)
                + _list("links", self.links) + _list("routers", self.routers))


def _list(name: str, items: tuple[Sla | Router | Class | Core | Link, ...]) -> str:
    """A list setting; none at all when it would be empty."""
    return f"{name}: (\n  " + ",\n  ".join(item.text() for item in items) + " );\n" if items else ""


def _settings(**values: str | int | bool | None) -> str:
    return " ".join(f"{key} = {_value(value)};" for key, value in values.items()
                    if value is not None)


def _value(value: str | int | bool) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def _group(**values: str | int | bool | None) -> str:
    return "{ " + _settings(**values) + " }"
