"""What an outreach activity can be and where it can take place: codes, names, and the words people type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from handlers.kit.messages import Option
from handlers.kit.words import Text, p_

NO_THEME: Final = "none"
UNNAMED: Final = "-"  # a place of which only the kind is known
ONLINE: Final = "online"

TYPES: Final[Mapping[str, Text]] = {
    "talk": p_("activity", "Talk"),
    "lecture": p_("activity", "Lecture"),
    "study": p_("activity", "Study tour"),
    "craft": p_("activity", "Craft workshop"),
    "exhibition": p_("activity", "Travelling exhibition"),
    "street": p_("activity", "Street outreach"),
    "performance": p_("activity", "Performance"),
    "online": p_("activity", "Online activity"),
    "training": p_("activity", "Volunteer training"),
}
PLACE_KINDS: Final[Mapping[str, Text]] = {
    "museum": p_("place kind", "In the museum"),
    "school": p_("place kind", "School"),
    "community": p_("place kind", "Community"),
    "village": p_("place kind", "Village"),
    "army": p_("place kind", "Barracks"),
    "office": p_("place kind", "Public office"),
    "company": p_("place kind", "Company"),
    "street": p_("place kind", "Street"),
    "online": p_("place kind", "Online"),
}

TYPE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "talk": ("宣讲", "宣讲会", "讲解", "talk"),
    "lecture": ("讲座", "报告会", "讲课", "公开课", "lecture"),
    "study": ("研学", "研学游", "study tour", "field trip"),
    "craft": ("手工", "手工坊", "手作", "体验课", "拓印", "craft", "workshop"),
    "exhibition": ("流动展览", "流动展", "巡展", "巡回展", "travelling exhibition", "traveling exhibition"),
    "street": ("街头宣传", "上街宣传", "street outreach"),
    "performance": ("展演", "演出", "表演", "汇演", "performance"),
    "online": ("线上活动", "直播", "云游", "online activity", "livestream"),
    "training": ("志愿培训", "志愿者培训", "培训志愿者", "volunteer training"),
}
# Only words that mean nothing else in a message: 大学 would also be found in 大学生.
PLACE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "museum": ("馆内", "本馆", "博物馆内", "in the museum", "at the museum"),
    "school": ("进校园", "校园", "学校", "school", "campus"),
    "community": ("进社区", "社区", "小区", "community"),
    "village": ("进乡村", "进农村", "乡村", "农村", "village"),
    "army": ("进军营", "军营", "部队", "barracks"),
    "office": ("进机关", "机关", "public office", "government office"),
    "company": ("进企业", "企业", "公司", "工厂", "company", "factory"),
    "street": ("街头", "广场", "公园", "street", "square", "park"),
    "online": ("线上", "网上", "online"),
}
_IN_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "museum": ("馆", "展厅", "museum", "gallery"),
    "school": ("学", "高中", "初中", "幼儿园", "university", "college", "kindergarten"),
    "community": ("居委会", "家园", "花园", "苑"),
    "village": ("村", "乡", "镇"),
    "army": ("营区", "武警", "消防站"),
    "office": ("局", "政府", "委员会", "office"),
    "company": ("厂", "集团", "工地", "plant"),
    "street": ("街", "路", "road", "plaza"),
}

# What most often happens where; only a guess that the card shows and that one tap changes.
_LIKELY_TYPE: Final[Mapping[str, str]] = {
    "school": "lecture", "village": "exhibition", "street": "street", "online": "online",
}  # fmt: skip
_STREAMED: Final = frozenset({"lecture", "performance", ONLINE})


def type_options() -> list[Option]:
    return [Option(code, label, TYPE_WORDS[code]) for code, label in TYPES.items()]


def place_options() -> list[Option]:
    return [Option(code, label, PLACE_WORDS[code]) for code, label in PLACE_KINDS.items()]


def likely_type(place_kind: str) -> str:
    """The type of an activity of which only the kind of place was said."""
    return _LIKELY_TYPE.get(place_kind, "talk")


def is_online(place_kind: str | None, kind: str | None) -> bool:
    """Whether nobody is met in person."""
    return ONLINE in (place_kind, kind)


def is_streamed(place_kind: str | None, kind: str | None) -> bool:
    """Whether people may have watched online."""
    return is_online(place_kind, kind) or kind in _STREAMED


def kind_of_place(place: str) -> str | None:
    """The kind that a place's own name tells (实验小学, Lincoln School), or None."""
    name = place.casefold()
    # In both languages the last such word says what the place is: 大学路社区 is a community.
    found = [
        (name.rfind(word) + len(word), len(word), code)
        for code in PLACE_KINDS
        for word in (*PLACE_WORDS[code], *_IN_NAMES.get(code, ()))
        if word in name
    ]
    return max(found)[2] if found else None


def likely_place_kind(kind: str | None) -> str:
    """The kind of place of an activity of which at most the type was said."""
    return kind if kind in (ONLINE, "street") else "museum"
