"""When the tests of storage take place."""

from datetime import UTC, datetime

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
