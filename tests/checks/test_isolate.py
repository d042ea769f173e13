"""Nothing outlives configs/isolate.sh, whatever ends it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ISOLATE = ROOT / "configs" / "isolate.sh"
# A network namespace, a cable, a TAP that outlives its maker, a socket file, and processes: one
# that left its session, one that ignores every signal it may ignore.
WORLD = """
ip netns add inner
ip link add {mark} type veth peer name eth0 netns inner
ip -n inner tuntap add mode tap name tap0
touch /run/{mark}.sock
setsid sleep 1000.{digits} &
sh -c 'trap "" TERM INT HUP; while :; do sleep 1000.{digits}; done' &
echo ready
wait
"""


def processes(digits: str) -> list[str]:
    """Command lines that carry the mark of a world."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"1000.{digits}" in command:
            found.append(command)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left(number: int) -> None:
    digits = f"{os.getpid()}{number}"
    mark = f"w{digits}"[:15]
    # a caller under nohup would hand down that SIGHUP is ignored
    world = subprocess.Popen(["env", "--default-signal", ISOLATE, "sh", "-c",
                              WORLD.format(mark=mark, digits=digits)], stdout=subprocess.PIPE,
                             text=True, start_new_session=True)
    assert world.stdout and world.stdout.readline() == "ready\n"
    assert len(processes(digits)) >= 2
    if number == signal.SIGINT:
        os.killpg(world.pid, number)  # Ctrl-C goes to everybody in the foreground
    else:
        world.send_signal(number)
    assert world.wait(timeout=10) != 0
    deadline = time.monotonic() + 5
    while processes(digits) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes(digits) == []
    assert not Path(f"/sys/class/net/{mark}").exists()
    assert not Path("/run/netns/inner").exists()
    assert not Path(f"/run/{mark}.sock").exists()


def test_exit_status_and_input_pass_through() -> None:
    done = subprocess.run([ISOLATE, "sh", "-c", "read -r status; exit $status"], input="7\n",
                          text=True)
    assert done.returncode == 7


@pytest.mark.parametrize("args", [["--seconds"], ["--seconds", "x"], ["--seconds", "2"],
                                  ["--what"]])
def test_demo_explains_itself(args: list[str]) -> None:
    done = subprocess.run([ROOT / "configs" / "demo.sh", *args], text=True, capture_output=True)
    assert done.returncode == 2
    assert "--keep" in done.stderr and done.stdout == ""


def test_demo_refuses_to_enter_nothing() -> None:
    done = subprocess.run([ROOT / "configs" / "demo.sh", "--enter"], text=True,
                          capture_output=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
