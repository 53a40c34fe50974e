"""A real pgbouncer in front of a test's PostgreSQL, in transaction mode: all its clients share two
connections to the server.

pgbouncer refuses to run as root. There, it runs as `nobody`.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from tests.support.ports import reserved_port
from tests.support.postgres import Postgres
from tests.support.waiting import until_in_thread

__all__ = ["SERVERS", "Pgbouncer"]

SERVERS = 2


class Pgbouncer:
    """One pgbouncer. Tests of a proxy that goes away use `stop`, and `start` again."""

    def __init__(self, server: Postgres) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="reminder-bot-pgbouncer-"))
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        self.port = reserved_port()
        (self._folder / "users").write_text('"postgres" ""\n')
        (self._folder / "settings").write_text(
            f"""[databases]
            * = host=127.0.0.1 port={server.port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {self.port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {self._folder / "users"}
            pool_mode = transaction
            default_pool_size = {SERVERS}
            server_login_retry = 1
            """
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program is not None
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [program, self._folder / "settings"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
            )
        until_in_thread(
            lambda: self._answers() or self._process is None or self._process.poll() is not None,
            "pgbouncer to start",
            details=self._log_end,
        )
        if self._process.poll() is not None:
            raise RuntimeError(f"pgbouncer does not start: {self._log_end()}")

    def _log_end(self) -> str:
        return (self._folder / "log").read_text()[-2000:]

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """Kill the process, which also ends the connections of its clients."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
