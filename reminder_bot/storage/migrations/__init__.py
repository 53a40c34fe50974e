"""The revisions of the database, one file each in `versions/`.

Every change is additive, so that the previous release keeps running while a new one is rolled out.
HEAD is the newest revision. It stands here so that a start does not need Alembic to know it, which
takes 10 MiB of memory and is only needed for an upgrade.
"""

HEAD = "0005"
