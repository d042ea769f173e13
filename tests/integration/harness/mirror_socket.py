"""The netlink socket by which sluiced follows a namespace, from outside."""

import ctypes
import os
import socket
from pathlib import Path

from .netns import Namespace

PIDFD_GETFD = 438  # <asm/unistd.h>; the module does not name it
RTMGRP_IPV4_ROUTE = 0x40


def _inodes(namespace: Namespace) -> set[str]:
    """Sockets that listen to the routes of a namespace."""
    rows = [line.split() for line in namespace.run("cat", "/proc/net/netlink").stdout.splitlines()]
    inode, groups = rows[0].index("Inode"), rows[0].index("Groups")
    return {row[inode] for row in rows[1:] if int(row[groups], 16) & RTMGRP_IPV4_ROUTE}


def shrink(pid: int, namespace: Namespace, room_bytes: int) -> None:
    """Gives the socket of a process that listens to a namespace's routes a small buffer."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(namespace)}
    fds = [int(link.name) for link in Path(f"/proc/{pid}/fd").iterdir()
           if os.readlink(link) in wanted]
    assert len(fds) == 1, fds
    pidfd = os.pidfd_open(pid)
    fd = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd, fds[0], 0)
    os.close(pidfd)
    assert fd >= 0, os.strerror(ctypes.get_errno())
    with socket.socket(fileno=fd) as mirror:
        mirror.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room_bytes)
