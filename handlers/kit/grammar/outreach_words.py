"""The words of an outreach log that are the same in every museum: what is counted, and in which units."""

import re

from handlers.kit.grammar.tables import NUMBER, either, listed

_COUNTED = {
    "participants": (
        "观众 参与者 参加者 参与人数 参与人次 参加人数 参与 参加 群众 听众 受众 市民 居民 村民 学生 师生 "
        "游客 participants participant attendees visitors visitor audience public students residents"
    ),
    "minors": (
        "未成年人 未成年 儿童 孩子 小朋友 少年儿童 青少年 小学生 minors minor children child kids teenagers"
    ),
    "elderly": "老年人 老人 长者 elderly seniors elders",
    "disabled": "残疾人 残障人士 残障 残疾 disabled",
    "online_views": (
        "线上观看 在线观看 直播观看 线上浏览 线上参与 线上 观看量 浏览量 观看 浏览 online_views "
        "online_viewers online views"
    ),
    "leaflets": (
        "宣传资料 宣传材料 宣传单页 宣传单 宣传页 宣传册 宣传品 传单 折页 资料 手册 leaflets leaflet flyers "
        "flyer brochures brochure handouts"
    ),
    "sessions": "场次 sessions session",
    "headcount": "志愿者 工作人员 队员 团队 讲解员 volunteers volunteer staff team",
}
FIELD_OF = {word: field for field, words in _COUNTED.items() for word in listed(words)}

_UNITS = {
    "people": "人 名 位 个 个人 people persons person of_us",
    "visits": "人次 次",
    "sheets": "份 张 册 本 页 copies copy",
    "sessions": "场 场次 sessions session",
}
UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in listed(words)}
FITS = {
    "leaflets": {None, "sheets", "visits"},
    "sessions": {None, "sessions", "visits"},
    "headcount": {None, "people"},
}
FITS_PEOPLE = frozenset({None, "people", "visits"})
FIELD_OF_UNIT = {"visits": "participants", "sheets": "leaflets", "sessions": "sessions"}
COUNTS_ALONE = frozenset(listed("人 人次 份 场 场次 people persons person of_us copies sessions session"))

TOKEN = re.compile(
    rf"(?P<label>(?<![a-z]){either(FIELD_OF)}(?![a-z]))"
    rf"|(?<![0-9.])(?P<number>{NUMBER})(?:\s?(?P<unit>{either(UNIT_OF)})(?![a-z]))?"
)
BETWEEN = re.compile(
    r"(?:\s|:|=|了|约|大约|大概|共计|共|计|有|为|达|近|人数|总数|数量|数|总计|合计|about|of|total){0,4}"
)

PLACE_ENDINGS = listed(
    "街 街道 路 巷 广场 小区 社区 学校 小学 中学 高中 大学 学院 幼儿园 公园 村 镇 乡 县 馆 院 中心 大厅 楼 "
    "门口 门 站 市场 商场 超市 营 营区 部队 厂 公司 城 苑 园 园区 区 桥 岸 湖 山 庙 街头 street road park "
    "square school hall plaza mall library center centre campus village university college museum gate "
    "market station community"
)
FILLER = re.compile(
    f"{either(listed('走进 进入 进 在 做 到 去 赴 于 我们 和 与 及 的 共 其中 了 并 向 为 对'))}+"
)
NOTHING = frozenset(
    listed(
        "做 发 发放 发了 派发 举办 开展 组织 进行 活动 现场 每人 各 人 名 份 个 参加 参与 志愿者 志愿 团队 "
        "历时 时长 用时 持续 and with for of the at in on we had gave out handed did a an to each total "
        "our held day"
    )
)
