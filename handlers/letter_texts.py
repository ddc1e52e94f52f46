"""What letters of responsibility (责任书) say where the museum writes no text of its own.

In our own words, after what the law lays on each post: 消防法 §16 (what an organisation sees to, and that
its head is responsible), 公安部令第61号 §4 and §6 (the person responsible for fire safety), §5 (level by
level and post by post), §7 (the manager of fire safety: plans, rules, checks, rectification, equipment,
training, reports); for the director also 企业事业单位内部治安保卫条例 §5 and 博物馆条例 §23 (order and the
collection). Signing such letters every year is practice, not law.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from handlers.kit.words import Both

_HEAD: Final = Both(
    "本人于{year}年度在{museum}承担下列安全责任，已阅读并承诺履行：",
    "In {year} I bear the following responsibility for safety at {museum}. I have read it and will keep it:",
)
_FOOT: Final = Both(
    "本责任书自签字之日起至{year}年12月31日有效；岗位变动时另行签订。",
    "It holds from the day it is signed until 31 December {year}; a change of post needs a new letter.",
)
_TEXTS: Final[Mapping[str, tuple[Both, ...]]] = {
    "staff": (
        Both(
            "遵守馆内消防、治安和用电用火制度，知道本岗位附近的灭火器材、安全出口和报警方式。",
            "I keep the museum's rules on fire, order and electricity, and know the extinguishers, exits and "
            "alarm near my post.",
        ),
        Both(
            "下班前关闭本岗位的电源、水源和门窗；不违规用火用电，不堆放易燃物品。",
            "Before I leave I switch off power and water and close doors and windows; no open fire, no "
            "unsafe wiring, nothing flammable piled up.",
        ),
        Both(
            "发现隐患及时报告，配合检查和整改，不遮挡、不挪用消防设施。",
            "I report hazards at once, help with checks and rectification, and never block or misuse fire "
            "equipment.",
        ),
        Both(
            "参加安全培训和演练；突发情况时按预案引导观众疏散。",
            "I take part in training and drills, and in an emergency guide visitors out as planned.",
        ),
    ),
    "guard": (
        Both(
            "熟悉责任区的火灾危险、消防设施和疏散路线，会报警、会扑救初起火灾、会组织疏散。",
            "I know the fire risks, equipment and escape routes of my area, and can raise the alarm, fight a "
            "fire in its beginnings and lead people out.",
        ),
        Both(
            "按规定的时间和检查表到点巡查，如实记录，不漏查、不代查、不补填。",
            "I make my rounds on time, on the spot and by the checklist, and record what I see; I skip "
            "nothing, and neither fill in for others nor afterwards.",
        ),
        Both(
            "发现隐患立即报告；能当场改正的当场改正并留照片，不能改正的看护现场、采取临时防护。",
            "I report hazards at once; what can be mended on the spot I mend and photograph, otherwise I "
            "guard the place and protect it meanwhile.",
        ),
        Both(
            "保证疏散通道、安全出口畅通，消防器材不被遮挡、挪用。",
            "I keep escape routes and exits clear, and fire equipment in its place and in sight.",
        ),
        Both(
            "不擅离岗位，按规定交接班；请假外出先落实顶岗人员。",
            "I do not leave my post, hand over properly, and am away only once somebody stands in.",
        ),
        Both(
            "遇火情、盗抢等突发事件立即报告并按预案处置，先保人员安全，再保文物安全。",
            "In a fire, theft or other emergency I report at once and act as planned: people first, then the "
            "collection.",
        ),
    ),
    "leader": (
        Both(
            "组织本班按计划巡查，抽查到点和记录情况，对巡查记录签字负责。",
            "I see that my shift makes its rounds as planned, check that they were made on the spot, and "
            "answer for the records I sign.",
        ),
        Both(
            "接到隐患报告及时到场核实，组织当场改正；不能改正的立即上报并落实临时防护。",
            "When a hazard is reported I go and see, have it mended where that can be done, and otherwise "
            "report it and protect the place.",
        ),
        Both(
            "组织交接班，把未销号隐患、钥匙和注意事项交接清楚；安排好请假人员的顶岗。",
            "I lead the hand-over with open hazards, keys and remarks, and see that somebody stands in for "
            "those who are away.",
        ),
        Both(
            "督促本班人员掌握器材使用和应急处置，参加培训演练。",
            "I see that my shift can use the equipment, knows what to do in an emergency, and trains.",
        ),
        Both(
            "突发事件时担任现场第一指挥，立即报告保卫科长并按预案处置。",
            "In an emergency I am first in command on the spot, report to the head of security at once and "
            "act as planned.",
        ),
    ),
    "chief": (
        Both(
            "承担消防、治安保卫归口管理工作，拟订年度安全工作计划、制度和预案并组织实施。",
            "I run the day-to-day work of fire safety and security: the year's plan, the rules and the "
            "emergency plans, and see them carried out.",
        ),
        Both(
            "组织定期检查和节前检查，核定隐患等级，下达整改通知，明确措施、期限、责任部门和责任人。",
            "I hold the regular checks and those before holidays, grade hazards, and order their "
            "rectification with measures, date, department and person.",
        ),
        Both(
            "跟踪整改和复查，督促落实整改期间的防护措施；重大隐患立即报告分管副馆长和馆长。",
            "I follow rectification and re-inspection and the protection meanwhile, and report critical "
            "hazards to the deputy director and director at once.",
        ),
        Both(
            "保证消防、安防设施按期检测维护、完好有效，建立健全安全档案。",
            "I have fire and security equipment tested and maintained on time, and keep the safety files.",
        ),
        Both(
            "组织保卫人员培训、考核、督查和应急演练，逐级签订责任书。",
            "I train, examine and supervise the guards, hold drills, and have the letters of responsibility "
            "signed level by level.",
        ),
    ),
    "deputy": (
        Both(
            "作为消防安全管理人，对馆长负责，组织实施日常安全管理工作。",
            "As manager of fire safety I answer to the director and run the museum's daily safety work.",
        ),
        Both(
            "审定年度安全工作计划、经费预算、制度、预案和操作规程，督促各部门落实。",
            "I settle the year's plan and budget for safety, the rules, emergency plans and procedures, and "
            "see that departments keep them.",
        ),
        Both(
            "组织防火检查和隐患整改，审批延期，对整改结果复核签字。",
            "I direct fire checks and rectification, decide on extensions, and sign that hazards are "
            "removed.",
        ),
        Both(
            "保证消防设施、器材和安全标志完好有效，疏散通道和安全出口畅通。",
            "I see that fire equipment and signs work and that escape routes and exits are clear.",
        ),
        Both(
            "组织全员安全宣传教育、培训和灭火疏散演练，管理志愿消防队伍。",
            "I have everybody taught and trained, hold fire and evacuation drills, and lead the volunteer "
            "fire team.",
        ),
        Both(
            "定期向馆长报告安全情况，及时报告涉及安全的重大问题。",
            "I report on safety to the director regularly, and on serious matters at once.",
        ),
    ),
    "director": (
        Both(
            "作为消防安全责任人，对本馆消防安全工作全面负责；同为治安保卫第一责任人和藏品安全责任人。",
            "As the person responsible for fire safety I answer for all of the museum's, and likewise for "
            "its security and the safety of its collection.",
        ),
        Both(
            "贯彻执行消防、治安保卫和文物保护法规，掌握本馆安全情况，保证本馆符合规定。",
            "I see that the laws on fire, security and heritage are kept, and know how safe the museum is.",
        ),
        Both(
            "把安全工作纳入全馆工作统筹安排，批准年度安全工作计划，保障必要的经费和人员。",
            "I make safety part of all our work, approve its plan for the year, and provide the money and "
            "people it needs.",
        ),
        Both(
            "确定逐级安全责任，批准安全制度和操作规程，与下一级签订责任书并督促履行。",
            "I set the responsibility of each level, approve the rules and procedures, and have the letters "
            "of the level below signed and kept.",
        ),
        Both(
            "组织防火检查，督促隐患整改；重大隐患接报后立即处置，及时解决涉及安全的重大问题。",
            "I have fire checks held and hazards rectified, act on critical ones as soon as I hear of them, "
            "and settle serious matters without delay.",
        ),
        Both(
            "组织制定灭火、应急疏散和文物抢救预案并实施演练，建立志愿消防队伍。",
            "I have plans made and practised for fire, evacuation and the rescue of objects, and a volunteer "
            "fire team set up.",
        ),
    ),
}


def standard(post: str, year: int, museum: str) -> Both:
    """The text for a post's letter in both languages. Raises KeyError for a post that has none."""
    duties = _TEXTS[post]
    zh = [_HEAD.zh, *(f"{number}. {one.zh}" for number, one in enumerate(duties, 1)), _FOOT.zh]
    en = [_HEAD.en, *(f"{number}. {one.en}" for number, one in enumerate(duties, 1)), _FOOT.en]
    gaps = {"year": year, "museum": museum}
    return Both("\n".join(zh).format(**gaps), "\n".join(en).format(**gaps))
