"""Addresses of databases: what is understood, and what each mistake of a host is answered with."""

import re
from itertools import product
from pathlib import Path

import pytest
from psycopg import pq

from reminder_bot.storage.address import OPTIONS, AddressError, read_address

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("data/bot.sqlite3", "data/bot.sqlite3"),
        ("/var/lib/bot.sqlite3", "/var/lib/bot.sqlite3"),
        ("/a?b/bot.sqlite3", "/a?b/bot.sqlite3"),
        ("/a?x=1/bot.sqlite3", "/a?x=1/bot.sqlite3"),
        ("/100%/a#b/%20/bot.sqlite3", "/100%/a#b/%20/bot.sqlite3"),
        ("/a b/ä/\udcff/bot:1@x.sqlite3", "/a b/ä/\udcff/bot:1@x.sqlite3"),
    ],
)
def test_the_path_of_sqlite_is_taken_as_it_is(path: str, file: str) -> None:
    assert read_address(f"sqlite:///{path}").file == Path(file)


@pytest.mark.parametrize(
    ("rest", "options"),
    [
        ("", {}),
        ("/bot", {"dbname": "bot"}),
        ("db", {"host": "db"}),
        ("bot@/bot", {"user": "bot", "dbname": "bot"}),
        ("db:5433/bot", {"host": "db", "port": "5433", "dbname": "bot"}),
        ("db:/bot", {"host": "db", "dbname": "bot"}),
        ("[::1]:5433/bot", {"host": "::1", "port": "5433", "dbname": "bot"}),
        ("[fe80::1%25eth0]/bot", {"host": "fe80::1%eth0", "dbname": "bot"}),
        ("db1:5432,db2:5433/bot", {"host": "db1,db2", "port": "5432,5433", "dbname": "bot"}),
        ("db1,db2:5433/bot", {"host": "db1,db2", "port": ",5433", "dbname": "bot"}),
        ("/bot?host=/run/postgresql", {"host": "/run/postgresql", "dbname": "bot"}),
        ("%2Frun%2Fpostgresql/bot", {"host": "/run/postgresql", "dbname": "bot"}),
        ("%2Frun:5433/bot", {"host": "/run", "port": "5433", "dbname": "bot"}),
        ("/?host=@abstract&port=6432", {"host": "@abstract", "port": "6432"}),
        ("b%40t:a%3A%2F%40b@db", {"user": "b@t", "password": "a:/@b", "host": "db"}),
        ("bot:a:b@db", {"user": "bot", "password": "a:b", "host": "db"}),
        ("db/bot?sslmode=require", {"host": "db", "dbname": "bot", "sslmode": "require"}),
        ("db?ssl=true", {"host": "db", "sslmode": "require"}),
        ("/?user=bot@tenant&dbname=b", {"user": "bot@tenant", "dbname": "b"}),
        ("/bot?options=-c%20search_path%3Dx", {"dbname": "bot", "options": "-c search_path=x"}),
    ],
)
@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_the_address_of_postgresql_is_read_as_libpq_reads_it(
    scheme: str, rest: str, options: dict[str, str]
) -> None:
    address = read_address(f"{scheme}://{rest}")
    by_libpq = {
        each.keyword.decode(): each.val.decode()
        for each in pq.Conninfo.parse(f"{scheme}://{rest}".encode())
        if each.val
    }

    assert (address.file, address.options) == (None, options)
    assert by_libpq == options


def test_every_option_is_one_of_libpq() -> None:
    known = {each.keyword.decode() for each in pq.Conninfo.get_defaults()}

    # An older libpq, which knows fewer, says so itself.
    assert {name for name in OPTIONS - known if not name.startswith("oauth")} == set()


@pytest.mark.parametrize(
    ("rest", "secrets"),
    [
        ("bot:h%40nter2@db", {"h%40nter2", "h@nter2"}),
        ("bot@db", set()),
        ("db?password=h%40nter2&sslpassword=word", {"h%40nter2", "h@nter2", "word"}),
    ],
)
def test_the_passwords_are_known_as_written_and_as_meant(rest: str, secrets: set[str]) -> None:
    address = read_address(f"postgresql://{rest}")

    assert address.secrets == secrets
    assert not any(secret in repr(address) for secret in secrets)


# Slips in which the password stands where something else belongs, and others.
MALFORMED = [
    *(
        f"{scheme}://bot:{SECRET}@db/bot"
        for scheme in ("mysql", "postgresql+asyncpg", "http", "POSTGRESQL", "", "1", "post gres")
    ),
    *(SECRET, f"bot:{SECRET}", f"db/bot:{SECRET}", f"host=db password={SECRET}"),
    *(f"postgresql:/bot:{SECRET}@db/bot", f"postgresql:bot:{SECRET}@db", f"//bot:{SECRET}@db"),
    f"jdbc:postgresql://bot:{SECRET}@db/bot",
    *(
        f"postgresql://bot:{SECRET}{character}x@db/bot"
        for character in ("/", "?", "#", "@", " ", "\t", "\n", "\r\n", "\0", "\x7f")
    ),
    *(
        f"postgresql://bot:{character}{SECRET}@db/bot"
        for character in ("/", "?", "#", "@", " ", "\n", "%00", "%ff", "\udcff", "?a=", "?sslmode=")
    ),
    *(
        f"postgresql://bot:{SECRET}@{place}/bot"
        for place in (
            *("[::1", "::1]", "::1", "[]", "[db]", "[::1]x", "[1.2.3.4]", "[::1]:x", "x[::1]"),
            *("db:x", "db:0", "db:65536", "db:-1", "db:+1", "db:5432x", "db:5432:5432", "db:１"),
            *("d b", "db!", "db\n", "db,db:x", "db(", "db*", "<db>", "$HOST", "'db'", '"db"'),
            *("db;", "db=", "db\\"),
        )
    ),
    *(f"postgresql://bot:{SECRET}/bot", f"postgresql://bot:{SECRET}", f"postgresql://:{SECRET}"),
    *(f"postgresql://db:5432/bot/{SECRET}", f"postgresql://db/bot@{SECRET}"),
    *(
        f"postgresql://bot:{SECRET}@db/bot?{query}"
        for query in (
            *(
                "sslmode",
                "sslmode=",
                "=1",
                "&",
                "sslmode=require&",
                "sslmode=on",
                "foo=bar",
                "a b=c",
            ),
            *("port=x", "port=0", "port=1,x", "connect_timeout=soon", "keepalives=-1"),
            *("target_session_attrs=rw", "autocommit=1", "row_factory=x", "prepare_threshold=1"),
            *("replication=database", f"x={SECRET}", "sslmode=require\n"),
            *("?sslmode=require", "load_balance_hosts=yes", "channel_binding=1", "SSLMODE=require"),
        )
        if query != "sslmode="  # libpq takes an empty value for the default
    ),
    *(
        f"sqlite:{rest}"
        for rest in (
            *(
                "//",
                "///",
                "////",
                "//:memory:",
                "///:memory:",
                f"//bot:{SECRET}@x",
                "/bot.sqlite3",
            ),
            *("//bot.sqlite3", "bot.sqlite3", "////data/", "///data/", "///file:bot?mode=memory"),
            *("////bot.sqlite3?mode=ro", "////bot.sqlite3?timeout=5&x=1", "////a\0b"),
        )
    ),
]


def test_the_mistakes_are_many_and_different() -> None:
    assert len(set(MALFORMED)) == len(MALFORMED) >= 100


@pytest.mark.parametrize("text", MALFORMED, ids=ascii)
def test_a_mistake_is_one_line_with_a_cure_and_without_the_password(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        read_address(text)

    line = str(caught.value)
    assert SECRET not in line
    assert re.fullmatch(
        r"(is|has|holds|begins|names) [ -~]+: [ -~]*\b(write|use|leave|add)\b.+", line
    )


def test_what_is_not_refused_can_be_read_by_libpq_too() -> None:
    """Each part in each place: no combination ends in another error than AddressError."""
    parts = ("", "db", "bot:word@db", "[::1]:1", "db:x", "%2Frun", "a@b@c", "a:b:c@d,e:1")
    names = ("", "/", "/bot", "/b%40t", "/a/b", "/%00", "/%zz")
    queries = ("", "?", "?sslmode=require", "?host=a,b&port=1", "?foo=1", "?host=%2Frun")

    for part, name, query in product(parts, names, queries):
        url = f"postgresql://{part}{name}{query}"
        try:
            options = read_address(url).options
        except AddressError:
            continue
        if "%zz" not in url:  # libpq refuses a % that is not the beginning of an escape
            by_libpq = pq.Conninfo.parse(url.encode())
            assert {each.keyword.decode(): each.val.decode() for each in by_libpq if each.val} == (
                options
            )
