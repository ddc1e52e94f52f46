"""A member of a company with WeCom: writes to its app, taps the app's menu and the buttons of its cards.

Messages: https://developer.work.weixin.qq.com/document/path/90239
Events: https://developer.work.weixin.qq.com/document/path/90240
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.wechat_api.callbacks import Delivery
from tests.fakes.wechat_api.person import Ground, Person, picture_name
from tests.fakes.wechat_api.rules import Json, Refusal
from tests.fakes.wechat_api.world import Clock, Received

MINUTE, MOST_A_MINUTE = 60.0, 30
HOUR, MOST_AN_HOUR = 3600.0, 1000
CODE_LIFE = 72 * HOUR


@dataclass
class Codes:
    """The codes that let a card be changed: each once, within 72 hours.

    https://developer.work.weixin.qq.com/document/path/94888
    """

    clock: Clock
    _open: dict[str, tuple[str, float]] = field(default_factory=dict)

    def make(self, task: str) -> str:
        """A code for the card of this task."""
        code = secrets.token_urlsafe(32)
        self._open[code] = (task, self.clock.now() + CODE_LIFE)
        return code

    def spend(self, code: object) -> str:
        """The task of the card that this code may change. Refused where it was spent or is too old.

        Which errcode WeCom gives then is not published; 40058, "invalid parameter", stands for it.
        """
        task, ends = self._open.pop(str(code), ("", 0.0))
        if ends <= self.clock.now():
            raise Refusal(40058, "invalid parameter: response_code")
        return task


class Member(Person):
    """Someone of the company; `visible` is whether the app is theirs to use."""

    def __init__(self, ground: Ground, userid: str, corp_id: str, agent_id: int, codes: Codes) -> None:
        super().__init__(ground, userid)
        self.visible = True
        self._corp_id = corp_id
        self._agent_id = agent_id
        self._codes = codes
        self._pushed: list[float] = []
        self._shut_until = 0.0

    # -- acting -------------------------------------------------------------------------------------------

    async def says(self, text: str) -> Delivery:
        return await self.message("text", Content=text)

    async def sends_image(self, content: bytes) -> Delivery:
        return await self.message("image", **self._picture(content))

    async def sends_voice(self, content: bytes, recognition: str = "") -> Delivery:
        """A voice message. WeCom recognizes nothing: `recognition` is there for who drives both channels."""
        media_id = self.keep("voice", "voice.amr", "audio/amr", content)
        return await self.message("voice", MediaId=media_id, Format="amr")

    async def sends_video(self, content: bytes) -> Delivery:
        film = self.keep("video", "video.mp4", "video/mp4", content)
        thumb = self.keep("image", "thumb.jpg", "image/jpeg", b"\xff\xd8thumb")
        return await self.message("video", MediaId=film, ThumbMediaId=thumb)

    async def sends_location(self, latitude: float, longitude: float, label: str = "") -> Delivery:
        place = {"Location_X": latitude, "Location_Y": longitude, "Scale": 15, "Label": label}
        return await self.message("location", **place, AppType="wxwork")

    async def sends_link(self, title: str, about: str, url: str) -> Delivery:
        return await self.message("link", Title=title, Description=about, Url=url, PicUrl="")

    async def enters(self) -> Delivery:
        """Opens the app."""
        return await self.event("enter_agent")

    async def follows(self) -> Delivery:
        """Is let into the app by the company."""
        self.visible = True
        return await self.event("subscribe")

    async def unfollows(self) -> Delivery:
        """Is shut out of the app, or leaves the company."""
        self.visible = False
        return await self.event("unsubscribe")

    async def taps_menu(self, key: str) -> Delivery:
        """Taps a `click` button of the menu."""
        self.expects_button("click", key)
        return await self.event("click", key)

    async def scans_for_menu(self, key: str, result: str) -> Delivery:
        """Taps a `scancode_waitmsg` button and scans any code."""
        self.expects_button("scancode_waitmsg", key)
        found = {"ScanType": "qrcode", "ScanResult": result}
        return await self.event("scancode_waitmsg", key, ScanCodeInfo=found)

    async def photographs_for_menu(self, key: str, *pictures: bytes) -> list[Delivery]:
        """Taps a `pic_sysphoto` button; after the event comes each picture as a message of its own."""
        self.expects_button("pic_sysphoto", key)
        items = [{"PicMd5Sum": secrets.token_hex(16)} for _ in pictures]
        sent: Json = {"Count": len(pictures), "PicList": {"item": items}}
        first = await self.event("pic_sysphoto", key, SendPicsInfo=sent)
        return [first, *[await self.sends_image(picture) for picture in pictures]]

    async def taps_card(self, button: str) -> Delivery:
        """Taps the button with these words, or this key, of the newest card that still has it."""
        card, key = self.choice(button, "card")
        return await self.event(
            "template_card_event",
            key,
            TaskId=card.task,
            CardType="button_interaction",
            ResponseCode=self._codes.make(card.task),
            SelectedItems={},
        )

    # -- being written to ---------------------------------------------------------------------------------

    def take_push(self) -> None:
        """Counts one message; refused with 45009 beyond 30 a minute or 1000 an hour, and then for as long.

        https://developer.work.weixin.qq.com/document/path/90312
        """
        now = self._ground.clock.now()
        self._pushed = [moment for moment in self._pushed if now - moment < HOUR]
        if now >= self._shut_until:
            self._shut_until = now + self._pause(now)
        if now < self._shut_until:
            raise Refusal(45009, "api freq out of limit")
        self._pushed.append(now)

    def card(self, task: str) -> Received | None:
        """The card of this task in the person's chat."""
        return next((one for one in reversed(self.received) if one.task == task), None)

    # -- inside -------------------------------------------------------------------------------------------

    def head(self, kind: str) -> Json:
        return {**super().head(kind), "ToUserName": self._corp_id, "AgentID": self._agent_id}

    async def message(self, kind: str, **fields: Any) -> Delivery:
        if not self.visible:
            raise RuntimeError("the app is not theirs to use: call follows() first")
        return await super().message(kind, **fields)

    def _pause(self, now: float) -> float:
        """Seconds for which nothing more is taken."""
        if len(self._pushed) >= MOST_AN_HOUR:
            return HOUR
        return MINUTE if sum(now - moment < MINUTE for moment in self._pushed) >= MOST_A_MINUTE else 0.0

    def _broken(self, delivery: Delivery) -> None:
        """WeCom shows nothing to a member whose message did not arrive."""

    def _picture(self, content: bytes) -> Json:
        media_id = self.keep("image", *picture_name(content), content)
        return {"PicUrl": f"https://wework.qpic.cn/{media_id[:20]}/0", "MediaId": media_id}
