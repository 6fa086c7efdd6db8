"""Words and units for the policy's figures (§12): what each is called, and how it reads."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from portal.domain.figures import Figure, Unit, Value, stated
from portal.domain.pipeline import Stage
from portal.domain.rates import Product
from portal.domain.terms import Tier
from portal.web import labels
from portal.web.filters import money, sign

GROUPS: Mapping[str, Any] = {
    "rates": _l("Commission rates"),
    "floor_prices": _l("Floor prices"),
    "deposits": _l("Deposits and debts"),
    "tiers": _l("What a tier asks for in a quarter"),
    "statement_days": _l("Days for the nine steps"),
    "protection": _l("Protection and cases"),
    "week": _l("The channel's week"),
    "stage_weights": _l("Weight of expected revenue by stage"),
    "early_stage_limit": _l("Most projects in the first two stages"),
    "guards": _l("Quotas"),
    "fishing": _l("When looking up raises an alarm"),
}
HINTS: Mapping[str, Any] = {
    "rates": _l(
        "%(percent)s, 40 and 0.40 all mean forty per cent. Year 2 left empty is as year 1.", percent="40%"
    ),
    "floor_prices": _l("Yuan a minute, up to four decimals. A tier without one waits for it (M3)."),
    "tiers": _l("Either or both; what is left empty does not count (T2)."),
    "early_stage_limit": _l("Left empty: no limit (G9)."),
    "fishing": _l("Left empty altogether: no alarm (G6)."),
    "stage_weights": _l("%(percent)s, 10 and 0.10 all mean ten per cent.", percent="10%"),
}
_SINGLE: Mapping[str, Any] = {
    "deposit_objection_working_days": _l("Objection to a deduction"),
    "debt_due_days": _l("A debt is due within"),
    "traffic_warnings": _l("Traffic warnings at these shares of the deposit"),
    "protection_days": _l("Protection"),
    "refile_days": _l("Filing again after losing a customer"),
    "reopen_days": _l("Asking again after a refusal"),
    "appeal_days": _l("A decision can be appealed for"),
    "answer_working_days": _l("The owner may answer for"),
    "held_review_working_days": _l("A held filing is decided within"),
    "lapsing_soon_days.0": _l("First reminder before the lapse"),
    "lapsing_soon_days.1": _l("Last reminder before the lapse"),
    "check_quota_per_day": _l("Look-ups a person may do in a day"),
    "undo_seconds": _l("A stage move can be taken back for"),
    "deposits.wholesale": _l("Deposit, wholesale at least"),
    "early_stage_limit.none": _l("Early projects, without a tier"),
    "fishing.names_per_day": _l("Names looked up in a day, none filed"),
    "fishing.names_per_hour": _l("Names looked up in an hour, none filed"),
    "fishing.taken_names": _l("Names looked up that others hold, at least"),
    "fishing.taken_share": _l("Share of them among all"),
    "fishing.sequence": _l("Names in the order of a list"),
    "week.report_due_hour": _l("The weekly report is due at"),
    "week.reminder_hour": _l("Reminders of the weekly report go out at"),
    "week.missing_hour": _l("Who did not report is listed at"),
    "week.rollup_hour": _l("Friday's roll-up is made at"),
    "week.stuck_days": _l("A project without progress is stuck after"),
    "week.support_working_days": _l("Support asked for is due within"),
    "week.install_working_days": _l("An installation is due within"),
    "statement_days.collect": _l("Step 1, receipts collected"),
    "statement_days.print": _l("Step 3, printed"),
    "statement_days.send": _l("Step 4, sent"),
    "statement_days.answer": _l("Step 5, the partner answers"),
    "statement_days.pass_on": _l("Step 5, passed on"),
    "statement_days.review": _l("Step 6, each approval"),
    "statement_days.pay": _l("Step 7, paid"),
    "statement_days.invoice": _l("Step 8, invoice received"),
    "statement_days.close": _l("Step 9, written off"),
}


def figure_words(figure: Figure) -> str:
    """What a figure is called, for a person who sees it alone."""
    if figure.name in _SINGLE:
        return str(_SINGLE[figure.name])
    table, key = figure.path[0], figure.path[-1]
    if table == "rates":
        return _rate_words(Product(figure.path[1]), key)
    if table == "floor_prices":
        product = labels.label(Product(figure.path[1]))
        return str(
            gettext("%(product)s, %(tier)s: floor price", product=product, tier=labels.label(Tier(key)))
        )
    if table == "tiers":
        tier = labels.label(Tier(figure.path[1]))
        if key == "ports":
            return str(gettext("%(tier)s: new ports", tier=tier))
        return str(gettext("%(tier)s: closed customers", tier=tier))
    if table == "deposits":
        return str(gettext("Deposit, %(tier)s", tier=labels.label(Tier(key))))
    if table == "stage_weights":
        return str(gettext("Weight of revenue, %(stage)s", stage=labels.label(Stage(key))))
    return str(gettext("Early projects, %(tier)s", tier=labels.label(Tier(key))))


def _rate_words(product: Product, key: str) -> str:
    name = labels.label(product)
    if key == "second_year":
        return str(gettext("%(product)s, year 2", product=name))
    return str(gettext("%(product)s, %(tier)s, year 1", product=name, tier=labels.label(Tier(key))))


def unit_words(figure: Figure) -> str:
    """The unit beside the field, where the field does not hold it itself."""
    units = {
        Unit.DAYS: gettext("days"),
        Unit.WORKING_DAYS: gettext("working days"),
        Unit.SECONDS: gettext("seconds"),
        Unit.HOUR: gettext("o'clock"),
        Unit.YUAN: sign().strip(),
        Unit.YUAN_PER_MINUTE: gettext("%(sign)s a minute", sign=sign().strip()),
    }
    return str(units.get(figure.unit, ""))


def percent(share: Decimal) -> str:
    """40%, 12.5%."""
    return f"{(share * 100).normalize():f}%"


def typed(figure: Figure, value: Value) -> str:
    """A figure as it stands in its field."""
    if isinstance(value, tuple):
        return ", ".join(map(percent, value))
    if figure.unit is Unit.SHARE:
        return percent(Decimal(value))
    if figure.unit is Unit.YUAN:
        return f"{value:.2f}".removesuffix(".00")
    return str(stated(value))


def figure_value(figure: Figure, value: Value | None) -> str:
    """A figure with its unit, for reading."""
    if value is None:
        return str(gettext("none"))
    if figure.unit is Unit.YUAN:
        return money(Decimal(str(value)))
    if figure.unit is Unit.YUAN_PER_MINUTE:
        return str(gettext("%(price)s a minute", price=f"{sign()}{typed(figure, value)}"))
    if not isinstance(value, int):
        return typed(figure, value)
    if figure.unit is Unit.DAYS:
        return str(ngettext("%(num)d day", "%(num)d days", value))
    if figure.unit is Unit.WORKING_DAYS:
        return str(ngettext("%(num)d working day", "%(num)d working days", value))
    if figure.unit is Unit.HOUR:
        return f"{value:02d}:00"
    if figure.unit is Unit.SECONDS:
        return str(ngettext("%(num)d second", "%(num)d seconds", value))
    return f"{value:,}"
