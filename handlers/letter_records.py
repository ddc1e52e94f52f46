"""Letters of responsibility as they are stored: which is in force, who has it, who signed, who is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import chain, members
from handlers.kit.buttons import for_action
from handlers.kit.messages import Button, Message
from handlers.kit.words import Both, Text, _, joined, lines
from handlers.roles import ROLES, gives, may
from handlers.work import Work
from models import Letter, LetterCopy, Person

Found: TypeAlias = Row[*tuple[Any, ...]]  # a row of a query

POSTS: Final = ("staff", *chain.POSTS)
REMIND: Final = "letter.remind"
REMIND_AFTER: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Signing:
    """How far a post's newest letter is signed by those who hold the post today; `missing` are (id, name)."""

    letter_id: int
    post: str
    year: int
    signed: int
    missing: tuple[tuple[int, str], ...]

    @property
    def holders(self) -> int:
        return self.signed + len(self.missing)


async def signing(db: AsyncConnection, year: int) -> list[Signing]:
    """The figures (签订率) of every post that has a letter for that year, from below."""
    letters = await newest(db, year)
    return [await _signing(db, letters[post]) for post in POSTS if post in letters]


def rate(figures: Sequence[Signing]) -> Text | None:
    """How many of a year's letters are signed (签订率), in one line; None where nothing was issued."""
    holders = sum(one.holders for one in figures)
    if not holders:
        return None
    gaps = {"year": str(figures[0].year), **share(sum(one.signed for one in figures), holders)}
    return _("📜 Letters of responsibility {year}: {signed} of {holders} signed ({percent}%)", **gaps)


def share(signed: int, holders: int) -> dict[str, object]:
    """The gaps of a sentence about how many of some letters are signed."""
    percent = round(100 * signed / holders) if holders else 0
    return {"signed": signed, "holders": holders, "percent": percent}


def issuable(roles: Iterable[str]) -> list[str]:
    """The posts that somebody with `roles` may issue letters to: those below their own; the director, above
    whom nobody here is, also their own."""
    held = frozenset(roles)
    if not may(held, "issue letters"):
        return []
    theirs = gives(held) | (held & {chain.POSTS[-1]})
    return [post for post in POSTS if post in theirs]


async def newest(db: AsyncConnection, year: int) -> dict[str, Found]:
    """By post, the letter in force for a year."""
    query = select(*_LETTER).where(Letter.year == year).order_by(Letter.version)
    return {row.post: row for row in await db.execute(query)}


async def one(db: AsyncConnection, letter_id: int) -> Found | None:
    return (await db.execute(select(*_LETTER).where(Letter.id == letter_id))).first()


async def in_force(db: AsyncConnection, letter: Found) -> Found:
    """The newest version of a letter."""
    return (await newest(db, letter.year))[letter.post]


async def copy_of(db: AsyncConnection, letter_id: int, person_id: int) -> Found | None:
    """Somebody's copy of a letter, locked until the transaction ends."""
    mine = select(*_COPY).where(LetterCopy.letter_id == letter_id, LetterCopy.person_id == person_id)
    return (await db.execute(mine.with_for_update())).first()


async def hand_out(work: Work, person_id: int) -> None:
    """Give somebody the letters of their posts that they have not got yet."""
    roles = await work.db.scalar(select(Person.roles).where(Person.id == person_id, Person.active))
    for year in (work.today.year, work.today.year + 1):
        for post, letter in (await newest(work.db, year)).items():
            if roles and post in roles and await copy_of(work.db, letter.id, person_id) is None:
                await give(work, letter, person_id)


async def give(work: Work, letter: Found, person_id: int) -> None:
    """Send a letter to somebody, and a reminder some days later unless it is signed by then."""
    row = {"letter_id": letter.id, "person_id": person_id, "sent_at": work.now, "sample": False}
    await work.db.execute(insert(LetterCopy).values(**row))
    await work.tell(person_id, await card(work, letter, person_id))
    await work.due(REMIND, f"{letter.id}.{person_id}", work.now + REMIND_AFTER)


async def remind(work: Work, letter: Found, person_id: int) -> None:
    shown = await card(work, letter, person_id)
    asked = _("🔔 Please read and sign your letter of responsibility.")
    await work.tell(person_id, Message(lines(asked, "", shown.text), shown.rows))
    mine = (LetterCopy.letter_id == letter.id, LetterCopy.person_id == person_id)
    open_ = LetterCopy.signed_at.is_(None)  # or it was signed just now, and changes no more
    await work.db.execute(update(LetterCopy).where(*mine, open_).values(reminded_at=work.now))


async def unsigned(db: AsyncConnection, person_id: int, year: int) -> list[Found]:
    """The letters in force for a year that somebody has and has not signed, though they hold the post."""
    roles = await db.scalar(select(Person.roles).where(Person.id == person_id)) or frozenset()
    waiting = select(LetterCopy.letter_id).where(
        LetterCopy.person_id == person_id, LetterCopy.signed_at.is_(None)
    )
    mine = set(await db.scalars(waiting))
    letters = await newest(db, year)
    return [letter for post, letter in letters.items() if letter.id in mine and post in roles]


def title(letter: Found) -> Text:
    version = _("version {number}", number=letter.version) if letter.version > 1 else None
    called = _("Letter of responsibility {year}", year=str(letter.year))
    return joined("📜", joined(called, ROLES[letter.post], version), between=" ")


async def card(work: Work, letter: Found, person_id: int) -> Message:
    """A letter as its signer reads it, with the button under the text while it is to be signed."""
    copy = await copy_of(work.db, letter.id, person_id)
    named = await members.known_as(work.db, (letter.issued_by, person_id))
    when = None if copy is None else copy.signed_at
    text = lines(
        title(letter),
        "",
        Both(letter.body_zh, letter.body_en),
        "",
        _("Issued by {name}, {when}", name=named.get(letter.issued_by, "–"), when=letter.issued_at),
        _("✍ Signed by {name}, {when}", name=named.get(person_id, "–"), when=when) if when else None,
    )
    sign = Button(_("✍ Read and signed"), for_action("letter_sign", letter.id), "main")
    return Message(text, ((sign,),) if copy is not None and when is None else ())


async def _signing(db: AsyncConnection, letter: Found) -> Signing:
    signed = select(LetterCopy.person_id).where(
        LetterCopy.letter_id == letter.id, LetterCopy.signed_at.is_not(None)
    )
    done = set(await db.scalars(signed))
    held = select(Person.id, Person.name).where(Person.active, Person.roles.holds(letter.post))
    holders = list(await db.execute(held.order_by(Person.name, Person.id)))
    missing = tuple((row.id, row.name) for row in holders if row.id not in done)
    return Signing(letter.id, letter.post, letter.year, len(holders) - len(missing), missing)


_LETTER: Final = tuple(Letter.__table__.columns)
_COPY: Final = tuple(LetterCopy.__table__.columns)
