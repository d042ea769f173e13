"""Sends frames out of a device, over and over, at a rate: many with one system call.

    python3 sendmmsg.py DEVICE FILE PPS SECONDS

FILE has the frames, each behind its length of two bytes. Writes how many were sent.
"""

import ctypes
import os
import socket
import struct
import sys
import time

BATCH = 256  # messages of one call
SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint),
                ("iov", ctypes.POINTER(Iovec)), ("iovlen", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", Msghdr), ("len", ctypes.c_uint)]


def messages(frames: list[bytes]) -> "ctypes.Array[Mmsghdr]":
    """Headers that lead to the frames."""
    headers = (Mmsghdr * len(frames))()
    headers.kept = []  # type: ignore[attr-defined]
    for frame, header in zip(frames, headers):
        buffer = ctypes.create_string_buffer(frame, len(frame))
        vector = Iovec(ctypes.addressof(buffer), len(frame))
        header.hdr.iov, header.hdr.iovlen = ctypes.pointer(vector), 1
        headers.kept += [buffer, vector]  # type: ignore[attr-defined]
    return headers


def send(device: str, frames: list[bytes], pps: int, seconds: float) -> int:
    headers = messages(frames)
    libc = ctypes.CDLL(None, use_errno=True)
    sent, at, begin = 0, 0, time.monotonic()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
        raw.bind((device, 0))
        while (elapsed := time.monotonic() - begin) < seconds:
            if sent > elapsed * pps:
                time.sleep(0.0002)
                continue
            first = ctypes.byref(headers, at * ctypes.sizeof(Mmsghdr))
            done = libc.sendmmsg(raw.fileno(), first, min(BATCH, len(headers) - at), 0)
            if done < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            sent += done
            at = (at + done) % len(headers)
    return sent


def main() -> None:
    device, path, pps, seconds = sys.argv[1:]
    data, frames = open(path, "rb").read(), []
    while data:
        size, = struct.unpack_from("!H", data)
        frames.append(data[2:2 + size])
        data = data[2 + size:]
    print(send(device, frames, int(pps), float(seconds)))


if __name__ == "__main__":
    main()
