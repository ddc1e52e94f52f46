"""What is logged can be read by people or by programs, and holds no secret."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import logs

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Logging is one for the whole process: put it back."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        (f"POST https://api.telegram.org/bot{TOKEN}/getMe", TOKEN),
        (f"token {TOKEN} was refused", TOKEN),
        ("headers {'Authorization': 'Bearer abc.def-123'}", "abc.def-123"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("bearer 0123456789abcdef", "0123456789abcdef"),
        ("Cookie: docent_chat=QWERTYUIOP; other=1", "QWERTYUIOP"),
        ('"set-cookie": "__Host-docent_chat=QWERTYUIOP"', "QWERTYUIOP"),
        ("the cookie docent_chat=QWERTYUIOP was sent", "QWERTYUIOP"),
        ("GET https://qyapi.weixin.qq.com/cgi-bin/menu/get?access_token=82_ab-Cd&agentid=1", "82_ab-Cd"),
        ("GET https://qyapi.weixin.qq.com/cgi-bin/gettoken?corpid=w&corpsecret=s3cret-s", "s3cret-s"),
        ("postgresql+asyncpg://docent:pa55word@db.museum.test/docent", "pa55word"),
        ("https://t.me/museum_bot?start=i_ZDVNNDBXQER15HZAMK42ASFK76WR", "ZDVNNDBXQER15HZAMK42ASFK76WR"),
        ("http://museum.test/chat?i=ZDVNNDBXQER15HZAMK42ASFK76WR", "ZDVNNDBXQER15HZAMK42ASFK76WR"),
        ("typed ZDVN-NDBX-QER1-5HZA-MK42-ASFK-76WR", "MK42"),
    ],
)
def test_no_secret_is_logged_wherever_it_stands(said: str, secret: str) -> None:
    for stream in (io.StringIO(), Terminal()):
        logs.set_up(stream)
        structlog.get_logger("a").info(said)
        structlog.get_logger("a").info("event", detail=said, nested={"a": [said]})
        logging.getLogger("library").warning("said %s", said)
        error = ValueError(said)
        structlog.get_logger("a").error("failed", exc_info=error)
        logging.getLogger("library").error("failed", exc_info=error)
        assert len(lines(stream)) >= 5
        assert secret not in stream.getvalue()


def test_values_that_are_secret_by_name_are_left_out() -> None:
    stream = io.StringIO()
    logs.set_up(stream)
    structlog.get_logger("a").info("joined", code="AB12", token="x1", password="y2", person=7)
    [line] = lines(stream)
    assert json.loads(line)["person"] == 7
    assert json.loads(line)["code"] == json.loads(line)["token"] == json.loads(line)["password"] == "***"


@pytest.mark.parametrize(
    "said",
    ["H1-P3", "LY-20261122-0031", "XJ-20261122-0007", "telegram 700000001", "a1b2c3d4e5f6", "第一展厅"],
)
def test_what_is_no_secret_is_left_alone(said: str) -> None:
    stream = io.StringIO()
    logs.set_up(stream)
    structlog.get_logger("a").info(said)
    assert said in stream.getvalue()


def test_a_terminal_gets_words_and_a_file_gets_json() -> None:
    stream, terminal = io.StringIO(), Terminal()
    logs.set_up(stream)
    structlog.get_logger("bot.app").warning("away", why="no route")
    entry = json.loads(stream.getvalue())
    assert (entry["event"], entry["level"], entry["logger"], entry["why"]) == (
        "away", "warning", "bot.app", "no route",
    )  # fmt: skip
    assert entry["timestamp"].endswith("Z")
    logs.set_up(terminal)
    structlog.get_logger("bot.app").warning("away", why="no route")
    assert "away" in terminal.getvalue()
    assert "{" not in terminal.getvalue()


def test_a_fault_is_one_json_line_with_what_it_was() -> None:
    stream = io.StringIO()
    logs.set_up(stream)
    structlog.get_logger("a").error("failed", exc_info=ValueError("broken"))
    [line] = lines(stream)
    assert "ValueError: broken" in json.loads(line)["exception"]


@pytest.mark.parametrize("name", logs.QUIET)
def test_libraries_that_log_each_request_are_quiet(name: str) -> None:
    stream = io.StringIO()
    logs.set_up(stream)
    logging.getLogger(name).info("GET /chat 200")
    assert stream.getvalue() == ""
    logging.getLogger(name).warning("trouble")
    assert "trouble" in stream.getvalue()
