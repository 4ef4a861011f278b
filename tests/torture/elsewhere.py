"""A network of its own, whose one way out leads nowhere and is listened at."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

NETWORK = 0x40000000  # CLONE_NEWNET
EVERYTHING = socket.htons(3)  # ETH_P_ALL
IPV4, IPV6, TRANSPORTS = 0x0800, 0x86DD, (6, 17)
WAY_OUT = """
ip link set lo up
ip link add near type veth peer name far
ip addr add 198.51.100.2/24 dev near
ip -6 addr add 2001:db8::2/64 dev near nodad
ip link set near up
ip link set far up
ip neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev near nud permanent
ip -6 neigh add 2001:db8::1 lladdr 02:00:00:00:00:01 dev near nud permanent
ip route add default via 198.51.100.1
ip -6 route add default via 2001:db8::1
"""
Result = TypeVar("Result")


@dataclass
class Elsewhere:
    """``left`` are the addresses and ports of what was sent out, over any transport."""

    place: Path
    left: list[str] = field(default_factory=list)

    def within(self, *command: str) -> list[str]:
        """The command as it runs there; its children do too, whatever their environment is."""
        return ["nsenter", f"--net={self.place}", *command]

    def do(self, what: Callable[[], Result]) -> Result:
        """In a thread whose sockets are there."""
        with ThreadPoolExecutor(1, initializer=self._enter) as thread:
            return thread.submit(what).result()

    def listen(self) -> None:
        """Notes what is sent, until the process ends or the network is gone."""
        self._enter()
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, EVERYTHING) as ear:
            ear.bind(("far", 0))
            while True:
                try:
                    frame = ear.recv(2048)
                except OSError:
                    return
                self.left += filter(None, [destination(frame)])

    def _enter(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with self.place.open() as network:
            if libc.setns(network.fileno(), NETWORK):
                raise OSError(ctypes.get_errno(), "setns")


def destination(frame: bytes) -> str:
    """Where an Ethernet frame with TCP or UDP in it is sent, "" for the network's own chatter."""
    (kind,) = struct.unpack_from("!H", frame, 12)
    if kind == IPV4 and frame[23] in TRANSPORTS:
        (port,) = struct.unpack_from("!H", frame, 14 + (frame[14] & 15) * 4 + 2)
        return f"{socket.inet_ntop(socket.AF_INET, frame[30:34])}:{port}"
    if kind == IPV6 and frame[20] in TRANSPORTS:
        (port,) = struct.unpack_from("!H", frame, 56)
        return f"[{socket.inet_ntop(socket.AF_INET6, frame[38:54])}]:{port}"
    return ""


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    if os.getuid() or not all(map(shutil.which, ("ip", "unshare", "nsenter"))):
        pytest.skip("a network of its own takes root, iproute2 and util-linux")
    script = f"set -e{WAY_OUT}echo ready; exec sleep infinity"
    holder = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stderr is not None
    try:
        if holder.stdout.readline() != "ready\n":
            pytest.skip(f"this kernel gives no network of its own: {holder.stderr.read().strip()}")
        network = Elsewhere(Path(f"/proc/{holder.pid}/ns/net"))
        threading.Thread(target=network.listen, daemon=True).start()
        yield network
    finally:
        holder.kill()
        holder.communicate()
