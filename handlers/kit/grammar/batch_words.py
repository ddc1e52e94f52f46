"""The words and patterns of batch answers; all of them meet flattened text (half width, lower case)."""

import re

from handlers.kit.grammar.tables import either, listed

STATE_WORDS = {
    "ok": listed(
        "正常 均正常 无异常 没异常 没有异常 未见异常 未发现异常 没问题 没有问题 无问题 合格 完好 良好 符合 "
        "符合要求 通过 ok okay good normal fine pass passed all_right no_problem no_problems √ ✓ ✔ ✅ 👌"
    ),
    "bad": listed(
        "异常 有异常 不正常 不太正常 不大正常 不是很正常 不合格 有问题 不符合 不符合要求 不通过 未通过 "
        "不达标 abnormal bad fail failed ng not_ok not_okay not_normal not_good no_good × ✗ ✘ ❌ ✕ ✖ x"
    ),
    "na": listed("不适用 无此项 没有此项 无该项 不涉及 n/a n.a. n.a na not_applicable ➖"),
}
STATE_OF = {word: state for state, words in STATE_WORDS.items() for word in words}
BARE_WORDS = {
    **dict.fromkeys(listed("是 对 好 好的 y yes"), "ok"),
    **dict.fromkeys(listed("否 不是 不对 错 不好 n no"), "bad"),
}
NOTHING = frozenset(listed("无 没有 没 none nil"))

SEPARATORS = " \n\t,、;；。.!！:：|-—~()（）[]【】·…→=>"
_SEP = r"[\s,、;；。!！:：|()（）\[\]【】·…→=>\-]"
STATE = rf"(?<![a-z])(?P<state>{either(STATE_OF)})(?![a-z])"
_PARTICLE = r"(?:的|了|啦|啊|呀|哦|吧|状态)?"
_END = rf"(?=$|{_SEP}|\.|[0-9])"
_BECAME = r"(?:改为|改成|改回|改|应为|应是|仍为|恢复|显示|仍|还是|是|为|is|are|was|now|:|to)?\s?"
_IS = rf"(?:都是|都|均|全部|全|both|all)?{_BECAME}"

STATE_FIRST = re.compile(rf"{_IS}{STATE}{_PARTICLE}{_END}")
STATE_LAST = re.compile(rf"(?:^|(?<={_SEP})){_BECAME}{STATE}{_PARTICLE}[.\s]*$")
ENDS_WITH_STATE = re.compile(rf"(?:^|(?<={_SEP})){_IS}{STATE}{_PARTICLE}{_SEP}*$")

_ALL_OF = r"(?:全部|全都|全|都是|都|均|皆|一切|所有|一律|(?<![a-z])(?:all|everything)(?![a-z]))"
_MANY = rf"(?:{_ALL_OF}|也|为|是|are|is|look|looks|was|were|\s)"
_ITEMS = r"(?:的|项目|检查项|各项|(?:[0-9]{1,3}\s?)?项|items?|ones|:|,|、|\s)"
_OTHERS = (
    r"(?:其余|其他|其它|剩下|剩余|余下|余者|别的|另外的"
    r"|(?<![a-z])(?:all\s)?(?:the\s)?(?:others?|rest|remaining|remainder)(?![a-z])|(?<![a-z])(?:everything|all)\selse)"
)
_REST = rf"{_OTHERS}{_ITEMS}{{0,4}}{_MANY}{{0,4}}"
_REST_AFTER_EXCEPT = rf"(?:之外|以外|外)?[\s,、]*(?:{_OTHERS}{_ITEMS}{{0,4}})?{_ALL_OF}{_MANY}{{0,3}}"
REST = re.compile(rf"{_REST}{STATE}{_PARTICLE}{_END}")
REST_AFTER_EXCEPT = re.compile(rf"(?:{_REST}|{_REST_AFTER_EXCEPT}){STATE}{_PARTICLE}{_END}")
EXCEPT = re.compile(
    r"(?:除了?|(?<![a-z])(?:except(?:\sfor)?|apart\sfrom|other\sthan))\s?(?:第|#|items?)?\s?[0-9]"
)
EXCLUDED = frozenset(listed("除外 外 以外 之外"))
_EVERYTHING = (
    r"(?:所有|全部|全都|全|都是|都|均|皆|一切|各项|每项|每一项|整体|检查项|项目|点位|的|为|是"
    r"|(?<![a-z])(?:all|everything|every|items?|is|are|looks?)(?![a-z])|\s)"
)
_COUNTED = r"(?:共?(?P<count>[0-9]{1,3})\s?(?:个|项|条)(?:检查)?(?:项|点)?\s?)?"
_ALONE = either(
    listed(
        "没问题 没有问题 无问题 无异常 没有异常 没异常 未见异常 未发现异常 一切都好 no_problem no_problems "
        "all_clear"
    )
)
ALL = re.compile(rf"(?:{_COUNTED}{_EVERYTHING}{{1,5}}{STATE}|{_ALONE}){_PARTICLE}{_END}")

_FILLER = (
    "报告 汇报 你好 您好 班长 领导 今天 今日 今晚 昨晚 本次 目前 现在 已经 检查 巡查 巡检 巡逻 结果 情况 "
    "完毕 完成 收到 谢谢 辛苦了 辛苦 但是 但 就是 只是 不过 只有 仅 只 除了 除 以外 之外 外 和 与 及 以及 "
    "还有 另外 更正 更改 修改 改 把 将 了"
)
_ENGLISH_FILLER = (
    "except_for except apart_from other_than but only and also with hi hello please thanks thank_you change "
    "set mark update report checked done the is are"
)
_SAYS_NOTHING = re.compile(f"{either(listed(_FILLER))}|(?<![a-z]){either(listed(_ENGLISH_FILLER))}(?![a-z])")


def says_nothing(words: str) -> bool:
    """Whether the words are only greetings, connectives and separators."""
    return not _SAYS_NOTHING.sub("", words).strip(SEPARATORS)


_FAULTS = either(
    listed(
        "过期 坏 破 漏 堵 缺 丢 断 故障 损 失灵 失效 脱落 松动 异味 异响 焦味 冒烟 遮挡 占用 堆放 堆物 "
        "堆积 未关 未锁 打不开 关不上 不亮 不足 偏低 偏高 过热 潮湿 积水 滞留 渗 裂 撬 隐患 broken block "
        "leak missing expired fault damage dark stuck smell smoke loose open low"
    )
)
_DENIED = "".join(f"(?<!{word})" for word in listed("无 未 没 没有 未见 发现 明显 任何 no_ not_"))
FAULT = re.compile(rf"{_DENIED}{_FAULTS}|(?:不|未|没|非|not|n't)$")
FAULT_DENIED = re.compile(rf"(?:无|没有|没|未见|未发现|no )[^不未]{{0,6}}{_FAULTS}[^不未]{{0,3}}")
_OK_WORDS = either(word for word in STATE_WORDS["ok"] if len(word) > 1)
OK_WORD = re.compile(rf"(?<![a-z]){_OK_WORDS}(?![a-z])")  # not the ok in “smoking”
OK_ENDING = re.compile(rf"[^不未没难]*{OK_WORD.pattern}{_PARTICLE}")
NEGATED = re.compile("不|未|没|难|无法|异常|坏|not|n't|never")
_GAUGES = either(
    listed(
        "温度 湿度 温湿度 气温 室温 照度 压力 水压 气压 电压 电流 读数 数值 "
        "temperature temp humidity rh pressure"
    )
)
_READING = re.compile(
    rf"(?:{_GAUGES}?[:=]?[0-9]+(?:\.[0-9]+)?(?![0-9.])(?:℃|°c?|度|%|‰|pa|kpa|mpa|lx|lux|v|c)?/?){{1,6}}"
)
CLAUSE = re.compile(rf"{_SEP}+")


def is_reading(words: str) -> bool:
    """Whether the words are only measured values with their names and units (`温度 22.5℃ 湿度 48%`)."""
    compact = CLAUSE.sub("", words)
    return len(compact) <= 80 and _READING.fullmatch(compact) is not None


_NOT_FIXED = "".join(
    f"(?<!{word})" for word in listed("未 没 没有 没能 无法 未能 不能 不 需 要 待 请 应 可 求")
)
_NOT_FIXED_EN = "".join(
    f"(?<!{word})" for word in (r"not\s", r"n't\s", r"never\s", r"be\s", r"yet\s", "[a-z]")
)
_REPAIRED = "(?:改正|整改|纠正|处理|解决|修复)(?:完毕|完成|好)?了?"
FIXED = re.compile(
    rf"{_NOT_FIXED}(?:现|均|都|也)?(?:已经?)?(?:当场|现场|立即|立刻)(?:已经?)?{_REPAIRED}"
    rf"|{_NOT_FIXED}(?:现|均|都|也)?已经?(?:改正|整改|纠正)(?:完毕|完成|好)?了?"
    rf"|{_NOT_FIXED_EN}(?:was\s|already\s|now\s)?(?:fixed|corrected|rectified)\s"
    r"(?:it\s)?(?:right\s)?on[\s-](?:the\s)?(?:spot|site)"
    rf"|(?:^|(?<={_SEP})){_NOT_FIXED_EN}(?:already\s|now\s)?(?:fixed|corrected|rectified)(?=\s*(?:$|[,、;.]))"
)

# These count something after a number, unless a character after `!` makes them a word (楼 but not 楼道).
_COUNTERS = (
    "楼!道梯板顶宇 层!板 具 个!别 米 度 年!久 月 日!志常光 点!位 时 分!区路 秒 天!花窗井线 "
    "周!边围界 次 台!阶灯账面 把!手 盏 块 张!贴 根 人!员防 名!牌 位!置于 处!理于置 间!隔距 组!织合 套 "
    "只!有是能 支!架 本 扇 道!路闸 瓶 箱 件 份 级 段 排!烟水风气查 面!板 路!灯由面 区!域 室!内外温 厅 "
    "小时 刻 期 元!件器 吨 升!降 克 倍 成 轮!椅 栋 幢 座!椅位 枚 卷!帘 片 颗 桶 袋 堆!放物积 种 辆 幅 "
    "串 遍 伏 瓦 厘米 毫米 公里 公斤 平米 平方 分钟 单元 号!牌 项 条 步 岁 班!长 对!讲 扎 捆 十 百 千 "
    "万 亿"
)
_UNITS = (
    "st nd rd th f l m cm mm km kg g pa kpa mpa bar v kv w kw a ma c hz lx lux h hr hrs hours min mins pm am "
    "days weeks months years"
)


def _counters() -> str:
    parts = (entry.partition("!") for entry in listed(_COUNTERS))
    return "|".join(f"{word}(?![{also}])" if also else word for word, _, also in parts)


COUNTER = f"(?:{_counters()}|{either(listed(_UNITS))}(?![a-z])|[%℃°‰])"
LABEL = re.compile(
    rf"(?:{_GAUGES}|编号|约|共|剩|缺|少|有|仅|只|第"
    r"|(?<![a-z])(?:no\.?|about|only))\s?[:=]?$"
)
