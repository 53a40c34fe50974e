"""Ports for servers that can't be started on port 0, or that must come back on the same one.

A port that was free a moment ago may be taken by the next connection that any process opens, or by
another test process that looks for one. So these ports are outside the range from which the kernel
takes the ports of connections, and each is reserved for the lifetime of this process, by the name
of an abstract socket, which leaves no file.
"""

import os
import socket
from pathlib import Path

__all__ = ["reserved_port"]

LOWEST, HIGHEST = 10_000, 65_535
_held: list[socket.socket] = []


def reserved_port() -> int:
    """A port of 127.0.0.1 on which nobody listens; it is not given to another test process."""
    ports = _outside_of_connections()
    for number in range(len(ports)):
        # Test processes begin with different ports, so that they seldom try the same one.
        port = ports[(os.getpid() * 97 + number) % len(ports)]
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0reminder-bot-tests-{port}")
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        _held.append(name)
        return port
    raise RuntimeError(f"none of {len(ports)} ports is free")


def _outside_of_connections() -> range:
    """The ports below those that the kernel gives to connections, or above if those are more."""
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    below, above = range(LOWEST, first), range(last + 1, HIGHEST + 1)
    return below if len(below) >= len(above) else above
