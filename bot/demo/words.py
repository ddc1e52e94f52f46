"""What people of the sample wrote: notes of guards, outreach events, visitors' comments with answers."""

from __future__ import annotations

from typing import Final, NamedTuple

# What guards note at an abnormal item, by its key.
NOTES: Final = {
    "open.exits_unlocked": "东侧疏散门前放有清洁车，已推离",
    "open.cctv_live": "二层3号摄像机画面模糊",
    "open.extinguishers": "2具灭火器压力指针在红区",
    "open.power_on": "多媒体屏送电后有异响",
    "open.environment": "书画展柜湿度62%，高于设定上限",
    "open.public_service": "一层无障碍坡道扶手松动",
    "fire.hot_work": "施工人员在室外通道吸烟，已制止",
    "fire.electric": "值班室插线板串接使用",
    "fire.exits": "疏散通道堆放展具包装箱，已清走",
    "fire.signs_lights": "西侧疏散指示灯不亮",
    "fire.equipment": "消火栓箱内缺水枪1支",
    "fire.hydrant_blocked": "灭火器被展板遮挡，已移开",
    "fire.doors": "常闭式防火门被木楔顶开，已关闭",
    "fire.shutter": "防火卷帘下有移动展架，已挪走",
    "fire.combustibles": "布展区堆有泡沫板，已清运",
    "fire.lane": "消防车通道停放一辆货车，联系车主未果",
    "close.fire_doors": "北侧防火门未闭合，已关闭",
    "close.power_off": "影厅投影未断电",
    "close.water_weather": "库房走廊空调冷凝水滴漏",
    "close.cctv_night": "室外2号摄像机夜间画面过暗",
    "night.exits": "南疏散门前有纸箱，已移走",
    "night.control_room": "中控室一人短时离岗，已到位",
    "night.water": "地下一层管道接头渗水",
    "night.perimeter": "西墙外遗留一架人字梯",
    "night.live_devices": "恒湿机报警，已停机并报修",
    "month.extinguisher_file": "3具灭火器超过维修期限",
    "month.electric": "配电箱一处接线端子温度偏高",
}


class Event(NamedTuple):
    """An outreach event; `minors` is how many of a hundred people were."""

    kind: str
    place_kind: str
    place: str
    starts: str
    ends: str
    least: int
    most: int
    minors: int
    partners: str | None = None
    note: str | None = None


EVENTS: Final = (
    Event("talk", "community", "湖滨社区", "09:00", "11:00", 60, 120, 20, "湖滨社区居委会"),
    Event("lecture", "school", "实验小学", "14:00", "15:30", 120, 260, 95, "实验小学", "文物小课堂进校园"),
    Event("craft", "museum", "一层公共区", "10:00", "11:30", 20, 40, 80, None, "拓印体验"),
    Event("exhibition", "village", "李家村文化广场", "09:30", "16:00", 150, 320, 30, "李家村村委会"),
    Event("street", "street", "人民广场", "08:30", "11:30", 200, 420, 15, None, "发放文物保护宣传单"),
    Event("study", "museum", "历史足迹展厅", "09:00", "12:00", 40, 90, 98, "第三中学"),
    Event("online", "online", "直播间", "19:00", "20:00", 0, 0, 0, None, "云游博物馆"),
    Event("talk", "office", "市税务局", "15:00", "16:00", 30, 60, 0, "市税务局"),
    Event("performance", "community", "康乐养老院", "09:30", "11:00", 50, 90, 2, "康乐养老院"),
    Event("training", "museum", "报告厅", "09:00", "17:00", 25, 45, 0, None, "新志愿者岗前培训"),
    Event("lecture", "army", "武警某中队", "15:00", "16:30", 40, 80, 0),
    Event("street", "community", "东风社区", "16:30", "18:00", 80, 160, 35, "消防救援站", "消防知识宣传"),
)


class Comment(NamedTuple):
    """A visitor's comment and the front desk's answer; empty where none is called for."""

    rating: int
    kind: str
    topic: str
    text: str
    answer: str = ""


COMMENTS: Final = (
    Comment(5, "praise", "guiding", "志愿者讲得生动，孩子听得入迷，谢谢！"),
    Comment(5, "praise", "exhibition", "展览布置很用心，青铜器那一柜看了好久。"),
    Comment(5, "praise", "hygiene", "厕所很干净，还有儿童洗手台。"),
    Comment(5, "praise", "access", "带老人来的，轮椅借用很方便。"),
    Comment(5, "praise", "exhibition", "Wonderful collection, and the English labels are clear."),
    Comment(
        4,
        "suggestion",
        "exhibition",
        "说明牌的字有点小，老人看着吃力。",
        "谢谢您的建议，大字版说明牌正在制作。",
    ),
    Comment(
        4,
        "suggestion",
        "shop",
        "文创店可以多一些便宜的小书签。",
        "感谢建议，已转文创部，新款书签计划下月上架。",
    ),
    Comment(
        3,
        "suggestion",
        "guiding",
        "希望周末下午也有免费讲解。",
        "您好，从本周起周六、周日14:30增加一场免费讲解。",
    ),
    Comment(3, "suggestion", "access", "二楼休息的椅子太少了。", "谢谢您，我们已在二楼东侧增设6把座椅。"),
    Comment(
        4, "question", "booking", "团队参观要提前几天预约？", "您好，20人以上团队请提前3天电话或网上预约。"
    ),
    Comment(
        4, "question", "exhibition", "临时展厅的书画展开到什么时候？", "您好，展期到下月15日，周一闭馆。"
    ),
    Comment(
        5,
        "question",
        "volunteering",
        "怎么报名做志愿者？",
        "您好，关注本馆公众号“志愿者招募”即可报名，满16岁就可以。",
    ),
    Comment(
        3,
        "help",
        "safety",
        "孩子的蓝色水壶落在影厅了，能帮忙找找吗？",
        "您好，水壶已找到，放在服务台，请凭描述领取。",
    ),
    Comment(
        2,
        "complaint",
        "safety",
        "有人一直用闪光灯拍书画，没人管。",
        "非常抱歉，已加强该展厅巡视并增加提示牌。",
    ),
    Comment(
        2,
        "complaint",
        "booking",
        "网上约好了，到门口又让排队。",
        "抱歉给您添麻烦了，已增开一条预约通道。",
    ),
    Comment(
        1,
        "complaint",
        "access",
        "电梯停了，推着婴儿车上不去二楼。",
        "非常抱歉，电梯当日检修，现已恢复；如需帮助请按梯旁呼叫铃。",
    ),
    Comment(
        2,
        "complaint",
        "hygiene",
        "下午三点卫生间没有纸。",
        "谢谢您提醒，保洁已改为每半小时巡查一次。",
    ),
    Comment(
        3,
        "question",
        "donation",
        "家里有一些民国老课本，博物馆收吗？",
        "您好，请留意回电，保管部会联系您了解情况。",
    ),
    Comment(
        1,
        "report",
        "other",
        "门口有人倒卖预约号。",
        "感谢举报，已报辖区派出所并加强入口核验。",
    ),
)
