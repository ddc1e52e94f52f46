"""Letters of responsibility (责任书): issued per post and year, read and signed in the chat, reminded of."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select, update

from handlers import audit, members
from handlers import letter_records as records
from handlers.invite import role_options
from handlers.kit.buttons import for_action, id_in
from handlers.kit.form import Form
from handlers.kit.kinds import choice, text
from handlers.kit.messages import Button, Message, Option
from handlers.kit.words import Both, Text, _, joined, lines, n_, say
from handlers.letter_records import Signing, share
from handlers.letter_texts import standard
from handlers.roles import ROLES
from handlers.routes import Routes
from handlers.work import Work, next_in_series
from models import Letter, LetterCopy, Person

routes = Routes()

MOST_NAMED = 15  # of those who have not signed, in one line


@routes.form
class Issue(
    Form,
    name="letter",
    opens=_("Letter of responsibility"),
    needs="issue letters",
    lasts=timedelta(days=3),
    on_expiry="discard",
):
    """To which post, for which year, and with which words. Facts: `posts`, `years`, `museum`, and `texts`,
    the words in force by `<post>.<year>` (Chinese, English)."""

    post: str = choice(
        _("A letter of responsibility for which post?"), lambda so_far: role_options(so_far.facts["posts"]),
        label=_("Post"), columns=2,
    )  # fmt: skip
    year: str = choice(
        _("For which year?"),
        lambda so_far: [Option(str(year), str(year)) for year in so_far.facts["years"]],
        label=_("Year"),
        columns=2,
    )
    wording: str = choice(
        lambda so_far: lines(so_far.offered, "", _("Is it to be issued in these words?")),
        [
            Option("this", _("In these words"), ("是", "可以", "yes", "ok")),
            Option("own", _("In other words"), ("否", "修改", "no", "edit")),
        ],
        label=_("Text"),
        columns=2,
    )
    body: str | None = text(
        _("Write or paste the whole text."), label=_("Text"), most=1800,
        when=lambda so_far: so_far.wording == "own",
    )  # fmt: skip

    @property
    def offered(self) -> Both:
        """The words in force, or those we propose."""
        known = self.facts["texts"].get(f"{self.post}.{self.year}")
        return Both(*known) if known else standard(self.post, int(self.year), self.facts["museum"])

    def head(self) -> Text | None:
        """The words as they will be issued, also where the post was changed since they were looked at."""
        return lines(self.offered, "") if self.wording == "this" else None

    async def submit(self, work: Work) -> None:
        year = int(self.year)
        if self.post not in records.issuable(work.me.roles):
            work.reply(_("Letters to that post are not yours to issue."))
            return
        words = self.offered if self.body is None else Both(self.body, "")
        before = (await records.newest(work.db, year)).get(self.post)
        if before is not None and (before.body_zh, before.body_en) == (words.zh, words.en):
            work.reply(
                _("It is issued in these very words already. /letters shows who has still to sign it.")
            )
            return
        await self._issue(work, year, words)

    async def _issue(self, work: Work, year: int, words: Both) -> None:
        version = await next_in_series(work.db, f"letter-{self.post}", self.year)
        row = {
            "post": self.post, "year": year, "version": version, "body_zh": words.zh, "body_en": words.en,
            "issued_by": work.me.id, "issued_at": work.now, "sample": False,
        }  # fmt: skip
        letter_id = (await work.db.execute(insert(Letter).values(**row).returning(Letter.id))).scalar_one()
        await audit.record(
            work.db, work.now, "letter", actor=work.me.id, post=self.post, year=year, version=version
        )
        letter = await records.one(work.db, letter_id)
        assert letter is not None  # stored in this transaction
        holders = select(Person.id).where(Person.active, Person.roles.holds(self.post)).order_by(Person.id)
        people = list(await work.db.scalars(holders))
        for person in people:
            await records.give(work, letter, person)
        sent = n_("Sent to {count} person to sign.", "Sent to {count} people to sign.", len(people))
        work.reply(Message(lines(_("✔ Issued"), records.title(letter), sent), replace=True))


@routes.command(
    "letters",
    needs="letters",
    words=("责任书", "安全责任书"),
    title=_("📜 Letters of responsibility"),
    about=_("Letters of responsibility: sign, see who has signed"),
    order=48,
)
async def letters(work: Work, _rest: str) -> None:
    """`/letters` or 责任书: to managers how far they are signed; to everybody their own."""
    manages = work.me.may("issue letters")
    figures = await _figures(work) if manages else []
    own, rows = await _own(work)
    if manages:
        rows = (*_reminders(work, figures), *rows)
        rows = (*rows, (Button(_("Issue a letter"), for_action("letter_new"), "main"),))
    told = [_line(one) for one in figures]
    if manages and not told:
        told = [_("No letter of responsibility has been issued for this year.")]
    if not own and not manages:
        told = [_("You have no letter of responsibility.")]
    mine = [_("Your own:"), *own] if own and manages else own
    work.reply(Message(lines(_("📜 Letters of responsibility"), *told, *mine), rows, replace=True))


@routes.action("letter_new", needs="issue letters")
async def begin(work: Work, _argument: str) -> None:
    years = [work.today.year, work.today.year + 1]
    texts = {
        f"{post}.{year}": [row.body_zh, row.body_en]
        for year in years
        for post, row in (await records.newest(work.db, year)).items()
    }
    posts = records.issuable(work.me.roles)
    facts = {"posts": posts, "years": years, "museum": say(work.rules.museum, work.tongue), "texts": texts}
    await work.open(Issue, facts=facts)


@routes.action("letter", needs="letters")
async def read(work: Work, key: str) -> None:
    """One of one's own letters."""
    letter = await records.one(work.db, id_in(key))
    if letter is None or await records.copy_of(work.db, letter.id, work.me.id) is None:
        work.toast = NOT_YOURS
        return
    work.reply(await records.card(work, letter, work.me.id))


@routes.action("letter_sign", needs="letters")
async def sign(work: Work, key: str) -> None:
    """One tap under the text signs that version, once."""
    letter = await records.one(work.db, id_in(key))
    copy = await records.copy_of(work.db, letter.id, work.me.id) if letter is not None else None
    if letter is None or copy is None:
        work.toast = NOT_YOURS
        return
    newer = await records.in_force(work.db, letter)
    if copy.signed_at is not None:
        work.toast = _("You have signed it already.")
    elif newer.id != letter.id:
        work.toast = _("There is a newer version; please read and sign that one.")
        letter = newer
    elif letter.post not in work.me.roles:
        work.toast = _("You no longer hold that post.")
    else:
        signed = update(LetterCopy).where(LetterCopy.id == copy.id).values(signed_at=work.now)
        await work.db.execute(signed)
        said = {"letter": letter.id, "post": letter.post, "year": letter.year, "version": letter.version}
        await audit.record(work.db, work.now, "letter_signed", actor=work.me.id, **said)
        work.toast = _("Signed.")
        await _tell_issuer(work, letter)
    shown = await records.card(work, letter, work.me.id)
    work.reply(Message(shown.text, shown.rows, replace=True))


@routes.action("letter_remind", needs="issue letters")
async def remind(work: Work, key: str) -> None:
    """Remind everybody who has not signed; nobody twice on one day."""
    letter = await records.one(work.db, id_in(key))
    if letter is None or letter.post not in records.issuable(work.me.roles):
        work.toast = _("Letters to that post are not yours to issue.")
        return
    count = 0
    for one in await records.signing(work.db, letter.year):
        for person, _name in one.missing if one.letter_id == letter.id else ():
            copy = await records.copy_of(work.db, letter.id, person)
            if copy is None:
                await records.give(work, letter, person)
            elif copy.reminded_at is None or copy.reminded_at.astimezone(work.rules.zone).date() < work.today:
                await records.remind(work, letter, person)
            else:
                continue
            count += 1
    reminded = n_("{count} person was reminded.", "{count} people were reminded.", count)
    work.toast = reminded if count else _("Everybody missing was reminded today already.")


@routes.timer(records.REMIND)
async def overdue(work: Work, key: str) -> None:
    """A week after a letter was sent: a reminder, unless it is signed or no longer matters."""
    letter_id, _sep, person = key.partition(".")
    letter, person_id = await records.one(work.db, id_in(letter_id)), id_in(person)
    if letter is None or letter.year < work.today.year:
        return
    waiting = await records.unsigned(work.db, person_id, letter.year)
    if any(one.id == letter.id for one in waiting):
        await records.remind(work, letter, person_id)


async def _figures(work: Work) -> list[Signing]:
    """This year's, and next year's where some are issued already."""
    this = await records.signing(work.db, work.today.year)
    return [*this, *await records.signing(work.db, work.today.year + 1)]


async def _own(work: Work) -> tuple[list[Text], tuple[tuple[Button, ...], ...]]:
    """One's own letters from this year on, each with a button to read it."""
    query = (
        select(Letter, LetterCopy.signed_at)
        .join(LetterCopy, LetterCopy.letter_id == Letter.id)
        .where(LetterCopy.person_id == work.me.id, Letter.year >= work.today.year)
        .order_by(Letter.year, Letter.post, Letter.version.desc())
    )
    told, rows = list[Text](), list[tuple[Button, ...]]()
    for row in await work.db.execute(query):
        if row.signed_at is None and (await records.in_force(work.db, row)).id != row.id:
            continue
        state = _("signed {when}", when=row.signed_at) if row.signed_at else _("to be signed")
        told.append(joined(records.title(row), state))
        called = _("Read: {year} {post}", year=str(row.year), post=ROLES[row.post])
        rows.append((Button(called, for_action("letter", row.id), "plain" if row.signed_at else "main"),))
    return told, tuple(rows)


def _line(one: Signing) -> Text:
    """How far a letter is signed, and by whom it is not."""
    gaps = {"post": ROLES[one.post], "year": str(one.year), **share(one.signed, one.holders)}
    said = _("{year} {post}: {signed} of {holders} signed ({percent}%)", **gaps)
    if not one.missing:
        return said
    names = [members.called(name) for _person, name in one.missing[:MOST_NAMED]]
    rest = len(one.missing) - MOST_NAMED
    more = _("and {count} more", count=rest) if rest > 0 else None
    return lines(said, _("  missing: {names}", names=joined(*names, more)))


def _reminders(work: Work, figures: list[Signing]) -> tuple[tuple[Button, ...], ...]:
    mine = records.issuable(work.me.roles)
    return tuple(
        (
            Button(
                _("🔔 Remind: {post} ({count})", post=ROLES[one.post], count=len(one.missing)),
                for_action("letter_remind", one.letter_id),
            ),
        )
        for one in figures
        if one.missing and one.post in mine
    )


async def _tell_issuer(work: Work, letter: records.Found) -> None:
    """Say so when the last one has signed."""
    figures = await records.signing(work.db, letter.year)
    done = any(one.letter_id == letter.id and not one.missing for one in figures)
    if done and letter.issued_by != work.me.id:
        said = lines(_("✔ Everybody has signed:"), records.title(letter))
        await work.tell(letter.issued_by, Message(said))


NOT_YOURS = _("That letter is not yours.")
