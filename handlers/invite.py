"""Making invites: one post, for some people, for some days, as a code, a link and a QR picture."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import segno
from sqlalchemy import select, update

from handlers import audit, codes, members
from handlers.joining import make_invite
from handlers.kit.buttons import for_action, id_in
from handlers.kit.form import Form
from handlers.kit.kinds import choice, number
from handlers.kit.kinds.choice import pick
from handlers.kit.messages import Attached, Button, Message, Option
from handlers.kit.words import _, lines
from handlers.roles import ROLES, WITHOUT_CONFIRMATION, gives
from handlers.routes import Routes
from handlers.work import Work
from models import Invite

routes = Routes()

_SYNONYMS = {
    "volunteer": ("志愿者",),
    "guard": ("保安", "保安员", "安全员", "文保员"),
    "leader": ("班长", "保安班长", "队长"),
    "chief": ("科长", "保卫科长"),
    "deputy": ("副馆长", "分管副馆长"),
    "director": ("馆长",),
    "staff": ("工作人员", "员工"),
    "admin": ("管理员",),
}


@routes.form
class Invitation(
    Form,
    name="invite",
    opens=_("Invite"),
    needs="people",
    review=False,
    lasts=timedelta(hours=1),
    on_expiry="discard",
):
    """Whom an invite is for. The fact `roles` lists the roles its maker may give."""

    role: str = choice(
        _("Which post do you invite to?"),
        lambda so_far: role_options(so_far.facts["roles"]),
        label=_("Post"),
        columns=2,
    )
    uses: int = number(_("For how many people?"), label=_("People"), least=1, most=200, likely=(1, 5, 20, 50))
    days: int = number(_("For how many days?"), label=_("Days"), least=1, most=90, likely=(1, 7, 30))

    async def submit(self, work: Work) -> None:
        if self.role not in gives(work.me.roles):
            work.reply(_("You cannot give that post (any more)."))
            return
        code = await make_invite(work.db, self.role, self.uses, self.days, work.me.id, work.now)
        work.reply(await _shown(work, code, self))


def role_options(roles: list[str]) -> list[Option]:
    """The roles as options, in the order of the table."""
    return [Option(role, title, _SYNONYMS[role]) for role, title in ROLES.items() if role in roles]


@routes.command(
    "invite",
    needs="people",
    words=("邀请", "邀请码"),
    title=_("✉ Invite"),
    about=_("Invite colleagues and volunteers"),
    order=71,
)
async def invite(work: Work, rest: str) -> None:
    """`/invite`, or `/invite 保安` with the post at once."""
    may_give = sorted(gives(work.me.roles))
    role = pick(rest, role_options(may_give), work.tongue)
    await work.open(Invitation, facts={"roles": may_give}, **({"role": role} if role else {}))


@routes.action("uninvite", needs="people")
async def uninvite(work: Work, key: str) -> None:
    """Withdraw an invite: its maker may, and whoever may give its role."""
    found = (await work.db.execute(select(Invite).where(Invite.id == id_in(key)))).first()
    if found is None or (found.created_by != work.me.id and found.role not in gives(work.me.roles)):
        work.toast = _("That invite is not yours to withdraw.")
        return
    await work.db.execute(update(Invite).where(Invite.id == found.id).values(uses_left=0))
    await audit.record(work.db, work.now, "uninvited", actor=work.me.id, invite=found.id)
    work.reply(Message(_("The invite is withdrawn; its code no longer works."), replace=True))


async def _shown(work: Work, code: str, asked: Invitation) -> Message:
    """The invite to hand on: the QR picture leads to the channel its maker uses."""
    ways = members.ways_in(work.rules, "i", code)
    at_once = asked.role in WITHOUT_CONFIRMATION
    unreachable = members.is_local(work.rules.public_url)
    said = lines(
        _("Invite to {museum} as {role}", museum=work.rules.museum, role=ROLES[asked.role]),
        _("Code: {code}", code=codes.grouped(code)),
        *ways.values(),
        members.way_in_wechat(work.rules),
        _("Only the desk's own machine can open that address: PUBLIC_URL is not set.")
        if unreachable
        else None,
        _(
            "For {people} people, until {when}.",
            people=asked.uses,
            when=work.now + timedelta(days=asked.days),
        ),
        _("Whoever uses it joins at once.")
        if at_once
        else _("Whoever uses it still has to be confirmed by a supervisor."),
    )
    stored = select(Invite.id).where(Invite.code_hash == codes.hashed(code))
    withdraw = Button(
        _("Withdraw this invite"), for_action("uninvite", await work.db.scalar(stored)), "quiet"
    )
    return Message(said, ((withdraw,),), photos=(qr(work, ways.get(work.me.channel, ways["web"])),))


def qr(work: Work, address: str, name: str = "invite.png") -> Attached:
    """A QR picture of `address`, large enough to be scanned from a screen or printed."""
    picture = BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="png", scale=8, border=4)
    return work.keep_file(picture.getvalue(), name, "image/png")
