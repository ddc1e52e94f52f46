"""Letters of responsibility: issued, handed out, signed in the version that was read, reminded of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from handlers.kit.words import Both
from handlers.letter_records import POSTS, Signing, signing
from handlers.letter_texts import standard
from models import Audit, Letter, LetterCopy
from tests.house import ZONE, Someone
from tests.passing import SUNDAY, Museum, passing


@pytest.fixture
async def museum(tables_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Museum]:
    async with passing(tables_url, tmp_path, monkeypatch) as made:
        yield made


async def issues(who: Someone, post: str, words: str | None = None, year: int = 2026) -> str:
    """Issue a letter; in the words proposed, unless others are given."""
    await who.says("/letters")
    await who.taps("Issue a letter")
    await who.taps(post)
    await who.taps(str(year))
    if words is None:
        await who.taps("In these words")
    else:
        await who.taps("In other words")
        await who.says(words)
    return await who.taps("Submit")


async def figures(museum: Museum, year: int = 2026) -> list[Signing]:
    async with museum.house.database.reading() as db:
        return await signing(db, year)


async def copies(museum: Museum) -> list[Any]:
    return await museum.rows(select(*LetterCopy.__table__.columns).order_by(LetterCopy.id))


async def test_it_is_sent_to_every_holder_read_and_signed_with_one_tap(museum: Museum) -> None:
    chief = await museum.someone("c", "chief")
    guards = [await museum.someone(name, "guard") for name in ("g", "h")]
    assert "No letter of responsibility has been issued" in await chief.says("/letters")
    assert "Sent to 2 people" in await issues(chief, "Guard")
    heard = await guards[0].hears()
    assert "Letter of responsibility 2026 · Guard" in heard
    assert "I make my rounds on time" in heard
    assert "Issued by c" in heard
    heard = await guards[0].taps("Read and signed")
    assert "✍ Signed by g" in heard
    assert guards[0].buttons == []
    [one] = await figures(museum)
    assert (one.post, one.signed, one.holders) == ("guard", 1, 2)
    assert [name for _person, name in one.missing] == ["h"]
    heard = await chief.says("责任书")
    assert "2026 Guard: 1 of 2 signed (50%)" in heard
    assert "missing: h" in heard
    await guards[1].hears()
    await guards[1].taps("Read and signed")
    assert "Everybody has signed" in await chief.hears()
    signed = [(row.signed_at, row.person_id) for row in await copies(museum)]
    assert signed == [(SUNDAY, (await museum.person(name)).id) for name in ("g", "h")]
    assert len(await museum.rows(select(Audit.id).where(Audit.action == "letter_signed"))) == 2


async def test_the_version_signed_is_the_one_that_was_shown(museum: Museum) -> None:
    chief, guard = await museum.someone("c", "chief"), await museum.someone("g", "guard")
    await issues(chief, "Guard")
    await guard.hears()
    _message, old = guard.button("Read and signed")
    assert "very words already" in await issues(chief, "Guard")
    await issues(chief, "Guard", "Keep the bell safe.")
    heard = await guard.taps_data(old)
    assert "newer version" in heard
    assert "Keep the bell safe." in heard
    assert "version 2" in heard
    assert [row.signed_at for row in await copies(museum)] == [None, None]
    await guard.taps("Read and signed")
    assert [row.signed_at for row in await copies(museum)] == [None, SUNDAY]
    assert "signed it already" in await guard.taps("Read and signed")
    [one] = await figures(museum)
    assert one.signed == 1
    letters = await museum.rows(select(Letter.version, Letter.body_zh, Letter.body_en).order_by(Letter.id))
    assert [row.version for row in letters] == [1, 2]
    assert (letters[1].body_zh, letters[1].body_en) == ("Keep the bell safe.", "")


async def test_the_words_are_shown_before_they_are_issued_whatever_was_changed(museum: Museum) -> None:
    chief = await museum.someone("c", "chief")
    await chief.says("/letters")
    await chief.taps("Issue a letter")
    await chief.taps("Guard")
    await chief.taps("2026")
    assert "I make my rounds on time" in await chief.taps("In these words")
    await chief.taps("Change")
    await chief.taps("Post")
    heard = await chief.taps("Shift leader")
    assert "I see that my shift makes its rounds" in heard
    assert "I make my rounds on time" not in heard
    assert "Shift leader" in await chief.taps("Submit")


async def test_who_comes_into_the_post_later_gets_it_too(museum: Museum) -> None:
    chief, newcomer = await museum.someone("c", "chief"), await museum.someone("n", "volunteer")
    boss = await museum.someone("b", "admin")
    await issues(chief, "Guard")
    person = (await museum.person("n")).id
    await boss.taps_data(f"a:give:{person}.guard")
    assert "Letter of responsibility 2026" in await newcomer.hears()
    await newcomer.taps("Read and signed")
    await boss.taps_data(f"a:take:{person}.guard")
    assert [one.holders for one in await figures(museum)] == [0]
    await boss.taps_data(f"a:give:{person}.guard")
    assert "Letter of responsibility" not in await newcomer.hears(), "signed is signed"
    assert [one.signed for one in await figures(museum)] == [1]


async def test_after_a_week_it_is_asked_for_again_once(museum: Museum) -> None:
    chief = await museum.someone("c", "chief")
    signs, waits = await museum.someone("g", "guard"), await museum.someone("h", "guard")
    await issues(chief, "Guard")
    for guard in (signs, waits):
        await guard.hears()
    await signs.taps("Read and signed")
    await museum.until(29, 9, 59)
    assert await waits.hears() == ""
    await museum.until(29, 10)
    heard = await waits.hears()
    assert "Please read and sign" in heard
    assert "I make my rounds on time" in heard
    assert "✍ Read and signed" in waits.buttons
    assert await signs.hears() == ""
    await museum.until(30 + 20)
    assert await waits.hears() == ""


async def test_managers_remind_with_a_button_once_a_day(museum: Museum) -> None:
    chief, guard = await museum.someone("c", "chief"), await museum.someone("g", "guard")
    await issues(chief, "Guard")
    await guard.hears()
    await chief.says("/letters")
    assert "1 person was reminded" in await chief.taps("Remind: Guard (1)")
    assert "Please read and sign" in await guard.hears()
    assert "reminded today already" in await chief.taps("Remind: Guard (1)")
    assert await guard.hears() == ""
    await museum.until(23, 12)
    assert "1 person was reminded" in await chief.taps("Remind: Guard (1)")


async def test_a_letter_goes_to_posts_below_only(museum: Museum) -> None:
    chief, director = await museum.someone("c", "chief"), await museum.someone("d", "director")
    await chief.says("/letters")
    await chief.taps("Issue a letter")
    offered = [label for label in chief.buttons if label in {"Guard", "Shift leader", "Head of security"}]
    assert offered == ["Guard", "Shift leader"]
    assert "Sent to 1 person" in await issues(director, "Head of security")
    [letter] = await museum.rows(select(Letter.id))
    assert "not yours to issue" in await chief.taps_data(f"a:letter_remind:{letter.id}")
    assert "not open to you" in await (await museum.someone("l", "leader")).taps_data("a:letter_new:")


async def test_ones_own_letters_are_listed_and_nobody_elses(museum: Museum) -> None:
    chief, guard = await museum.someone("c", "chief"), await museum.someone("g", "guard")
    await issues(chief, "Guard")
    leader = await museum.someone("l", "leader")
    assert "You have no letter" in await leader.says("/letters")
    assert "Guard · to be signed" in await guard.says("/letters")
    assert "I make my rounds" in await guard.taps("Read: 2026 Guard")
    await guard.taps("Read and signed")
    assert "Guard · signed" in await guard.says("/letters")
    [letter] = await museum.rows(select(Letter.id))
    for action in ("letter", "letter_sign"):
        assert "not yours" in await leader.taps_data(f"a:{action}:{letter.id}")


async def test_the_summary_says_how_far_they_are_signed(museum: Museum) -> None:
    chief, guard = await museum.someone("c", "chief"), await museum.someone("g", "guard")
    assert "Letters of responsibility" not in await chief.says("/summary")
    await issues(chief, "Guard")
    said = "Letters of responsibility 2026: 0 of 1 signed (0%)"
    assert said in await chief.says("summary this year")
    assert said in await chief.says("summary this half")
    for elsewhere in ("/summary", "summary yesterday", "summary this year inspections", "summary last year"):
        assert "Letters of responsibility" not in await chief.says(elsewhere)
    await guard.hears()
    await guard.taps("Read and signed")
    assert "1 of 1 signed (100%)" in await chief.says("summary this year")
    assert "Letters" not in await guard.says("summary this year")


async def test_a_letter_for_next_year_waits_beside_this_years(museum: Museum) -> None:
    chief, guard = await museum.someone("c", "chief"), await museum.someone("g", "guard")
    await issues(chief, "Guard")
    await issues(chief, "Guard", year=2027)
    heard = await guard.says("/letters")
    assert "2026 · Guard" in heard
    assert "2027 · Guard" in heard
    assert "2027 Guard: 0 of 1 signed" in await chief.says("/letters")
    await museum.at(datetime(2027, 1, 10, tzinfo=ZONE))
    heard = await guard.says("/letters")
    assert "2026" not in heard
    assert "2027 · Guard" in heard


@pytest.mark.parametrize("post", POSTS)
def test_every_post_has_words_in_both_languages_that_fit_a_message(post: str) -> None:
    words = standard(post, 2026, "示例博物馆")
    assert isinstance(words, Both)
    for said in (words.zh, words.en):
        assert "2026" in said
        assert "示例博物馆" in said
        assert "{" not in said
        assert len(said) < 1800


async def test_the_director_signs_their_own_and_counts(museum: Museum) -> None:
    director, deputy = await museum.someone("d", "director"), await museum.someone("v", "deputy")
    assert "Sent to 1 person" in await issues(director, "Deputy director")
    await issues(director, "Director")
    heard = await director.hears()
    told = "\n".join(message["text"] for message in director.told)
    assert "As the person responsible for fire safety" in told + heard
    await director.taps("Read and signed")
    rates = {one.post: (one.signed, one.holders) for one in await figures(museum)}
    assert rates == {"deputy": (0, 1), "director": (1, 1)}
    assert "1 of 2 signed (50%)" in await director.says("/summary this year")
    await deputy.says("/letters")
    await deputy.taps("Issue a letter")
    assert not any("Deputy" in label or label == "Director" for label in deputy.buttons)


async def test_an_administrator_issues_the_directors(museum: Museum) -> None:
    director, admin = await museum.someone("d", "director"), await museum.someone("a", "admin")
    assert "Sent to 1 person" in await issues(admin, "Director")
    assert "Letter of responsibility 2026 · Director" in await director.hears()
