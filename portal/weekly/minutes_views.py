"""The minutes of a Thursday review: for paper, and as a workbook."""

from typing import Any

from flask import abort, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import exports
from portal.domain.access import Permission as P
from portal.domain.weeks import Week
from portal.support.rows import lines
from portal.web.filters import moment
from portal.web.labels import label
from portal.web.language import gettext as _
from portal.web.login import needs
from portal.web.request import actor, reading, today
from portal.weekly import review_act_views, review_support_views, review_views
from portal.weekly.minutes import Part, minutes_of
from portal.weekly.review_page_views import address, bp, week_or_404
from portal.weekly.review_scope import partners_reviewed

__all__ = ["bp", "review_act_views", "review_support_views", "review_views"]


@bp.get("/thursday/<week>/minutes")
@needs(P.REVIEW_VIEW)
def minutes(week: str) -> ResponseReturnValue:
    """The whole meeting."""
    return _page(week_or_404(week), None)


@bp.get("/thursday/<week>/<int:partner_id>/minutes")
@needs(P.REVIEW_VIEW)
def minutes_of_one(week: str, partner_id: int) -> ResponseReturnValue:
    """One partner's part of it."""
    return _page(week_or_404(week), partner_id)


@bp.get("/thursday/<week>/minutes.xlsx")
@needs(P.REVIEW_VIEW)
def minutes_file(week: str) -> ResponseReturnValue:
    """The whole meeting as a workbook."""
    return _file(week_or_404(week), None)


@bp.get("/thursday/<week>/<int:partner_id>/minutes.xlsx")
@needs(P.REVIEW_VIEW)
def minutes_file_of_one(week: str, partner_id: int) -> ResponseReturnValue:
    """One partner's part as a workbook."""
    return _file(week_or_404(week), partner_id)


def _parts(week: Week, partner_id: int | None) -> list[Part]:
    parts = minutes_of(reading(), partners_reviewed(actor()), week, partner_id)
    if partner_id is not None and not parts:
        abort(404)
    return parts


def _page(week: Week, partner_id: int | None) -> ResponseReturnValue:
    name = week.thursday.isoformat()
    if partner_id is None:
        back, file = url_for(".week", week=name), url_for(".minutes_file", week=name)
    else:
        back = address(week, partner_id)
        file = url_for(".minutes_file_of_one", week=name, partner_id=partner_id)
    parts = _parts(week, partner_id)
    return render_template(
        "weekly/minutes.html",
        week=week,
        parts=[(part, lines(part.requests, today())) for part in parts],
        one=partner_id,
        back=back,
        file=file,
    )


def _file(week: Week, partner_id: int | None) -> ResponseReturnValue:
    answer = make_response(exports.xlsx_book(_sheets(_parts(week, partner_id))))
    answer.headers["Content-Type"] = exports.MEDIA_TYPES["xlsx"]
    name = f"minutes-{week.thursday.isoformat()}{'' if partner_id is None else f'-{partner_id}'}.xlsx"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _sheets(parts: list[Part]) -> list[exports.Sheet]:
    partner, customer, by, at = _("Partner"), _("Customer"), _("By"), _("At")
    partners: list[tuple[Any, ...]] = [
        (
            part.name, _report(part), moment(part.done_at), part.done_by or "", part.notes,
            part.noted_by or "", moment(part.noted_at),
        )
        for part in parts
    ]  # fmt: skip
    verdicts = [
        (part.name, each.customer, label(each.verdict), each.sentence, each.by, moment(each.at))
        for part in parts
        for each in part.decided
    ]
    support = [
        (
            part.name, each.row.customer_name or "", each.words, each.owner, each.row.due_on,
            label(each.row.state), each.result,
        )
        for part in parts
        for each in lines(part.requests, today())
    ]  # fmt: skip
    support += [(part.name, *each, "", None, "", "") for part in parts for each in part.said]
    return [
        exports.Sheet(
            _("Partners"),
            (partner, _("Weekly report"), _("Reviewed"), by, _("Notes"), _("Noted by"), _("Noted at")),
            partners,
            widths=(28, 20, 18, 14, 60, 14, 18),
        ),
        exports.Sheet(
            _("Verdicts"), (partner, customer, _("Verdict"), _("Sentence"), by, at), verdicts,
            widths=(28, 28, 18, 60, 14, 18),
        ),
        exports.Sheet(
            _("Support"),
            (partner, customer, _("Support needed"), _("Who"), _("Due on"), _("State"), _("What came of it")),
            support,
            widths=(28, 28, 50, 16, 12, 12, 40),
        ),
    ]  # fmt: skip


def _report(part: Part) -> str:
    if part.submitted_at is None:
        return _("Not sent in")
    return f"{_('Late') if part.late else _('In')} {moment(part.submitted_at)}"
