"""The README says what is: every setting with its default, every command, every picture."""

from __future__ import annotations

import re
from pathlib import Path

from bot.__main__ import _parser
from bot.channels.wechat_menu import buttons
from bot.cli.console import Console
from bot.config import Settings
from bot.i18n import Languages
from handlers.kit.words import _, say

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTING = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)


def test_every_setting_is_documented_and_no_other() -> None:
    documented = {name for name, _default, _about in SETTING.findall(README)}
    assert documented == {field.alias or name.upper() for name, field in Settings.model_fields.items()}


def test_the_documented_defaults_are_the_real_ones() -> None:
    settings = Settings()
    documented = {name: default.strip("`") for name, default, _about in SETTING.findall(README)}
    plain = "TIMEZONE", "LOCALE", "TELEGRAM_API_URL", "TELEGRAM_MODE", "WORKERS", "SPOT_PHOTO_ONE_IN"
    wechat = "ESCALATE_HOURS", "WECHAT_MODE", "WECHAT_API_URL", "WECOM_API_URL"
    for name in (*plain, *wechat):
        assert documented[name] == str(getattr(settings, name.lower())), name
    assert documented["INSPECTION_MIN_SECONDS_PER_ITEM"] == str(settings.inspection_min_seconds_per_item)


def test_every_command_is_documented() -> None:
    parser = _parser(Console(Settings()))
    verbs = next(action.choices for action in parser._actions if isinstance(action.choices, dict))
    for verb in verbs:
        assert re.search(rf"`{verb}\b", README), verb


def test_what_the_readme_links_to_is_there() -> None:
    for target in re.findall(r'(?:\]\(|src=")([^)"#:]+)[)"]', README):
        assert (ROOT / target).exists(), target


def test_the_readme_names_the_test_command_that_ci_runs() -> None:
    assert "python3 run.py test" in README
    assert "python3 run.py test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_guide_to_wechat_quotes_what_the_doctor_says() -> None:
    """In both languages, as far as the words are the doctor's own."""
    guide = (ROOT / "docs" / "wechat.md").read_text(encoding="utf-8")
    quoted = (
        _("WeChat's address: {url}", url=""),
        _("WeCom's address: {url}", url=""),
        _("WeChat's messages of our own (客服消息)"),
        _("WeChat's menu"),
        _("WeChat's codes for places (带参数二维码)"),
        _("WeCom's menu"),
        _("Add {address} to the account's IP whitelist (IP白名单).", address="…"),
        _("Add {address} to the app's trusted IP addresses (企业可信IP).", address="…"),
    )
    languages = Languages("zh_CN", Settings().timezone)
    for phrase in quoted:
        for code in ("zh_CN", "en"):
            said = say(phrase, languages(code)).rstrip(" :：.。").partition(" (IP白名单)")[0]
            assert said in guide, said


def test_every_button_of_the_menu_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "wechat.md").read_text(encoding="utf-8")
    for button in buttons(Languages("zh_CN", Settings().timezone)(None)):
        for entry in (button, *button.get("sub_button", ())):
            assert entry["name"] in guide
