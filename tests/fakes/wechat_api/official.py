"""A fake of the Official Account's API, as strict as WeChat, with followers to drive it.

https://developers.weixin.qq.com/doc/service/api/
"""

from tests.fakes.wechat_api.crypto import Box
from tests.fakes.wechat_api.envelope import Envelope, Mode
from tests.fakes.wechat_api.follower import Follower
from tests.fakes.wechat_api.rules import MAX_TEXT, Ask, Json, Refusal, check_menu, part, size, words
from tests.fakes.wechat_api.server import Handler, Provider, ok, rid
from tests.fakes.wechat_api.world import DAY, Media, Received

APP_ID = "wx1234567890abcdef"
APP_SECRET = "0123456789abcdef0123456789abcdef"
TOKEN = "callbacktoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT = "gh_0123456789ab"

EARLY = 300.0  # seconds before its end a new token is given out beside the old one
FORCED_A_DAY, FORCED_APART = 20, 30.0
LARGEST = {"image": 10 * 2**20, "voice": 2 * 2**20, "video": 10 * 2**20, "thumb": 64 * 2**10}
LONGEST_SUB = 60  # bytes of the name of a button below another
LONGEST_SCENE = 64
MONTH = 30 * DAY
MAX_CHOICES = 10


class FakeWeChat(Provider[Follower]):
    """One account: `async with FakeWeChat() as wechat: ada = wechat.person("o-ada"); await ada.says("hi")`.

    `mode` is how callbacks travel; `menus_refused` makes it an account that may not send a msgmenu (40200);
    not `whitelisted`, whoever asks for a token is refused by their address (40164).
    """

    open_method = "stable_token"
    as_text = frozenset(
        {"message/custom/send", "message/custom/typing", "media/upload", "media/get", "menu/get"}
    )

    def __init__(self, mode: Mode = "safe", *, aes_key: str = AES_KEY) -> None:
        self.app_id, self.secret, self.token, self.aes_key = APP_ID, APP_SECRET, TOKEN, aes_key
        super().__init__(self.envelope(mode), EARLY)
        self.menus_refused = False
        self.whitelisted = True
        self.codes: dict[str, float] = {}  # the scenes codes were made for, and when they end
        self._forced: list[float] = []

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a program that answers this account."""
        return {
            "WECHAT_APP_ID": self.app_id,
            "WECHAT_APP_SECRET": self.secret,
            "WECHAT_TOKEN": self.token,
            "WECHAT_AES_KEY": self.aes_key,
            "WECHAT_MODE": self.callbacks.envelope.mode,
            "WECHAT_API_URL": self.url,
        }

    def envelope(self, mode: Mode) -> Envelope:
        """How callbacks travel in this mode; set it as `callbacks.envelope` to change it."""
        return Envelope(Box(self.token, self.aes_key, self.app_id), mode, signed=True)

    def person(self, openid: str, *, following: bool = True) -> Follower:
        """The person with this openid, made on first use; no event tells of it."""
        if openid not in self.people:
            self.people[openid] = Follower(self.ground, openid, ACCOUNT, following=following)
        return self.people[openid]

    def hint(self, code: int) -> str:
        return f" rid: {rid()}"

    def routes(self) -> dict[tuple[str, str], Handler]:
        return {
            ("POST", "stable_token"): self._stable_token,
            ("POST", "message/custom/send"): self._send,
            ("POST", "message/custom/typing"): self._typing,
            ("POST", "media/upload"): self._upload,
            ("GET", "media/get"): self._download,
            ("POST", "menu/create"): self._create_menu,
            ("GET", "menu/get"): self._get_menu,
            ("GET", "menu/delete"): self._delete_menu,
            ("POST", "qrcode/create"): self._create_code,
            ("GET", "user/info"): self._user,
        }

    # -- tokens: https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken ------------

    def _stable_token(self, ask: Ask) -> Json:
        given = ask.json()
        if not self.whitelisted:
            raise Refusal(40164, "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist")
        if given.get("grant_type") != "client_credential":
            raise Refusal(40002, "invalid grant_type")
        if given.get("appid") != self.app_id:
            raise Refusal(40013, "invalid appid")
        if given.get("secret") != self.secret:
            raise Refusal(40125, "invalid appsecret")
        token, seconds = self._forced_token() if given.get("force_refresh") else self.tokens.current()
        return {"access_token": token, "expires_in": seconds}

    def _forced_token(self) -> tuple[str, int]:
        now = self.clock.now()
        today = [moment for moment in self._forced if moment // DAY == now // DAY]
        if len(today) >= FORCED_A_DAY:
            raise Refusal(45009, "reach max api daily quota limit")
        if today and now - today[-1] < FORCED_APART:
            raise Refusal(45011, "api minute-quota reach limit, must slower, retry next minute")
        self._forced.append(now)
        return self.tokens.renewed()

    # -- 客服消息: https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage --

    def _send(self, ask: Ask) -> Json:
        given = ask.json()
        person = self._addressed(given)
        kinds = {"text": self._text, "image": self._file, "voice": self._file, "msgmenu": self._choices}
        kind = str(given.get("msgtype"))
        if kind not in kinds:
            raise Refusal(40008, "invalid message type")
        received = kinds[kind](kind, part(given, kind))
        person.take_push()
        person.gets(kind, received.text, "push", raw=given, media=received.media, choices=received.choices)
        return ok()

    def _addressed(self, given: Json) -> Follower:
        person = self.people.get(str(given.get("touser")))
        if person is None:
            raise Refusal(40003, "invalid openid")
        return person

    def _text(self, kind: str, given: Json) -> Received:
        text = words(given, "content", Refusal(44004, "empty content"))
        if size(text) > MAX_TEXT:
            raise Refusal(45002, "content size out of limit")
        return Received(kind, text, "push", 0)

    def _file(self, kind: str, given: Json) -> Received:
        return Received(kind, "", "push", 0, media=self.media.get(given.get("media_id"), kind))

    def _choices(self, kind: str, given: Json) -> Received:
        if self.menus_refused:
            raise Refusal(40200, "invalid account type")
        offered = given.get("list")
        if not isinstance(offered, list) or not 1 <= len(offered) <= MAX_CHOICES:
            raise Refusal(40035, "invalid parameter")
        wrong = Refusal(40035, "invalid parameter")
        choices = [(words(one, "id", wrong), words(one, "content", wrong)) for one in offered]
        lines = [str(given.get("head_content", "")), *[label for _, label in choices]]
        text = "\n".join([*lines, str(given.get("tail_content", ""))]).strip()
        if size(text) > MAX_TEXT:
            raise Refusal(45002, "content size out of limit")
        return Received(kind, text, "push", 0, choices=choices)

    def _typing(self, ask: Ask) -> Json:
        """https://developers.weixin.qq.com/doc/service/api/customer/message/api_typing"""
        given = ask.json()
        person = self._addressed(given)
        if given.get("command") == "CancelTyping":
            person.typing_until = 0.0
            return ok()
        if given.get("command") != "Typing":
            raise Refusal(45072, "invalid command")
        person.show_typing()
        return ok()

    # -- files: https://developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia ----

    def _upload(self, ask: Ask) -> Json:
        kind, file = ask.query.get("type", ""), ask.upload
        if kind not in LARGEST:
            raise Refusal(40004, "invalid media type")
        if file is None or not file.data:
            raise Refusal(41005, "media data missing")
        if len(file.data) > LARGEST[kind]:
            raise Refusal(40006, "invalid meida size")
        media_id = self.media.add(kind, file.name, file.mime, file.data)
        return {"type": kind, "media_id": media_id, "created_at": int(self.clock.now())}

    def _download(self, ask: Ask) -> Json | Media:
        found = self.media.get(ask.query.get("media_id"))
        if found.kind == "video":
            return {"video_url": f"http://mmbiz.qpic.cn/{found.name}"}
        return found

    # -- menu, codes, people -----------------------------------------------------------------------------

    def _create_menu(self, ask: Ask) -> Json:
        self.ground.menu = check_menu(ask.json(), LONGEST_SUB)
        return ok()

    def _get_menu(self, _: Ask) -> Json:
        if not self.menu:
            raise Refusal(46003, "menu no exist")
        return {"menu": {"button": [{"sub_button": [], **button} for button in self.menu]}}

    def _delete_menu(self, _: Ask) -> Json:
        self.ground.menu = []
        return ok()

    def _create_code(self, ask: Ask) -> Json:
        """https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode"""
        given = ask.json()
        kind = given.get("action_name")
        if kind not in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE"):
            raise Refusal(40052, "invalid action name")
        scene = part(part(given, "action_info"), "scene").get("scene_str")
        seconds = given.get("expire_seconds", 60)
        if not isinstance(scene, str) or not 1 <= len(scene) <= LONGEST_SCENE:
            raise Refusal(40053, "invalid action info")
        if not isinstance(seconds, int) or not 1 <= seconds <= MONTH:
            raise Refusal(40053, "invalid action info")
        lasts = kind == "QR_LIMIT_STR_SCENE"
        self.codes[scene] = float("inf") if lasts else self.clock.now() + seconds
        made: Json = {"ticket": f"gQ{rid()}", "url": f"http://weixin.qq.com/q/{rid()}"}
        return made if lasts else {**made, "expire_seconds": seconds}

    def _user(self, ask: Ask) -> Json:
        """https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo"""
        person = self._addressed({"touser": ask.query.get("openid")})
        if not person.following:
            return {"subscribe": 0, "openid": person.id}
        return {"subscribe": 1, "openid": person.id, "language": "zh_CN", "subscribe_time": 1_700_000_000}
