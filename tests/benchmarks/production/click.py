"""Stands in for Click, so that programs of the benchmarks import what they import in production.

python-telegram-bot imports httpx, which imports its own command line where Click is installed. The
development tools bring Click. An installation without them does not have it, and needs 6 to 12 MiB
less.
"""

raise ImportError("Click is not installed in production")
