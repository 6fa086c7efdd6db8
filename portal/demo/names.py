"""Names that sound right and belong to nobody."""

from random import Random

from stdnum.cn import uscc as _uscc

from portal.domain.terms import NameKind

CITIES = ("临江市", "望海市", "青屏市", "云汀市", "石湾市", "松洲市", "霁城市", "南渡市")
_FAMILY = "林周高陈苏许沈陆顾叶江梁宋唐韩冯于董萧程曹袁邓傅曾彭吕"
_GIVEN = (
    "知夏", "砚秋", "明远", "若水", "思齐", "一鸣", "景行", "子衿", "安然", "清和", "望舒", "怀瑾",
    "云起", "书白", "听澜", "南乔", "牧之", "以宁", "乐山", "见微", "初阳", "逸飞", "静姝", "承泽",
)  # fmt: skip
_FIRST = (
    "慢蜗牛", "青鲸", "纸飞机", "打盹熊", "云朵豆腐", "银河拖鞋", "蓝莓骆驼", "第九朵云", "松果电台",
    "半杯茶", "会飞的算盘", "月背", "三只刺猬", "北极橘", "雨伞与灯塔", "水獭", "风筝", "沙丘", "红枫",
    "古井", "远帆", "叠石", "石榴", "竹节", "木星", "鹿角", "橙舟", "萤火虫", "晚安鲸", "白鹭滩",
    "薄荷糖", "旧时光", "小满", "谷雨", "长尾鹊", "山猫", "海棠", "星屑", "半山", "七号仓",
)  # fmt: skip
_SECOND = (
    "物流", "旅行社", "家居", "食品", "制造", "餐饮", "酒店", "传媒", "文化传播", "会计师事务所", "仓储",
    "律师事务所", "连锁诊所", "保险经纪", "科技", "教育", "医疗器械", "电子商务", "软件", "装饰工程",
    "汽车服务", "农业", "纺织", "印务", "健身", "环保设备", "人力资源", "广告", "贸易", "建材",
)  # fmt: skip
_REGION = ("", "", "临江", "望海", "青屏", "云汀", "石湾", "松洲", "北京", "上海", "深圳", "成都")
_SUFFIX = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司")
_PARTNER_FIRST = (
    "云帆", "鹿鸣", "青禾", "石榴", "北斗星", "竹节", "远山", "橙舟", "叠石", "古井", "风筝", "沙丘",
    "红枫", "木星", "鹿角", "海桥", "微澜", "拾光", "知路", "同舟", "朗润", "川流", "合声", "近邻",
)  # fmt: skip
_PARTNER_SECOND = ("信息技术", "网络科技", "通信设备", "商务服务", "系统集成", "数码", "电讯")
_FIRST_EN = (
    "Slow Snail", "Blue Whale", "Paper Plane", "Dozing Bear", "Cloud Tofu", "Galaxy Slipper",
    "Blueberry Camel", "Ninth Cloud", "Pine Cone Radio", "Half a Cup", "Flying Abacus", "Moonback",
    "Three Hedgehogs", "Arctic Orange", "Umbrella and Lighthouse", "Otter", "Kite", "Sand Dune",
    "Red Maple", "Old Well", "Far Sail", "Stacked Stone", "Pomegranate", "Bamboo Joint", "Jupiter",
    "Antler", "Orange Boat", "Firefly", "Good Night Whale", "Egret Beach", "Peppermint", "Old Times",
    "Lesser Fullness", "Grain Rain", "Long-tailed Magpie", "Wild Cat", "Crab Apple", "Star Dust",
    "Half Hill", "Depot Seven",
)  # fmt: skip
_SECOND_EN = (
    "Logistics", "Travel", "Home", "Foods", "Manufacturing", "Catering", "Hotels", "Media", "Culture",
    "Accountants", "Warehousing", "Law Firm", "Clinics", "Insurance Brokers", "Technology", "Education",
    "Medical Devices", "E-Commerce", "Software", "Decoration", "Car Service", "Agriculture", "Textiles",
    "Printing", "Fitness", "Environmental Equipment", "Human Resources", "Advertising", "Trading",
    "Building Materials",
)  # fmt: skip
_BRANDS = ("到家", "优选", "云帮", "小铺", "出行")
NOTES = (
    "和信息中心主任通了 25 分钟电话，正在更换总机。",
    "现场看了机房，旧交换机明年到期。",
    "对方担心号码迁移，已说明保留原号。",
    "采购要三家比价，我们报价居中。",
    "分机数量还要和行政确认。",
)
STEPS = ("提交二次面谈纪要", "确认分机数量", "约采购经理", "方案 V2 交付", "收集试用反馈", "发送产品资料")
_LOSS = {
    "competitor": "选了另一家的云总机",
    "price": "报价高于预算两成",
    "no_budget": "今年预算已用完",
    "no_need": "搬迁后不再需要固定电话",
    "unreachable": "联系人离职，三周联系不上",
    "closed_down": "公司停业",
}


def person(random: Random) -> str:
    """A person's name."""
    return random.choice(_FAMILY) + random.choice(_GIVEN)


def contact(random: Random) -> str:
    """Whom one talks to at a customer."""
    return random.choice(_FAMILY) + random.choice(("经理", "主任", "总", "工", "女士", "先生"))


def mobile(random: Random) -> str:
    """A number of a range that no operator uses."""
    return f"1700000{random.randrange(10_000):04d}"


def partner(random: Random, number: int) -> str:
    """A partner's name; the number keeps them apart."""
    first = _PARTNER_FIRST[number % len(_PARTNER_FIRST)]
    second = _PARTNER_SECOND[number // len(_PARTNER_FIRST) % len(_PARTNER_SECOND)]
    return f"{random.choice(_REGION)}{first}{second}有限公司"


def company(random: Random) -> str:
    """A customer's legal name."""
    first, middle = random.choice(_FIRST), random.choice(("", "", "", "一", "新", "嘉", "盛", "和", "乐"))
    region, second, suffix = random.choice(_REGION), random.choice(_SECOND), random.choice(_SUFFIX)
    return f"{region}{first}{middle}{second}{suffix}"


def english(random: Random, name: str) -> str:
    """The company's name in English, where its filer knows it: one time in eight."""
    first = next((en for zh, en in zip(_FIRST, _FIRST_EN, strict=True) if zh in name), "")
    second = next((en for zh, en in zip(_SECOND, _SECOND_EN, strict=True) if zh in name), "")
    known = random.random() < 0.125 and first and second
    return f"{first} {second} Co., Ltd." if known else ""


def known_as(random: Random, name: str, kind: NameKind) -> str:
    """What else a company is called, as a channel manager would note it."""
    place = random.choice(CITIES).removesuffix("市")
    own, own_en = next((each for each in zip(_FIRST, _FIRST_EN, strict=True) if each[0] in name), ("", ""))
    trade, trade_en = next(each for each in zip(_SECOND, _SECOND_EN, strict=True) if each[0] in name)
    called = {
        NameKind.SHORT: own + trade[:2],
        NameKind.FORMER: company(random),
        NameKind.BRAND: own + random.choice(_BRANDS),
        NameKind.ENGLISH: f"{own_en} {trade_en} International",
        NameKind.LEGAL: f"{place}{own}{trade}集团股份有限公司",
    }
    return called[kind]


def otherwise(name: str) -> str:
    """The same company as somebody else would write it: without its legal form."""
    for suffix in ("股份有限公司", "有限责任公司", "有限公司"):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def uscc(random: Random) -> str:
    """A credit code with a valid check digit, of a registry that does not exist."""
    body = "91990000" + "".join(random.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(9))
    return body + str(_uscc.calc_check_digit(body))


def loss(reason: str) -> str:
    """A sentence for why a project was lost."""
    return _LOSS.get(reason, "客户另有安排")
