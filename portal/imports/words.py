"""Column names and values as files have them: the keys, and the labels of either language."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean
from portal.domain.pipeline import LostReason, Stage
from portal.domain.rates import Product
from portal.domain.terms import CustomerClass, NameKind, PartnerKind, Source, Tier, Verdict

PARTNERS = {
    "code": "渠道编号",
    "name": "渠道名称",
    "kind": "渠道类型",
    "region": "区域",
    "contact": "联系人",
    "phone": "电话",
    "email": "邮箱",
    "signed_on": "签约日期",
    "traffic_deposit": "话务保证金",
}
TIERS = {"partner": "渠道编号", "tier": "级别", "starts_on": "生效日期", "ends_on": "失效日期"}
REGISTRATIONS = {
    "ref": "报备编号",
    "filed_at": "报备时间",
    "party": "报备方",
    "customer_name": "客户名称",
    "customer_name_en": "英文名称",
    "uscc": "统一社会信用代码",
    "website": "网站",
    "contact": "联系人",
    "phone": "电话",
    "city": "城市",
    "class": "客户分类",
    "ports": "端口数",
    "yearly_revenue": "年收入预估",
    "stage": "进度",
    "source": "来源",
}
EVENTS = {
    "registration": "报备编号",
    "at": "时间",
    "stage": "进度",
    "reason": "原因",
    "note": "备注",
    "met_with": "拜访对象",
    "solution": "方案",
    "trial_agreement": "试用协议",
    "trial_start": "试用开始",
    "trial_end": "试用结束",
    "contract_no": "合同号",
    "contract_date": "合同日期",
    "ports": "端口数",
    "yearly_amount": "年金额",
}
ALIASES = {"registration": "报备编号", "kind": "名称类型", "name": "客户名称", "reason": "原因"}
DECISIONS = {
    "registration": "报备编号",
    "decision": "判定",
    "other": "另一报备编号",
    "at": "时间",
    "reason": "原因",
}
POLICY = {
    "effective_from": "生效日期",
    "reason": "原因",
    "rates": "佣金比例",
    "floor_prices": "底价",
    "deposits": "保证金",
    "tiers": "级别门槛",
    "protection_days": "保护天数",
    "stage_weights": "进度权重",
    "statement_days": "对账期限",
}
RECEIPTS = {
    "source": "来源系统",
    "ref": "流水号",
    "received_on": "到账日期",
    "contract_no": "合同号",
    "product": "产品",
    "amount": "金额",
    "minutes": "分钟数",
    "refund_of": "原流水号",
}
WEEKLY = {
    "week": "报告周",
    "partner": "渠道编号",
    "customer_name": "客户名称",
    "ref": "报备编号",
    "ports": "端口数",
    "yearly_revenue": "年收入预估",
    "stage": "进度",
    "happened": "本周情况",
    "reason": "未变原因",
    "support": "需要支持",
    "next_step": "下一步",
    "next_step_on": "下一步日期",
}
SHEET_HEADS: Mapping[str, tuple[str, ...]] = {
    "customer": (
        "客户名称", "目标客户", "目标客户名称", "客户", "公司名称", "customer", "customername",
        "targetcustomer",
    ),
    "ports": ("端口数", "端口", "端口需求", "所需端口", "端口数量", "ports", "portsneeded"),
    "yearly_revenue": (
        "年收入预估", "预计收入", "预估收入", "收入", "年收入", "收入预估", "revenue", "yearlyrevenue",
        "expectedrevenue",
    ),
    "stage": ("进度", "阶段", "项目进度", "项目阶段", "stage"),
    "happened": (
        "本周情况", "本周进展", "进展", "变化", "具体情况", "情况", "progress", "happened", "thisweek",
    ),
    "support": ("需要支持", "所需支持", "支持", "需要的支持", "需支持", "support", "supportneeded"),
    "next_step": ("下一步", "下周计划", "计划", "nextstep", "next"),
}  # fmt: skip
"""What partners call the columns of their own weekly sheets (W2), compared without blanks and brackets."""
TRAFFIC = {"partner": "渠道编号", "day": "日期", "amount": "金额"}

_TWINS: Mapping[type[StrEnum], Mapping[str, tuple[str, ...]]] = {
    PartnerKind: {
        "wholesale": ("话批型", "话批", "Wholesale"),
        "virtual_operator": ("虚拟运营商", "Virtual operator"),
        "relationship": ("关系型", "Relationship"),
        "growth": ("发展型", "Growth"),
    },
    Tier: {
        "gold": ("金牌", "Gold"),
        "silver": ("银牌", "Silver"),
        "ordinary": ("普通", "Ordinary"),
    },
    Stage: {
        "interest": ("有兴趣", "Interest", "1"),
        "meeting": ("面谈", "Meeting", "2"),
        "solution": ("作解决方案", "解决方案", "方案", "Solution", "3"),
        "trial": ("试用", "Trial", "4"),
        "signed": ("签约", "Signed", "5"),
    },
    NameKind: {
        "filed": ("报备名称", "As filed"),
        "legal": ("全称", "法定名称", "工商名称", "Legal name"),
        "short": ("简称", "Short name"),
        "english": ("英文名", "英文名称", "English name"),
        "former": ("曾用名", "原名", "旧名", "Former name"),
        "brand": ("品牌", "商标", "Brand"),
    },
    Verdict: {
        "same": ("同一客户", "同一家", "相同", "是", "The same customer"),
        "different": ("不同客户", "另一客户", "不是同一家", "不同", "否", "Another customer"),
        "merged": ("合并", "Customers merged"),
        "linked": ("关联", "Linked"),
        "undone": ("撤销", "Taken back"),
    },
    Product: {
        "port": ("端口", "端口费", "语音专网端口", "Ports", "Port fees"),
        "conference": ("会议", "会议/ASP", "ASP", "Conferencing", "Conferencing / ASP"),
        "ddd": ("国内长途", "国内长途DDD", "Domestic long distance", "Domestic long distance (DDD)"),
        "idd": ("国际长途", "国际长途IDD", "International", "International (IDD)"),
    },
    CustomerClass: {"A": ("A类", "Class A"), "B": ("B类", "Class B"), "C": ("C类", "Class C")},
    Source: {
        "own": ("自有", "自有资源", "自拓", "Own contacts"),
        "referral": ("转介绍", "介绍", "Referral"),
        "call_center": ("Call Center", "呼叫中心", "Call center"),
        "yellow_pages": ("黄页", "Yellow pages"),
        "recruiting_event": ("招商会", "Recruiting event"),
        "other": ("其他来源", "其他", "其它", "Other", "Other source"),
    },
    LostReason: {
        "competitor": ("选择了竞品", "选择竞品", "竞争对手", "Chose a competitor"),
        "price": ("价格", "价格过高", "Price too high"),
        "no_budget": ("无预算", "没有预算", "No budget"),
        "no_need": ("不再需要", "无需求", "没有需求", "No need any more"),
        "unreachable": ("联系不上", "Cannot be reached"),
        "closed_down": ("客户停业", "停业", "Customer closed down"),
        "other": ("其他原因", "其他", "其它", "Other", "Another reason"),
    },
}
ENDINGS = {"lost": ("丢单", "失单", "已丢单", "Lost"), "released": ("释放", "放弃", "已释放", "Released")}
PARTY_KA = ("ka", "大客户部", "大客户", "keyaccounts")


def folded(text: str) -> str:
    """A header or value for comparing: width folded, no blanks, no case."""
    return "".join(clean(text).casefold().split())


def _table(twins: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {folded(word): key for key, words in twins.items() for word in (key, *words)}


_MEMBERS: Mapping[type[StrEnum], Mapping[str, StrEnum]] = {
    enum: {word: enum(key) for word, key in _table(twins).items()} for enum, twins in _TWINS.items()
}
_ENDING_WORDS = _table(ENDINGS)


def member(enum: type[StrEnum], text: str) -> Any:
    """The enum member that a key or a label of either language names.

    :raises RuleViolation: ``import.value`` with the words that are understood.
    """
    found = _MEMBERS[enum].get(folded(text))
    if found is None:
        raise RuleViolation("import.value", value=text[:40], known=tuple(enum))
    return found


def ending(text: str) -> str | None:
    """``lost`` or ``released`` if the word names one of them."""
    return _ENDING_WORDS.get(folded(text))


# The columns that the file of refused rows adds: it may be sent again as it is, corrected.
OURS = frozenset(folded(text) for text in ("row", "行", "reason", "原因"))
