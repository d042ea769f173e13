"""Real traffic between the demo's hosts: iperf3 and ping."""

import json
import re
import subprocess

from counters import Tenant

UDP_PAYLOAD_BYTES = 1472  # 1518 byte frames
FRAME_BYTES = UDP_PAYLOAD_BYTES + 8 + 20 + 14 + 4
UDP_PORT, TCP_PORT = 5201, 5202


def inside(namespace: str, *argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(["ip", "netns", "exec", namespace, *argv], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def serve(tenant: Tenant) -> list[subprocess.Popen[str]]:
    """iperf3 servers that end with the demo."""
    return [inside(tenant.server, "iperf3", "--server", "--port", str(port))
            for port in (UDP_PORT, TCP_PORT)]


class Udp:
    """A UDP upload at a rate of layer L2."""

    def __init__(self, tenant: Tenant, rate_bps: float, seconds: int) -> None:
        payload_bps = int(rate_bps * UDP_PAYLOAD_BYTES / FRAME_BYTES)
        self._child = inside(tenant.client, "iperf3", "--client", tenant.server_address,
                             "--port", str(UDP_PORT), "--udp", "--bitrate", str(payload_bps),
                             "--length", str(UDP_PAYLOAD_BYTES), "--time", str(seconds), "--json")

    def result(self) -> tuple[int, int]:
        """Packets sent and lost, as the two ends of iperf3 saw them."""
        report = _report(self._child)
        total = report["end"]["sum"]
        return total["packets"], total["lost_packets"]


class Tcp:
    """A TCP download."""

    def __init__(self, tenant: Tenant, seconds: int) -> None:
        self._child = inside(tenant.client, "iperf3", "--client", tenant.server_address,
                             "--port", str(TCP_PORT), "--reverse", "--time", str(seconds),
                             "--json")

    def payload_bps(self) -> float:
        return _report(self._child)["end"]["sum_received"]["bits_per_second"]


class Ping:
    """Ten echo requests per second."""

    def __init__(self, tenant: Tenant, seconds: int) -> None:
        self._child = inside(tenant.client, "ping", "-n", "-q", "-i", "0.1", "-c",
                             str(seconds * 10), tenant.server_address)

    def summary(self) -> str:
        text, _ = self._child.communicate()
        loss = re.search(r"(\S+)% packet loss", text)
        times = re.search(r"= (\S+)/(\S+)/(\S+)/", text)
        if not loss or not times:
            raise RuntimeError(f"ping failed: {text.strip()}")
        return f"{loss[1]} % lost, round trip {times[1]} / {times[2]} / {times[3]} ms min/avg/max"


def _report(child: subprocess.Popen[str]) -> dict:
    text, _ = child.communicate()
    try:
        report = json.loads(text[text.index("{"):])
    except ValueError as error:
        raise RuntimeError(f"iperf3 gave no report: {text.strip()[:300]!r}") from error
    if "error" in report:
        raise RuntimeError(f"iperf3 failed: {report['error']}")
    return report
