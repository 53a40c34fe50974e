"""Files and directories that only the bot's user may read.

What people wrote is in the database, in its journals and backups; the token is beside them. So each
file is made with mode 0600 and each directory with 0700, whatever the umask is and whatever a
directory's default ACL would allow. A file that was there before is left alone unless it is known
to be the bot's own (`make_private`).
"""

import contextlib
import os
import stat
from errno import ENOTDIR
from pathlib import Path

__all__ = ["make_private", "make_private_folder", "private_opener"]


def private_opener(path: str, flags: int) -> int:
    """For `open(…, opener=private_opener)`: a file that it creates has mode 0600."""
    return os.open(path, flags, 0o600)


def make_private_folder(folder: Path) -> None:
    """Create a directory and its missing parents with mode 0700. Raises OSError."""
    missing = []
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process was faster
            os.mkdir(each, 0o700)
    if not missing and not folder.is_dir():
        raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR), str(folder))


def make_private(file: Path) -> None:
    """Set the mode of one of the bot's own files to 0600, if it is there and can be read by others.

    Raises nothing: a file of another user cannot be changed.
    """
    with contextlib.suppress(OSError):
        mode = file.stat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            file.chmod(0o600)
