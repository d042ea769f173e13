"""Cost against one number: the rows of a group differ in it and are held to the first of them."""

import os

from rows import Group, Row, flow_destinations, flows_setup, hot, routes_row, sluiced
from sluiced import Setup

PACKETS = 4096
FRAME_BYTES = (64, 128, 256, 512, 1024, 1280, 1518)  # RFC 2544
CLASS_QUOTA_PKTS = 256
QUEUES_MAX = 63  # of classes


def flows_row(flows: int, packets: int) -> Row:
    return Row(f"sluiced, {flows} flows, {packets} packets",
               lambda: flow_destinations(flows, packets),
               sluiced(lambda: flows_setup(flows, flow_rate="400G", flow_burst="1M",
                                           pool_pkts=packets)))


def classes_row(classes: int) -> Row:
    """Each class has a policer and a queue, and gets its share of the packets. A port has 64 queues
    with the kernel's, so that the last class shares that of the default class."""
    police, queue = 'police = "class";', f"weight = 1; quota = {CLASS_QUOTA_PKTS};"
    rules = [f'{{ name = "c{i}"; match = {{ dscp = {i}; }}; {police} '
             f'{queue if i < QUEUES_MAX else ""} }}' for i in range(1, classes)]
    text = "( " + ", ".join(rules + [f'{{ name = "default"; {police} {queue} }}']) + " )"
    return hot(f"sluiced, {classes} classes",
               sluiced(lambda: Setup(classes=text, class_police="400G")), dscps=classes)


def size_row(frame_bytes: int) -> Row:
    return hot(f"sluiced, {frame_bytes} B", sluiced(Setup), frame_bytes=frame_bytes)


def routers_row(routers: int) -> Row:
    return hot(f"sluiced, {routers} routers on the core",
               sluiced(lambda: Setup(routers=routers)), ports=routers)


def cores_row(cores: int) -> Row:
    return hot(f"sluiced, {cores} forwarding cores",
               sluiced(lambda: Setup(routers=cores, own_cores=True)), ports=cores, cores=cores)


def ends(values: list[int], quick: bool) -> list[int]:
    return [values[0], values[-1]] if quick else values


def scaling_groups(quick: bool) -> list[Group]:
    spare = max(len(os.sched_getaffinity(0)) - 1, 2)  # two: the row says what it needs
    return [
        Group("routes", [routes_row(10 ** power, PACKETS)
                         for power in ends(list(range(7)), quick)]),
        Group("classes", [classes_row(n) for n in ends([1, 4, 16, 64], quick)]),
        Group("flows", [flows_row(n, max(n, PACKETS))
                        for n in ends([1, 16, 256, 4096, 65536], quick)]),
        Group("routers", [routers_row(n) for n in ends([1, 2, 4, 8, 16], quick)]),
        Group("frame size", [size_row(n) for n in ends(list(FRAME_BYTES), quick)]),
        Group("cores", [cores_row(2 ** i) for i in range(spare.bit_length())], None),
    ]
