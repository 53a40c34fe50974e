"""What the host may set, and what is said when it is wrong."""

import os
import pwd
import re
from pathlib import Path
from typing import Any

import pytest

from reminder_bot.settings import Settings, SettingsError
from reminder_bot.storage.address import read_address

TOKEN = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz_-0123456"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A host who has set nothing: an empty directory, an empty home, no variable of ours."""
    for name in list(os.environ):
        if name.upper().startswith("REMINDER_BOT_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def load(monkeypatch: pytest.MonkeyPatch, **values: Any) -> Settings:
    """The settings with variables set: log_level="info" sets REMINDER_BOT_LOG_LEVEL."""
    for name, value in values.items():
        monkeypatch.setenv(f"REMINDER_BOT_{name.upper()}", str(value))
    return Settings.load()


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = Settings.load()

    assert settings.token is None
    assert settings.data_dir == tmp_path / "home/.local/share/reminder-bot"
    assert settings.database_url == f"sqlite:///{settings.data_dir}/reminder-bot.sqlite3"
    assert settings.api_base_url == "https://api.telegram.org"
    assert settings.proxy is None
    assert settings.allowed_users == frozenset()
    assert (settings.send_rate, settings.paid_broadcast) == (30, False)
    assert (settings.log_level, settings.log_format, settings.clock_file) == ("INFO", "text", None)
    assert settings.warnings == ()


def test_everything_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = load(
        monkeypatch,
        token=TOKEN,
        database_url="postgresql://bot:secret@db/bot",
        data_dir="~/data",
        api_base_url="http://127.0.0.1:8081/",
        proxy="https://ana:secret@localhost:3128",
        allowed_users="12345, 67890,",
        send_rate=1000,
        paid_broadcast="true",
        log_level="debug",
        log_format="JSON",
        clock_file="clock",
    )

    assert settings.token is not None
    assert settings.token == TOKEN
    assert settings.database_url == "postgresql://bot:secret@db/bot"
    assert settings.data_dir == tmp_path / "home/data"
    assert settings.api_base_url == "http://127.0.0.1:8081"
    assert settings.proxy == "https://ana:secret@localhost:3128"
    assert settings.allowed_users == {12345, 67890}
    assert (settings.send_rate, settings.paid_broadcast) == (1000, True)
    assert (settings.log_level, settings.log_format) == ("DEBUG", "json")
    assert settings.clock_file == tmp_path / "clock"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, token="", log_level="").log_level == "INFO"


def test_the_environment_goes_before_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("REMINDER_BOT_LOG_LEVEL=ERROR\nREMINDER_BOT_LOG_FORMAT=json\n")

    settings = load(monkeypatch, log_level="DEBUG")

    assert (settings.log_level, settings.log_format) == ("DEBUG", "json")


def test_xdg_moves_the_data_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))

    assert Settings.load().data_dir == tmp_path / "xdg/reminder-bot"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "TOKEN",
            "12345:short",
            r"is not a bot token \(11 characters\): copy it whole from @BotFather, .+",
        ),
        ("TOKEN_FILE", "/nowhere/token", r"/nowhere/token does not exist: write the token into it"),
        (
            "DATA_DIR",
            "~nobody-of-that-name/data",
            r"is '~nobody.+', and there is no home directory: write the absolute path",
        ),
        (
            "DATABASE_URL",
            "mysql://db/bot",
            r"begins with 'mysql': use sqlite:///path/to/file or postgresql://.+",
        ),
        (
            "DATABASE_URL",
            "postgresql+asyncpg://db/bot",
            r"begins with 'postgresql\+asyncpg': use sqlite.+",
        ),
        (
            "DATABASE_URL",
            "bot.sqlite3",
            r"is not the address of a database: use sqlite:///path/to/file.+",
        ),
        ("DATABASE_URL", "sqlite:///:memory:", r"names no file, .+: write sqlite:///path/to/file"),
        (
            "DATABASE_URL",
            "sqlite://bot.sqlite3",
            r"names no file, .+: write sqlite:///path/to/file",
        ),
        (
            "API_BASE_URL",
            "api.telegram.org",
            r"is not an address: write it like https://api.telegram.org",
        ),
        *(
            ("API_BASE_URL", value, r"is not an address: write it like https://api.telegram.org")
            for value in (
                "https://127.0.0.1:808l",
                "https://127.0.0.1:99999/",
                "https://127.0.0.1:0",
                "https://api.telegram.org/?x=1",
                "https://api.telegram.org/#bot",
                "https://api telegram.org",
                "https://[::1",
                "https://bot:hunter2@api.telegram.org:x",
                "https://",
                "ftp://api.telegram.org",
                "HTTPS//api.telegram.org",
                "https:api.telegram.org",
                "https://api..telegram.org",
                "https://.telegram.org",
                f"https://{'a' * 64}.org",
                "https://api.telegram.org:-1",
                "https://[api.telegram.org]",
                "https://[1.2.3.4]",
                "https://::1",
                "https://[::1]x",
                "https://bot:1/hunter2@api.telegram.org",
                "https://bot:1?hunter2@api.telegram.org",
                "https://bot:1#hunter2@api.telegram.org",
                "https://api.telegram.org/?",
                "https://api.telegram.org/#",
                "https://api.telegram.org\nx",
                "https://käse.example",
                "https://a%zz",
                "https://$HOST",
            )
        ),
        (
            "API_BASE_URL",
            "http://api.telegram.org",
            r"would send the token in the clear .+: use https://",
        ),
        (
            "API_BASE_URL",
            "http://localhost.evil.com",
            r"would send the token in the clear .+: use https://",
        ),
        ("PROXY", "htp://host", r"is 'htp://host', a kind of proxy that is not known: write .+"),
        ("PROXY", "host:3128:ana:word", r"is '…', which is no address of a proxy: .+"),
        (
            "ALLOWED_USERS",
            "12345,@anna",
            r"holds '@anna': write Telegram user ids .+, like 12345,67890",
        ),
        ("ALLOWED_USERS", "-5", r"holds '-5': write Telegram user ids .+"),
        ("SEND_RATE", "fast", r"is 'fast': write a whole number of messages a second, like 30"),
        ("SEND_RATE", "29.5", r"is '29.5': write a whole number of messages a second, like 30"),
        ("SEND_RATE", "0", r"is 0: write 1 to 1000, the most that Telegram accepts in a second"),
        (
            "SEND_RATE",
            "1001",
            r"is 1001: write 1 to 1000, the most that Telegram accepts in a second",
        ),
        (
            "SEND_RATE",
            "31",
            r"is 31, and above 30 a second Telegram charges 0.1 Star a message: set .+=true if .+ "
            r"or less",
        ),
        (
            "PAID_BROADCAST",
            "maybe",
            r"is 'maybe': write true or false",
        ),
        ("LOG_LEVEL", "LOUD", r"is 'LOUD': use one of DEBUG, INFO, WARNING, ERROR"),
        ("LOG_FORMAT", "xml", r"is 'xml': use text or json"),
        (
            "CLOCK_FILE",
            "clock",
            r"moves the clock, which is for tests: unset it, or set REMINDER_BOT_API_BASE_URL .+",
        ),
    ],
)
def test_a_wrong_value_is_one_line_with_name_fault_and_cure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, **{name: value})

    assert re.fullmatch(f"REMINDER_BOT_{name} {line}", str(caught.value))


def test_a_line_break_at_the_end_of_an_address_or_a_path_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = load(
        monkeypatch,
        token=TOKEN + "\n",
        database_url="postgresql://db/bot\n",
        api_base_url="http://127.0.0.1:8081/\r\n",
        proxy="http://127.0.0.1:3128\n",
        data_dir=f"{tmp_path}/data\r\n",
    )

    assert settings.token == TOKEN
    assert settings.database_url == "postgresql://db/bot"
    assert settings.api_base_url == "http://127.0.0.1:8081"
    assert settings.proxy is not None
    assert settings.data_dir == tmp_path / "data"


@pytest.mark.parametrize("home", [None, "", "not/absolute"])
def test_without_a_home_the_data_directory_must_be_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str | None
) -> None:
    monkeypatch.setattr(pwd, "getpwuid", _unknown_user)
    monkeypatch.delenv("HOME")
    if home is not None:
        monkeypatch.setenv("HOME", home)

    with pytest.raises(SettingsError, match=r"^REMINDER_BOT_DATA_DIR is not set, .+: set it to"):
        Settings.load()
    assert load(monkeypatch, data_dir=tmp_path).data_dir == tmp_path


def _unknown_user(number: int) -> Any:
    raise KeyError(number)


def test_a_relative_path_needs_a_directory_that_exists(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    with pytest.raises(SettingsError, match=r"^REMINDER_BOT_DATA_DIR is 'data', .+: write the abs"):
        load(monkeypatch, data_dir="data")


@pytest.mark.parametrize("name", ["a?b", "a?x=1", "100%", "%20", "a#b", "ä b", "\udcff"])
def test_the_data_directory_may_have_any_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    settings = load(monkeypatch, data_dir=tmp_path / name)

    settings.make_database_dir()

    assert settings.data_dir.is_dir()
    assert read_address(settings.database_url).file == tmp_path / name / "reminder-bot.sqlite3"


@pytest.mark.parametrize(
    ("rate", "is_paid"), [(1, False), (30, False), (31, True), (1000, True), (10, True)]
)
def test_any_rate_that_telegram_takes_can_be_set(
    monkeypatch: pytest.MonkeyPatch, rate: int, is_paid: bool
) -> None:
    settings = load(monkeypatch, send_rate=rate, paid_broadcast=is_paid)

    assert (settings.send_rate, settings.paid_broadcast) == (rate, is_paid)


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:8081", "http://localhost:1", "http://[::1]:9", "https://[::1]"]
)
def test_the_clock_can_be_moved_where_the_api_is_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    assert load(monkeypatch, api_base_url=base, clock_file="/tmp/clock").clock_file == Path(
        "/tmp/clock"
    )


def test_two_tokens_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        SettingsError, match="REMINDER_BOT_TOKEN_FILE is set beside REMINDER_BOT_TOKEN: keep one"
    ):
        load(monkeypatch, token=TOKEN, token_file="token")


def test_the_token_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)

    settings = load(monkeypatch, token_file=file)

    assert settings.token is not None
    assert settings.token == TOKEN
    assert settings.warnings == ()


def test_a_saved_token_is_found_in_the_data_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)

    settings = load(monkeypatch, data_dir=tmp_path)

    assert settings.token is not None


def test_a_token_file_that_others_can_read_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o644)

    warnings = load(monkeypatch, token_file=file).warnings

    assert warnings == (f"the token file {file} can be read by others: chmod 600 {file}",)


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o444, 0o600])
def test_a_token_file_that_is_mounted_or_private_is_not_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(mode)

    assert load(monkeypatch, token_file=file).warnings == ()


def test_a_token_file_of_another_user_is_not_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`chmod` would be refused, or would keep the bot from reading it."""
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o644)
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)

    assert load(monkeypatch, token_file=file).warnings == ()


def test_a_byte_order_mark_of_an_editor_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN, "utf-8-sig")
    Path(".env").write_text("REMINDER_BOT_LOG_LEVEL=DEBUG\n", "utf-8-sig")

    settings = load(monkeypatch, token_file=file)

    assert (settings.token, settings.log_level) == (TOKEN, "DEBUG")


def test_a_token_file_that_is_not_utf8_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN, "utf-16")

    with pytest.raises(SettingsError, match=r"can't be read \(it is not text\): save it as UTF-8"):
        load(monkeypatch, token_file=file)


def test_a_token_file_without_a_token_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret-of-something-else")

    with pytest.raises(SettingsError, match="is not a bot token") as caught:
        load(monkeypatch, token_file=file)

    assert "s3cret" not in str(caught.value)


def test_an_unknown_variable_is_warned_of_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("REMINDER_BOT_TOKN=x\n")

    warnings = load(monkeypatch, database="x").warnings

    assert warnings == (
        "REMINDER_BOT_DATABASE is not a setting and has no effect: did you mean "
        "REMINDER_BOT_DATABASE_URL?",
        "REMINDER_BOT_TOKN is not a setting and has no effect: did you mean REMINDER_BOT_TOKEN?",
    )


@pytest.mark.parametrize(
    "values",
    [
        {"token": "hunter2-is-no-token"},
        {"database_url": "hunter2"},
        {"database_url": "sqlite://bot:hunter2@x"},
        {"database_url": "mysql://bot:hunter2@db/bot"},
        {"api_base_url": "ftp://bot:hunter2@x"},
        {"api_base_url": "http://bot:hunter2@x.org"},
        {"proxy": "http://bot:hunter2@host:port"},
        {"proxy": "http://host:3128:bot:hunter2"},
    ],
)
def test_no_secret_stands_in_an_error(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, **values)

    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_secret_stands_in_the_settings_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch,
        token=TOKEN,
        database_url="postgresql://bot:hunter2@db/bot",
        proxy="http://bot:hunter2@host",
    )

    assert "hunter2" not in f"{settings!r} {settings}"
    assert TOKEN not in f"{settings!r} {settings}"


def test_the_secrets_are_known_as_written_and_as_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch,
        token=TOKEN,
        database_url="postgresql://bot:h%40nter2@db/bot",
        api_base_url="https://bot:w%40rd@host",
        proxy="http://bot:p%40ss@host",
    )

    assert settings.secrets == ({TOKEN, "h%40nter2", "h@nter2", "w%40rd", "w@rd", "p%40ss", "p@ss"})


def test_the_password_of_the_environments_proxy_is_a_secret_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("all_proxy", "http://bot:hunter2@host")

    assert Settings.load().secrets == {"hunter2"}


@pytest.mark.parametrize("name", ["https_proxy", "ALL_PROXY"])
def test_a_malformed_proxy_of_the_environment_is_one_line_with_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://bot:hunter2@host:port")

    with pytest.raises(SettingsError, match=f"^{name} is 'http://…', which is no address"):
        Settings.load()


def test_the_setting_counts_before_a_malformed_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://host:port")

    assert load(monkeypatch, proxy="http://host").proxy == "http://host"


def test_a_proxy_is_read_from_the_env_file() -> None:
    Path(".env").write_text("REMINDER_BOT_PROXY=http://host:3128\n")

    assert Settings.load().proxy == "http://host:3128"


def test_a_proxy_of_all_programs_in_the_env_file_is_warned_of() -> None:
    Path(".env").write_text("https_proxy=http://host:3128\n")

    assert Settings.load().warnings == (
        "https_proxy in .env has no effect: write REMINDER_BOT_PROXY there",
    )


def test_the_data_directory_is_for_its_owner_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = load(monkeypatch, data_dir=tmp_path / "new/data")

    settings.make_database_dir()

    assert settings.data_dir.stat().st_mode & 0o777 == 0o700


def test_no_directory_is_made_for_a_database_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = load(monkeypatch, data_dir=tmp_path / "data", database_url="postgresql://db/bot")

    settings.make_database_dir()

    assert not settings.data_dir.exists()


def test_a_data_directory_that_cannot_be_made_is_named_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    settings = load(monkeypatch, data_dir=tmp_path / "file/data")

    with pytest.raises(
        SettingsError,
        match=r"REMINDER_BOT_DATA_DIR .+ can't be created \(Not a directory\): set it to",
    ):
        settings.make_data_dir()
