"""A fake of WeCom's API for a self-built app, as strict as WeCom, with members to drive it.

https://developer.work.weixin.qq.com/document/path/90664
"""

import re

from tests.fakes.wechat_api.crypto import Box
from tests.fakes.wechat_api.envelope import Envelope
from tests.fakes.wechat_api.member import Codes, Member
from tests.fakes.wechat_api.rules import MAX_TEXT, Ask, Json, Refusal, check_menu, part, size, words
from tests.fakes.wechat_api.server import Handler, Provider, ok, rid
from tests.fakes.wechat_api.world import Media, Received

CORP_ID = "ww1234567890abcdef"
AGENT_ID = 1_000_002
SECRET = "Wecom-Secret-0123456789-abcdefghijklmnopqrs"
TOKEN = "wecomtoken"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"

LARGEST = {"image": 10 * 2**20, "voice": 2 * 2**20, "video": 10 * 2**20, "file": 20 * 2**20}
SMALLEST = 5  # bytes, which are too few still
LONGEST_SUB = 40  # bytes of the name of a button below another
MOST_BUTTONS = 6
LONGEST_BUTTON_KEY = 1024
LONGEST_TASK = 128


class FakeWeCom(Provider[Member]):
    """One app: `async with FakeWeCom() as wecom: ada = wecom.person("ada"); await ada.says("hi")`."""

    open_method = "gettoken"
    as_text = frozenset({"media/get"})

    def __init__(self, *, aes_key: str = AES_KEY) -> None:
        self.corp_id, self.agent_id, self.secret = CORP_ID, AGENT_ID, SECRET
        self.token, self.aes_key = TOKEN, aes_key
        box = Box(self.token, self.aes_key, self.corp_id)
        super().__init__(Envelope(box, "safe", signed=False), early=0)
        self._codes = Codes(self.clock)
        self._tasks: dict[str, list[str]] = {}  # the members to whom the card of a task went

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a program that answers this app."""
        return {
            "WECOM_CORP_ID": self.corp_id,
            "WECOM_AGENT_ID": str(self.agent_id),
            "WECOM_SECRET": self.secret,
            "WECOM_TOKEN": self.token,
            "WECOM_AES_KEY": self.aes_key,
            "WECOM_API_URL": self.url,
        }

    def person(self, userid: str) -> Member:
        """The member with this id, made on first use."""
        if userid not in self.people:
            self.people[userid] = Member(self.ground, userid, self.corp_id, self.agent_id, self._codes)
        return self.people[userid]

    def hint(self, code: int) -> str:
        more = f"https://open.work.weixin.qq.com/devtool/query?e={code}"
        return f", hint: [{rid()}], from ip: 127.0.0.1, more info at {more}"

    def routes(self) -> dict[tuple[str, str], Handler]:
        return {
            ("GET", "gettoken"): self._gettoken,
            ("POST", "message/send"): self._send,
            ("POST", "message/update_template_card"): self._update_card,
            ("POST", "media/upload"): self._upload,
            ("GET", "media/get"): self._download,
            ("POST", "menu/create"): self._create_menu,
            ("GET", "menu/get"): self._get_menu,
            ("GET", "menu/delete"): self._delete_menu,
        }

    def _gettoken(self, ask: Ask) -> Json:
        """https://developer.work.weixin.qq.com/document/path/91039"""
        if ask.query.get("corpid") != self.corp_id:
            raise Refusal(40013, "invalid corpid")
        if ask.query.get("corpsecret") != self.secret:
            raise Refusal(40001, "invalid credential")
        token, seconds = self.tokens.current()
        return ok(access_token=token, expires_in=seconds)

    # -- messages: https://developer.work.weixin.qq.com/document/path/90236 ------------------------------

    def _send(self, ask: Ask) -> Json:
        given = ask.json()
        self._check_agent(given.get("agentid"))
        kinds = {"text": self._text, "image": self._file, "file": self._file, "template_card": self._card}
        kind = str(given.get("msgtype"))
        if kind not in kinds:
            raise Refusal(40008, "invalid message type")
        received = kinds[kind](kind, part(given, kind))
        known, unknown = self._addressed(str(given.get("touser", "")))
        for member in known:
            member.take_push()
        for member in known:
            member.gets(
                received.kind,
                received.text,
                "push",
                raw=given,
                media=received.media,
                choices=list(received.choices),
                task=received.task,
            )
        more: Json = {"invaliduser": "|".join(unknown).lower(), "msgid": rid()}
        if received.task:
            self._tasks[received.task] = [member.id for member in known]
            more["response_code"] = self._codes.make(received.task)
        return ok(**more)

    def _check_agent(self, agent: object) -> None:
        if str(agent) != str(self.agent_id):
            raise Refusal(40056, "invalid agentid")

    def _addressed(self, to: str) -> tuple[list[Member], list[str]]:
        """The members of this list who can be written to, of whom there must be some, and the other ids."""
        if not to:
            raise Refusal(40032, "invalid user list size")
        wanted = to.split("|")
        known = [self.people[id] for id in wanted if id in self.people and self.people[id].visible]
        if not known:
            raise Refusal(81013, "user & party & tag all invalid")
        return known, [id for id in wanted if id not in {member.id for member in known}]

    def _text(self, kind: str, given: Json) -> Received:
        """What is longer than 2048 bytes is cut, and nobody is told."""
        text = words(given, "content", Refusal(44004, "empty content"))
        return Received(kind, text.encode()[:MAX_TEXT].decode(errors="ignore"), "push", 0)

    def _file(self, kind: str, given: Json) -> Received:
        found = self.media.get(given.get("media_id"), kind)
        return Received(kind, found.name if kind == "file" else "", "push", 0, media=found)

    def _card(self, _: str, given: Json) -> Received:
        if given.get("card_type") != "button_interaction":
            raise Refusal(40008, "invalid message type: this fake knows cards of buttons only")
        task = str(given.get("task_id", ""))
        if not re.fullmatch(rf"[0-9A-Za-z_\-@]{{1,{LONGEST_TASK}}}", task) or task in self._tasks:
            raise Refusal(42014, "taskid has existed or empty or exceed max len")
        return Received("card", _title(given), "push", 0, choices=_buttons(given), task=task)

    def _update_card(self, ask: Ask) -> Json:
        """https://developer.work.weixin.qq.com/document/path/94888"""
        given = ask.json()
        self._check_agent(given.get("agentid"))
        fresh = part(given, "template_card") if "template_card" in given else None
        label = (
            "" if fresh else words(part(given, "button"), "replace_name", Refusal(40058, "invalid parameter"))
        )
        task = self._codes.spend(given.get("response_code"))
        had = self._tasks[task]
        wanted = had if given.get("atall") == 1 else [str(one) for one in given.get("userids", [])]
        for userid in set(wanted) & set(had):
            self._change(self.people[userid].card(task), label, fresh)
        self.changes.notify()
        return ok(invaliduser=[userid.lower() for userid in wanted if userid not in had])

    def _change(self, card: Received | None, label: str, fresh: Json | None) -> None:
        if card is None:
            return
        card.replaced, card.choices = label, []
        if fresh is not None:
            card.text, card.choices, card.raw = _title(fresh), _buttons(fresh), {"template_card": fresh}

    # -- files: https://developer.work.weixin.qq.com/document/path/90253 ---------------------------------

    def _upload(self, ask: Ask) -> Json:
        kind, file = ask.query.get("type", ""), ask.upload
        if kind not in LARGEST:
            raise Refusal(40005, "invalid type")
        if file is None or not file.name:
            raise Refusal(44001, "empty media data")
        if not SMALLEST < len(file.data) <= LARGEST[kind]:
            raise Refusal(40006, "invalid media size")
        media_id = self.media.add(kind, file.name, file.mime, file.data)
        return ok(type=kind, media_id=media_id, created_at=str(int(self.clock.now())))

    def _download(self, ask: Ask) -> Media:
        return self.media.get(ask.query.get("media_id"))

    # -- menu: https://developer.work.weixin.qq.com/document/path/90231 ----------------------------------

    def _create_menu(self, ask: Ask) -> Json:
        self._check_agent(ask.query.get("agentid"))
        self.ground.menu = check_menu(ask.json(), LONGEST_SUB)
        return ok()

    def _get_menu(self, ask: Ask) -> Json:
        self._check_agent(ask.query.get("agentid"))
        if not self.menu:
            raise Refusal(46003, "menu no exist")
        return ok(button=self.menu)

    def _delete_menu(self, ask: Ask) -> Json:
        self._check_agent(ask.query.get("agentid"))
        self.ground.menu = []
        return ok()


def _title(card: Json) -> str:
    """The words above the buttons; a title or a text has to be there."""
    main = card.get("main_title") or {}
    found = [main.get("title"), main.get("desc"), card.get("sub_title_text")]
    if not (found[0] or found[2]):
        raise Refusal(40058, "invalid parameter: main_title")
    return "\n".join(text for text in found if text)


def _buttons(card: Json) -> list[tuple[str, str]]:
    """The (key, words) of 1-6 buttons, no two with the same key."""
    wrong = Refusal(40058, "invalid parameter: button_list")
    buttons = card.get("button_list")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MOST_BUTTONS:
        raise wrong
    found = [(words(button, "key", wrong), words(button, "text", wrong)) for button in buttons]
    if len(dict(found)) < len(found) or any(size(key) > LONGEST_BUTTON_KEY for key, _ in found):
        raise wrong
    if any(button.get("style", 1) not in (1, 2, 3, 4) for button in buttons):
        raise wrong
    return found
