"""Fakes of WeChat's two APIs: real HTTP, the real rules, callbacks as they come, and people to drive them.

In a test: `async with FakeWeChat() as wechat:`, then `wechat.callbacks.url = ...`,
`ada = wechat.person("o-ada")`, `await ada.says("检查")`, and look at `ada.received`. Time passes by
`wechat.clock.advance(seconds)` only.
"""

from tests.fakes.wechat_api.callbacks import Attempt, Delivery
from tests.fakes.wechat_api.crypto import Box
from tests.fakes.wechat_api.faults import Call
from tests.fakes.wechat_api.follower import Follower
from tests.fakes.wechat_api.member import Member
from tests.fakes.wechat_api.official import FakeWeChat
from tests.fakes.wechat_api.wecom import FakeWeCom
from tests.fakes.wechat_api.world import Received

__all__ = ["Attempt", "Box", "Call", "Delivery", "FakeWeChat", "FakeWeCom", "Follower", "Member", "Received"]
