"""The ports of test servers: each is given to one process only, and no connection takes it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.ports import reserved_port
from tests.support.world import ROOT

# It looks where this process looks first.
OTHER = """
import os, sys
os.getpid = lambda: int(sys.argv[1])
from tests.support.ports import reserved_port
print(reserved_port())
"""


def test_another_test_process_gets_another_port() -> None:
    mine = reserved_port()

    command = [sys.executable, "-c", OTHER, str(os.getpid())]
    theirs = subprocess.check_output(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True
    )

    assert int(theirs) != mine
    assert reserved_port() != mine


def test_a_reserved_port_is_none_that_the_kernel_gives_to_connections() -> None:
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())

    assert not first <= reserved_port() <= last
