"""The database's versions, one file each in `versions/`; every change is additive, so that the
previous release runs on while a new one is rolled out. HEAD is the newest: known without loading
Alembic, which costs a start 10 MiB and is only needed when there is something to do."""

HEAD = "0003"
