"""A person with WeChat: follows an Official Account, writes to it, taps its menu and scans its codes.

Messages: https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_standard_messages.html
Events: https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
Menu: https://developers.weixin.qq.com/doc/service/guide/product/menu/Custom_Menu_Push_Events.html
Quotas: https://developers.weixin.qq.com/doc/offiaccount/Customer_Service/Customer_Service_Messages.html
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.wechat_api.callbacks import Delivery
from tests.fakes.wechat_api.person import Ground, Person, picture_name
from tests.fakes.wechat_api.rules import Json, Refusal

LONG, SHORT = (5, 48 * 3600.0), (3, 60.0)  # messages, and the seconds within which they may be sent
TYPING = 15.0  # seconds that "typing" is shown
NEAR = 30.0  # seconds after the last exchange in which it may be


@dataclass
class Window:
    """How many messages may still be pushed to a person, and until when."""

    left: int = 0
    ends: float = 0.0

    def open(self, quota: tuple[int, float], now: float) -> None:
        """Begins anew: what was left of it is not added."""
        self.left, self.ends = quota[0], now + quota[1]


class Follower(Person):
    """Someone who follows the account or may. `typing_until` tells how long "typing" is shown to them."""

    def __init__(self, ground: Ground, openid: str, account: str, *, following: bool) -> None:
        super().__init__(ground, openid)
        self.following = following
        self.typing_until = 0.0
        self._account = account
        self._written = Window()
        self._touched = Window()
        self._exchanged_at = 0.0

    # -- writing ------------------------------------------------------------------------------------------

    async def says(self, text: str) -> Delivery:
        return await self._writes("text", Content=text)

    async def sends_image(self, content: bytes) -> Delivery:
        return await self._writes("image", **self._picture(content))

    async def sends_voice(self, content: bytes, recognition: str = "") -> Delivery:
        """A voice message; what was recognized may be empty, as it mostly is."""
        media_id = self.keep("voice", "voice.amr", "audio/amr", content)
        return await self._writes("voice", MediaId=media_id, Format="amr", Recognition=recognition)

    async def sends_video(self, content: bytes, *, short: bool = False) -> Delivery:
        film = self.keep("video", "video.mp4", "video/mp4", content)
        thumb = self.keep("thumb", "thumb.jpg", "image/jpeg", b"\xff\xd8thumb")
        return await self._writes("shortvideo" if short else "video", MediaId=film, ThumbMediaId=thumb)

    async def sends_location(self, latitude: float, longitude: float, label: str = "") -> Delivery:
        return await self._writes(
            "location", Location_X=latitude, Location_Y=longitude, Scale=15, Label=label
        )

    async def sends_link(self, title: str, about: str, url: str) -> Delivery:
        return await self._writes("link", Title=title, Description=about, Url=url)

    async def taps_choice(self, words: str) -> Delivery:
        """Taps a choice of a msgmenu, or a link of the kind weixin://bizmsgmenu in a text.

        It arrives as a text with `bizmsgmenuid`, but opens only the short window.
        """
        number, label = self._choice(words)
        self._touches()
        return await self.message("text", Content=label, bizmsgmenuid=number)

    # -- the menu -----------------------------------------------------------------------------------------

    async def taps_menu(self, key: str) -> Delivery:
        """Taps a `click` button of the menu."""
        self.expects_button("click", key)
        self._touches()
        return await self.event("CLICK", key)

    async def opens_link(self, url: str) -> Delivery:
        """Taps a `view` button of the menu, which opens no window."""
        return await self.event("VIEW", url, MenuId=4_000_001)

    async def scans_for_menu(self, key: str, result: str) -> Delivery:
        """Taps a `scancode_waitmsg` button and scans any code."""
        self.expects_button("scancode_waitmsg", key)
        self._touches()
        found = {"ScanType": "qrcode", "ScanResult": result}
        return await self.event("scancode_waitmsg", key, ScanCodeInfo=found)

    async def photographs_for_menu(self, key: str, *pictures: bytes) -> list[Delivery]:
        """Taps a `pic_sysphoto` button; after the event comes each picture as a message of its own."""
        self.expects_button("pic_sysphoto", key)
        items = [{"PicMd5Sum": hashlib.md5(picture).hexdigest()} for picture in pictures]
        sent: Json = {"Count": len(pictures), "PicList": {"item": items}}
        first = await self.event("pic_sysphoto", key, SendPicsInfo=sent)
        return [first, *[await self.sends_image(picture) for picture in pictures]]

    async def picks_location_for_menu(
        self, key: str, latitude: float, longitude: float, label: str = ""
    ) -> list[Delivery]:
        """Taps a `location_select` button; after the event comes the location as a message."""
        self.expects_button("location_select", key)
        place = {"Location_X": str(latitude), "Location_Y": str(longitude), "Scale": "15", "Label": label}
        first = await self.event("location_select", key, SendLocationInfo={**place, "Poiname": ""})
        return [first, await self.sends_location(latitude, longitude, label)]

    # -- following and scanning ---------------------------------------------------------------------------

    async def follows(self, scene: str = "") -> Delivery:
        """Follows the account, perhaps through a code with a scene."""
        self.following = True
        self._touches()
        if scene:
            return await self.event("subscribe", f"qrscene_{scene}", Ticket=_ticket(scene))
        return await self.event("subscribe")

    async def scans(self, scene: str) -> Delivery:
        """Scans a code of the account; who does not follow it yet, follows."""
        if not self.following:
            return await self.follows(scene)
        self._touches()
        return await self.event("SCAN", scene, Ticket=_ticket(scene))

    async def unfollows(self) -> Delivery:
        self.following = False
        self._written, self._touched = Window(), Window()
        return await self.event("unsubscribe")

    async def reports_location(self, latitude: float, longitude: float) -> Delivery:
        """What is told of whoever agreed to it on entering the chat; it opens no window."""
        return await self.does(
            {
                **self.head("event"),
                "Event": "LOCATION",
                "Latitude": latitude,
                "Longitude": longitude,
                "Precision": 65.0,
            }
        )

    # -- being written to ---------------------------------------------------------------------------------

    def take_push(self) -> None:
        """Uses up one message of a window that is open.

        Refused with 45015 where none is, or the person does not follow, and with 45047 where none is left.
        """
        now = self._ground.clock.now()
        windows = [window for window in (self._touched, self._written) if window.ends > now]
        if not self.following or not windows:
            raise Refusal(45015, "response out of time limit or subscription is canceled")
        usable = next((window for window in windows if window.left), None)
        if usable is None:
            raise Refusal(45047, "out of response count limit")
        usable.left -= 1
        self._exchanged_at, self.typing_until = now, 0.0

    def show_typing(self) -> None:
        """Shows "typing" for 15 s; refused with 45080 long after the last exchange, 45081 while shown."""
        now = self._ground.clock.now()
        if not self.following or max(self._touched.ends, self._written.ends) <= now:
            raise Refusal(45015, "response out of time limit or subscription is canceled")
        if now - self._exchanged_at > NEAR:
            raise Refusal(
                45080,
                "need sending message to user, or recving message from user in the last 30 seconds",
            )
        if self.typing_until > now:
            raise Refusal(45081, "message during typing is not allowed")
        self.typing_until = now + TYPING

    # -- inside -------------------------------------------------------------------------------------------

    def head(self, kind: str) -> Json:
        return {**super().head(kind), "ToUserName": self._account}

    async def _writes(self, kind: str, **fields: Any) -> Delivery:
        if not self.following:
            raise RuntimeError("only followers can write: call follows() first")
        now = self._ground.clock.now()
        self._written.open(LONG, now)
        self._exchanged_at = now
        return await self.message(kind, **fields)

    def _touches(self) -> None:
        if not self.following:
            raise RuntimeError("only followers have the menu: call follows() first")
        self._touched.open(SHORT, self._ground.clock.now())
        self._exchanged_at = self._ground.clock.now()

    def _picture(self, content: bytes) -> Json:
        media_id = self.keep("image", *picture_name(content), content)
        return {"PicUrl": f"http://mmbiz.qpic.cn/{media_id[:20]}/0", "MediaId": media_id}

    def _choice(self, words: str) -> tuple[str, str]:
        """The id and the words of a choice, of whatever message is the newest that has it."""
        for received in reversed(self.received):
            offered = received.choices if received.kind == "msgmenu" else links(received.text)
            for number, label in offered:
                if words in (number, label):
                    return number, label
        raise AssertionError(f"no choice {words!r}; the chat:\n{self.story()}")


def links(text: str) -> list[tuple[str, str]]:
    """The (id, words) of the weixin://bizmsgmenu links in a text."""
    found = re.findall(r'<a href="(weixin://bizmsgmenu\?[^"]+)">[^<]*</a>', text)
    asked = [parse_qs(urlsplit(link).query) for link in found]
    return [(one["msgmenuid"][0], one["msgmenucontent"][0]) for one in asked]


def _ticket(scene: str) -> str:
    return f"gQ{hashlib.sha256(scene.encode()).hexdigest()}"
