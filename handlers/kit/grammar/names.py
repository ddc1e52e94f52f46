"""Tells a person's name from other words, where a sentence may hold either."""

import re

from handlers.kit.grammar.tables import either, listed

# The commonest family names of the mainland, in no order that matters.
_FAMILY = (
    ""
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文施洪辛柯庄温牛樊葛邢齐安伍庞申翟岳倪关焦左柳甘祝包宁尚符舒阮纪梅童凌毕单季裴霍涂成苗谷曲盛冉路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑党宫费卜冷晏席卫米柏宗瞿全桂佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌逄逯綦亓"
)
_DOUBLE = "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 端木"
_TITLE = "老师 师傅 同学 阿姨 叔叔 大姐 大哥 主任 馆长 队长 班长 姐 哥"
_NOT_NAMES = frozenset(
    listed(
        "马上 高校 万人 时长 方便 全程 全天 全部 全体 全员 安保 安全 石刻 江边 花园 文物 文化 文明 文创 "
        "文博 古迹 古城 金牌 白天 路上 路演 马路 车站 连续 成果 成人 成员 向导 关爱 常规 明日 明天 时间 "
        "南门 和平 任务 解说 解放 应急 原地 房间 连同 包括 高中 温馨 安排 安静 单人 单位 单次 单独 每人 "
        "管理 项目 封闭 商场 商城 荣誉 游客 游园 游览 易拉宝 封面 边防 武警 华夏 孔庙 宣传 讲解 讲座 活动 "
        "服务 培训 排练 准备 搬运 导览 值班 值守 发放 传单 观众 上午 下午 合计 总计 共计 累计 历时 用时 "
        "平均 约"
    )
)
_HAN_NAME = re.compile(
    rf"(?:{either(listed(_DOUBLE))}[一-鿿]{{1,2}}|[{_FAMILY}][一-鿿]{{1,2}}|[小老阿大][{_FAMILY}][一-鿿]?"
    rf"|[{_FAMILY}][一-鿿]{{0,2}}{either(listed(_TITLE))}|[一-鿿]{{1,6}}·[一-鿿]{{1,8}})"
)
_LATIN_NAME = re.compile(r"[A-Z][a-z'.-]*(?:\s[A-Z][a-z'.-]*){0,2}")


def looks_like_a_name(words: str) -> bool:
    """A Chinese name by its family name or title, or capitalised Latin words."""
    return words not in _NOT_NAMES and bool(_HAN_NAME.fullmatch(words) or _LATIN_NAME.fullmatch(words))
