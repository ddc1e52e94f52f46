"""Settings: what fits is understood, what does not is one line that names it, and secrets stay secret."""

import logging
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from bot.config import NAMES, SettingError, Settings, load_settings, misspelt

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz_0123"
SECRET = "s3cret-Words_of_the_webhook"
WEBHOOK = {
    "TELEGRAM_MODE": "webhook",
    "TELEGRAM_TOKEN": TOKEN,
    "TELEGRAM_SECRET": SECRET,
    "PUBLIC_URL": "https://desk.example.org",
}
AES_KEY, OLD_AES_KEY = (
    "Current0123456789ABCDEFGHIJKLMNOPQRSTUVWXYA",
    "Before00123456789ABCDEFGHIJKLMNOPQRSTUVWXYA",
)
WECHAT = {
    "WECHAT_APP_ID": "wxba5fad812f8e6fb9",
    "WECHAT_APP_SECRET": "appsecret0123456789abcdef",
    "WECHAT_TOKEN": "WechatToken1",
    "WECHAT_AES_KEY": AES_KEY,
    "WECHAT_AES_KEY_OLD": OLD_AES_KEY,
}
WECOM = {
    "WECOM_CORP_ID": "wx5823bf96d3bd56c7",
    "WECOM_AGENT_ID": "1000002",
    "WECOM_SECRET": "corp-secret_0123456789",
    "WECOM_TOKEN": "WecomToken1",
    "WECOM_AES_KEY": AES_KEY,
}
POSTGRES = "postgresql+asyncpg://desk:pa%40ss@db.example.org:5433/docent"


@pytest.fixture
def no_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_nothing_set_is_enough(no_file: Path) -> None:
    settings = load_settings({}, no_file)
    assert settings.database_url == "sqlite+aiosqlite:///var/docent.db"
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8080, "http://127.0.0.1:8080")
    assert (settings.timezone.key, settings.locale, settings.museum_name) == (
        "Asia/Shanghai",
        "zh_CN",
        "博物馆",
    )
    assert settings.media_dir == Path("var/media")
    assert (settings.telegram_token, settings.telegram_mode) == (None, "polling")
    assert (settings.workers, settings.inspection_min_seconds_per_item, settings.spot_photo_one_in) == (
        1,
        3,
        10,
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATABASE_URL", "postgres://desk:pa%40ss@db.example.org:5433/docent", POSTGRES),
        ("DATABASE_URL", "postgresql://desk:pa%40ss@db.example.org:5433/docent", POSTGRES),
        ("DATABASE_URL", POSTGRES, POSTGRES),
        ("DATABASE_URL", "postgres://u:p@h/d?sslmode=require", "postgresql+asyncpg://u:p@h/d?ssl=require"),
        ("DATABASE_URL", "sqlite:////srv/docent.db", "sqlite+aiosqlite:////srv/docent.db"),
        ("LISTEN", " 0.0.0.0:80 ", "0.0.0.0:80"),
        ("LISTEN", "[::1]:8080", "[::1]:8080"),
        ("LISTEN", "localhost:0", "localhost:0"),
        ("PUBLIC_URL", "https://desk.example.org/", "https://desk.example.org"),
        ("LOCALE", "en", "en"),
        ("MUSEUM_NAME", "海滨博物馆", "海滨博物馆"),
        ("MEDIA_DIR", "/srv/media", Path("/srv/media")),
        ("TELEGRAM_API_URL", "http://127.0.0.1:8081/", "http://127.0.0.1:8081"),
        ("INSPECTION_MIN_SECONDS_PER_ITEM", "0.5", 0.5),
        ("SPOT_PHOTO_ONE_IN", "0", 0),
        ("ESCALATE_HOURS", "1, 2, 2, 48", "1,2,2,48"),
        ("WORKERS", "", 1),
        ("WECHAT_MODE", "compat", "compat"),
        ("WECHAT_API_URL", "http://127.0.0.1:8082/", "http://127.0.0.1:8082"),
        ("WECOM_API_URL", "", "https://qyapi.weixin.qq.com"),
        ("WECOM_AGENT_ID", "1000002", 1000002),
    ],
)
def test_what_fits_is_understood(name: str, value: str, expected: object, no_file: Path) -> None:
    assert getattr(load_settings({name: value}, no_file), name.lower()) == expected


@pytest.mark.parametrize("file", ["C:/desk/docent.db", "/srv/馆 务/docent.db"])
def test_a_file_anywhere_stays_that_file(file: str, no_file: Path) -> None:
    assert (
        make_url(load_settings({"DATABASE_URL": f"sqlite:///{file}"}, no_file).database_url).database == file
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:p@h/d"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "postgresql://h"),
        ("DATABASE_URL", "postgresql://u:p@h:port/d"),
        ("DATABASE_URL", "docent.db"),
        ("LISTEN", "8080"),
        ("LISTEN", "127.0.0.1"),
        ("LISTEN", "127.0.0.1:65536"),
        ("LISTEN", "127.0.0.1:８０"),
        ("LISTEN", "::1:8080"),
        ("LISTEN", "http://127.0.0.1:8080"),
        ("PUBLIC_URL", "desk.example.org"),
        ("PUBLIC_URL", "ftp://desk.example.org"),
        ("PUBLIC_URL", "https://desk.example.org:x"),
        ("PUBLIC_URL", "https://desk.example.org/?a=1"),
        ("PUBLIC_URL", "https://[desk"),
        ("TIMEZONE", "Asia/Beijing"),
        ("TIMEZONE", "../etc/passwd"),
        ("TIMEZONE", "Asia"),
        ("TIMEZONE", "+08:00"),
        ("LOCALE", "fr"),
        ("MUSEUM_NAME", "馆" * 101),
        ("TELEGRAM_TOKEN", "token"),
        ("TELEGRAM_TOKEN", TOKEN + " x"),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_MODE", "push"),
        ("TELEGRAM_SECRET", "密"),
        ("TELEGRAM_SECRET", "x" * 257),
        ("WORKERS", "0"),
        ("WORKERS", "two"),
        ("WORKERS", "2"),
        ("INSPECTION_MIN_SECONDS_PER_ITEM", "-1"),
        ("INSPECTION_MIN_SECONDS_PER_ITEM", "nan"),
        ("SPOT_PHOTO_ONE_IN", "1.5"),
        ("ESCALATE_HOURS", "0,24,72"),
        ("ESCALATE_HOURS", "0,72,24,168"),
        ("ESCALATE_HOURS", "0,a,72,168"),
        ("WECHAT_APP_ID", "wx 1"),
        ("WECHAT_APP_SECRET", "密"),
        ("WECHAT_TOKEN", "ab"),
        ("WECHAT_TOKEN", "with-a-dash"),
        ("WECHAT_AES_KEY", AES_KEY[1:]),
        ("WECHAT_AES_KEY", AES_KEY + "="),
        ("WECHAT_AES_KEY_OLD", AES_KEY[:-1] + "+"),
        ("WECHAT_MODE", "encrypted"),
        ("WECHAT_API_URL", "api.weixin.qq.com"),
        ("WECOM_CORP_ID", "馆"),
        ("WECOM_AGENT_ID", "0"),
        ("WECOM_AGENT_ID", "app"),
        ("WECOM_SECRET", "two words"),
        ("WECOM_TOKEN", "x" * 33),
        ("WECOM_AES_KEY", "x"),
        ("WECOM_API_URL", "ftp://qyapi.weixin.qq.com"),
    ],
)
def test_what_does_not_fit_is_one_line_naming_it(name: str, value: str, no_file: Path) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({name: value}, no_file)
    line = str(caught.value)
    assert line.startswith(name)
    assert "\n" not in line
    assert "must" in line or "needs" in line
    assert caught.value.__cause__ is None


def test_a_webhook_with_all_it_needs(no_file: Path) -> None:
    settings = load_settings(WEBHOOK, no_file)
    assert settings.telegram_secret is not None
    assert settings.telegram_secret.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"TELEGRAM_TOKEN": ""}, "TELEGRAM_TOKEN"),
        ({"TELEGRAM_SECRET": ""}, "TELEGRAM_SECRET"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "http://desk.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://desk.example.org:8080"}, "PUBLIC_URL"),
    ],
)
def test_a_webhook_lacking_something(change: dict[str, str], named: str, no_file: Path) -> None:
    with pytest.raises(SettingError, match=named):
        load_settings(WEBHOOK | change, no_file)


def test_ones_own_bot_api_server_may_deliver_by_plain_http(no_file: Path) -> None:
    own = {"TELEGRAM_API_URL": "http://127.0.0.1:8081", "PUBLIC_URL": "http://127.0.0.1:8080"}
    assert load_settings(WEBHOOK | own, no_file).telegram_mode == "webhook"


def test_wechat_with_all_it_needs(no_file: Path) -> None:
    settings = load_settings(WECHAT | WECOM, no_file)
    assert (settings.wechat_app_id, settings.wechat_mode) == ("wxba5fad812f8e6fb9", "safe")
    assert settings.wechat_aes_key is not None
    assert settings.wechat_aes_key.get_secret_value() == AES_KEY
    assert (settings.wecom_corp_id, settings.wecom_agent_id) == ("wx5823bf96d3bd56c7", 1000002)


@pytest.mark.parametrize("name", ["WECHAT_APP_SECRET", "WECHAT_TOKEN", "WECHAT_AES_KEY"])
def test_a_wechat_account_lacking_something(name: str, no_file: Path) -> None:
    with pytest.raises(SettingError, match=f"needs {name}$"):
        load_settings(WECHAT | {name: ""}, no_file)


@pytest.mark.parametrize("name", ["WECOM_AGENT_ID", "WECOM_SECRET", "WECOM_TOKEN", "WECOM_AES_KEY"])
def test_a_wecom_app_lacking_something(name: str, no_file: Path) -> None:
    with pytest.raises(SettingError, match=f"needs {name}$"):
        load_settings(WECOM | {name: ""}, no_file)


def test_only_plain_messages_need_no_key(no_file: Path) -> None:
    keyless = WECHAT | {"WECHAT_AES_KEY": ""}
    assert load_settings(keyless | {"WECHAT_MODE": "plain"}, no_file).wechat_aes_key is None
    with pytest.raises(SettingError, match=r"^WECHAT_MODE=compat needs WECHAT_AES_KEY$"):
        load_settings(keyless | {"WECHAT_MODE": "compat"}, no_file)


@pytest.mark.parametrize(("given", "name"), [(WECHAT, "WECHAT_APP_ID"), (WECOM, "WECOM_CORP_ID")])
def test_without_its_id_a_channel_is_not_there_and_needs_nothing(
    given: dict[str, str], name: str, no_file: Path
) -> None:
    assert getattr(load_settings({**given, name: ""}, no_file), name.lower()) is None


def test_several_workers_with_postgresql(no_file: Path) -> None:
    assert load_settings({"DATABASE_URL": POSTGRES, "WORKERS": "4"}, no_file).workers == 4


@pytest.mark.parametrize(
    ("listen", "url"), [("0.0.0.0:9", "http://127.0.0.1:9"), ("[::]:9", "http://[::1]:9")]
)
def test_the_public_address_follows_the_one_served(listen: str, url: str, no_file: Path) -> None:
    assert load_settings({"LISTEN": listen}, no_file).public_url == url


def test_no_secret_is_shown(no_file: Path) -> None:
    settings = load_settings(WEBHOOK | WECHAT | WECOM | {"DATABASE_URL": POSTGRES}, no_file)
    secrets = [TOKEN, SECRET, "pa%40ss", "pa@ss"]
    secrets += [value for name, value in (WECHAT | WECOM).items() if not name.endswith("_ID")]
    for shown in (repr(settings), str(settings)):
        assert not any(secret in shown for secret in secrets)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_TOKEN", "hunter2"),
        ("TELEGRAM_SECRET", "hunter2 x"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("WECHAT_APP_SECRET", "hunter2 x"),
        ("WECHAT_TOKEN", "hunter2-x"),
        ("WECHAT_AES_KEY", "hunter2"),
        ("WECHAT_AES_KEY_OLD", "hunter2"),
        ("WECOM_SECRET", "hunter2 x"),
        ("WECOM_TOKEN", "hunter2-x"),
        ("WECOM_AES_KEY", "hunter2"),
    ],
)
def test_a_wrong_secret_is_not_repeated(name: str, value: str, no_file: Path) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({name: value}, no_file)
    assert "hunter2" not in str(caught.value)


def test_the_environment_wins_over_the_file(no_file: Path) -> None:
    no_file.write_text(
        "\ufeff# 设置\nLISTEN=127.0.0.1:1\nMUSEUM_NAME='海滨 $HOME 馆'\nOTHER=1\n", encoding="utf-8"
    )
    settings = load_settings({"LISTEN": "127.0.0.1:2"}, no_file)
    assert (settings.listen, settings.museum_name) == ("127.0.0.1:2", "海滨 $HOME 馆")


def test_a_byte_order_mark_does_not_hide_the_first_line(no_file: Path) -> None:
    no_file.write_text("\ufeffLISTEN=127.0.0.1:1\n", encoding="utf-8")
    assert load_settings({}, no_file).port == 1


def test_a_file_in_another_encoding_is_said(no_file: Path) -> None:
    no_file.write_bytes("MUSEUM_NAME=海滨博物馆\n".encode("gbk"))
    with pytest.raises(SettingError, match="UTF-8"):
        load_settings({}, no_file)


def test_a_misspelt_name_in_the_file_is_warned_of(no_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    no_file.write_text("TELEGRAM_TOKN=1\nPATH_TO_THINGS=2\n", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        load_settings({}, no_file)
    assert [record.getMessage() for record in caplog.records] == [
        f"{no_file}: TELEGRAM_TOKN is not a setting; is TELEGRAM_TOKEN meant?"
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("TELEGRAM_TOKN", "TELEGRAM_TOKEN"), ("database_url", "DATABASE_URL"), ("TIME_ZONE", "TIMEZONE")],
)
def test_near_misses(name: str, meant: str) -> None:
    assert misspelt([name]) == [f"{name} is not a setting; is {meant} meant?"]


def test_names_and_strangers_are_not_near_misses() -> None:
    assert misspelt([*NAMES, "HOME", "LISTEN_FDS", "LANG"]) == []


def test_the_settings_are_frozen_and_described() -> None:
    with pytest.raises(ValidationError):
        Settings().workers = 2
    assert all(field.description for field in Settings.model_fields.values())
