"""A fake of Telegram's Bot API server: real HTTP, the real rules, and hands to drive people and faults.

In a test: `async with FakeBotAPI() as api: ada = api.user(1); await ada.sends("/start")`. As a process of
its own: `python -m tests.fakes.bot_api --port 8081 --token 1:T`, driven over `/control/<user id>/<verb>`.
"""

from tests.fakes.bot_api.faults import Call
from tests.fakes.bot_api.rules import ApiError
from tests.fakes.bot_api.server import TOKEN, FakeBotAPI
from tests.fakes.bot_api.user import User
from tests.fakes.bot_api.world import Message, Toast

__all__ = ["TOKEN", "ApiError", "Call", "FakeBotAPI", "Message", "Toast", "User"]
