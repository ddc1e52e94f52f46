"""Making invites: for whom, for how many, for how long, and taking them back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select, update

from handlers import codes
from handlers.roles import ROLES
from models import Invite, Person
from tests.fixtures.invites import GENERIC, invite_to, uses_left
from tests.fixtures.invites import house as house
from tests.house import House, Someone, open_house

CODE = re.compile(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}")


class TestMaking:
    async def test_the_maker_gets_code_links_and_picture(self, house: House) -> None:
        chief = await house.someone("chief", "chief")
        assert "Which post" in await chief.says("/invite")
        assert [label for label in chief.buttons if label in {str(t.source) for t in ROLES.values()}] == [  # type: ignore[union-attr]  # all titles are phrases
            "Guard",
            "Shift leader",
        ]
        await chief.taps("Guard")
        await chief.taps("5")
        heard = await chief.says("7天")
        found = CODE.search(heard)
        assert found is not None, heard
        bare = found[0].replace("-", "")
        assert f"http://museum.test/chat?i={bare}" in heard
        assert "t.me" not in heard
        assert "still has to be confirmed" in heard
        [photo] = chief.told[-1]["photos"]
        assert (await house.media.read(photo["sha"])).startswith(b"\x89PNG")
        [stored] = await house.rows(select(*Invite.__table__.columns))
        assert (stored.role, stored.uses_left, stored.code_hash) == ("guard", 5, codes.hashed(bare))
        assert bare not in str(stored)

    async def test_where_there_is_a_telegram_bot_its_link_is_given_too(
        self, tables_url: str, tmp_path: Path
    ) -> None:
        async with open_house(tables_url, tmp_path, telegram_name="museum_bot") as house:
            boss = await house.someone("boss", "admin", locale="zh_CN")
            await boss.says("邀请 志愿者")
            await boss.says("20")
            heard = await boss.says("30")
            assert re.search(r"https://t\.me/museum_bot\?start=i_[0-9A-Z]{28}\n", heard), heard

    async def test_words_choose_the_post(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        assert "how many people" in await boss.says("/invite 保安班长")

    async def test_a_withdrawn_invite_no_longer_works(self, house: House) -> None:
        chief = await house.someone("chief", "chief")
        await chief.says("/invite guard")
        await chief.says("1")
        heard = await chief.says("1")
        found = CODE.search(heard)
        assert found is not None
        assert "withdrawn" in await chief.taps("Withdraw")
        assert GENERIC in await Someone(house, "g").says(found[0])

    async def test_nobody_withdraws_what_is_above_them(self, house: House) -> None:
        leader = await house.someone("leader", "leader")
        await invite_to(house, "chief")
        [stored] = await house.rows(select(Invite.id))
        assert "not yours" in await leader.taps_data(f"a:uninvite:{stored.id}")
        assert await uses_left(house) == [1]

    async def test_who_lost_the_right_while_filling_the_form_in_makes_none(self, house: House) -> None:
        chief = await house.someone("chief", "chief")
        await chief.says("/invite leader")
        await chief.says("1")
        async with house.database.transaction() as db:
            await db.execute(update(Person).where(Person.name == "chief").values(roles=frozenset({"leader"})))
        assert "cannot give that post" in await chief.says("1")
        assert await house.rows(select(Invite)) == []

    async def test_an_unknown_role_is_an_error_that_names_the_roles(self, house: House) -> None:
        with pytest.raises(ValueError, match=r"no such role: boss .*volunteer"):
            await invite_to(house, "boss")
