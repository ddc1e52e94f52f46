"""The command line about people: invites, administrators, and who is listed."""

import asyncio
import re
from io import StringIO

import pytest
import segno
from sqlalchemy import insert, select

from bot.__main__ import main
from bot.app import opened
from bot.cli.console import Console
from bot.config import Settings
from handlers import codes
from models import Audit, Invite, Note, Person
from tests.fakes.bot_api.server import TOKEN
from tests.fixtures.shell import Shell
from tests.fixtures.shell import shell as shell


def test_an_invite_is_a_code_its_links_and_a_picture(shell: Shell) -> None:
    said = shell.runs("invite", "--role", "guard", "--days", "3", "--uses", "5").splitlines()
    assert said[0] == "Invite to Museum as Guard"
    code = codes.read(said[1], codes.INVITE)
    assert code is not None
    link = f"http://127.0.0.1:8080/chat?i={code}"
    assert said[2] == link
    assert said[3].startswith("For 5 people, until ")
    assert "supervisor" in said[4]
    [invite] = shell.rows(select(Invite))
    assert (invite.role, invite.uses_left, invite.created_by) == ("guard", 5, None)
    assert invite.code_hash == codes.hashed(code)
    assert code not in str(shell.rows(select(Audit.detail)))
    assert "PUBLIC_URL" in said[5], "nobody else gets there"
    drawn = "\n".join(said[6:])
    assert set(drawn) <= set("█▀▄ \n")
    assert drawn == terminal(link)
    assert shell.runs("invite", "--role", "volunteer").splitlines()[4] == "Whoever uses it joins at once."


def terminal(link: str) -> str:
    """A QR code of `link` as it is drawn on a terminal."""
    picture = StringIO()
    segno.make(link, error="m", micro=False).terminal(out=picture, border=2, compact=True)
    return picture.getvalue().rstrip("\n")


@pytest.mark.parametrize("wrong", [["--days", "0"], ["--days", "91"], ["--uses", "0"], ["--uses", "201"]])
def test_an_invite_has_its_limits(shell: Shell, wrong: list[str]) -> None:
    assert "1 to 90 days and 1 to 200 people" in shell.fails("invite", "--role", "guard", *wrong)
    shell.runs("migrate")
    assert shell.rows(select(Invite.id)) == []


def test_an_unknown_post_names_those_there_are(shell: Shell) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["invite", "--role", "king"])
    assert ended.value.code == 2
    assert "guard" in shell.capsys.readouterr().err


def test_an_invite_leads_to_telegram_too_once_the_bots_name_is_known(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.runs("migrate")

    async def know() -> None:
        async with opened(shell.url) as database, database.transaction() as db:
            note = {
                "key": "telegram-name",
                "value": {"name": "museum_bot"},
                "updated_at": Console(Settings()).now,
            }
            await db.execute(insert(Note), [note])

    asyncio.run(know())
    monkeypatch.setenv("TELEGRAM_TOKEN", TOKEN)
    said = shell.runs("invite", "--role", "guard")
    assert re.search(r"^https://t\.me/museum_bot\?start=i_\w{28}$", said, re.MULTILINE)
    shell.runs("places", "qr", "H1", "-o", "a.svg", "--telegram")
    monkeypatch.delenv("TELEGRAM_TOKEN")
    assert "t.me" not in shell.runs("invite", "--role", "guard")


def test_there_is_a_code_until_there_is_an_administrator(shell: Shell) -> None:
    first, second = shell.runs("admin", "code").strip(), shell.runs("admin", "code").strip()
    assert codes.read(first, codes.FIRST_ADMIN)
    assert first != second
    shell.person("Ann", "admin")
    assert "admin grant" in shell.fails("admin", "code")


def test_anybody_who_has_written_can_be_made_administrator(shell: Shell) -> None:
    shell.runs("migrate")
    ann, _bob, left = shell.person("Ann", "guard"), shell.person("Bob"), shell.person("Cy", active=False)
    assert shell.runs("admin", "grant", "--person", str(ann)) == "Ann is an administrator now.\n"
    assert shell.runs("admin", "grant", "--name", " Bob ") == "Bob is an administrator now.\n"
    shell.runs("admin", "grant", "--person", str(left))
    nameless = shell.person("")
    told = shell.runs("admin", "grant", "--person", str(nameless))
    assert told.startswith(f"Administrator {nameless} is an administrator now.\nNo name is known yet: /name")
    called = shell.runs("admin", "grant", "--person", str(nameless), "--called", " Di Wu ")
    assert called == "Di Wu is an administrator now.\n"
    assert "up to 40 characters" in shell.fails("admin", "grant", "--person", "1", "--called", "D" * 41)
    people = {row.name: row for row in shell.rows(select(Person))}
    assert people["Ann"].roles == {"guard", "admin"}
    assert people["Bob"].roles == {"admin"}
    assert people["Cy"].active
    acts = shell.rows(select(Audit).order_by(Audit.id))
    assert [(act.action, act.actor_id, act.detail) for act in acts] == [
        ("given", None, {"role": "admin"})
    ] * 5


def test_it_has_to_be_clear_who_is_made_administrator(shell: Shell) -> None:
    shell.runs("migrate")
    shell.person("Ann")
    shell.person("Ann")
    assert "Say who" in shell.fails("admin", "grant")
    assert "Say who" in shell.fails("admin", "grant", "--person", "1", "--name", "Ann")
    assert "no such person" in shell.fails("admin", "grant", "--person", "77")
    assert "2 people have that name" in shell.fails("admin", "grant", "--name", "Ann")


def test_people_are_listed_with_their_posts(shell: Shell) -> None:
    assert shell.runs("people", "list") == "Nobody yet.\n"
    ann, visitor = shell.person("Ann", "guard", "leader"), shell.person("")
    said = shell.runs("people", "list")
    assert said.startswith(f"{ann} · Ann · Guard · Shift leader · Web chat, last ")
    assert len(said.splitlines()) == 1
    assert f"{visitor} · (no name) · no post" in shell.runs("people", "list", "--all")
