"""A statement's own pages: the list, the statement, its revisions, its files (M13–M15)."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission as P
from portal.domain.disputes import DisputeState
from portal.domain.money import capital_amount
from portal.domain.rates import Product
from portal.domain.roles import Role
from portal.domain.statements import Station
from portal.files import open_stored
from portal.statements import dispute_pages, line_rows, pages, papers
from portal.statements.board_rows import possible
from portal.statements.rows import REASONS, is_out, period_words, standing_of, steps_of, sums_shown
from portal.web.login import needs
from portal.web.request import actor, config, reading, today
from portal.web.sending import attachment

bp = Blueprint("statements", __name__)
_FILTERS = ("product", "customer", "flag")


def statement_or_404(statement_id: int) -> Any:
    """A statement the person sees; aborts with 404 otherwise."""
    row = pages.statement_in_sight(reading(), pages.in_sight(actor()), statement_id)
    if row is None:
        abort(404)
    return row


def is_own(row: Any) -> bool:
    """Whether the person speaks for the statement's partner."""
    return Role.PARTNER_ADMIN in actor().effective_roles and row.partner_id == actor().partner_id


@bp.get("/statements")
@needs(P.STATEMENT_VIEW)
def list_page() -> ResponseReturnValue:
    """The statements in sight, and where each stands."""
    page = pages.list_statements(reading(), pages.in_sight(actor()), cursor=request.args.get("page"))
    return render_template(
        "statements/list.html",
        lines=[(row, standing_of(row, actor(), today())) for row in page.rows],
        page=page,
        period_words=period_words,
        link=lambda cursor: url_for(".list_page", page=cursor),
    )


@bp.get("/statements/<int:statement_id>")
@needs(P.STATEMENT_VIEW)
def detail(statement_id: int) -> ResponseReturnValue:
    """The statement as it stands."""
    return statement_page(statement_or_404(statement_id))


def statement_page(row: Any, **more: Any) -> str:
    """The page of a statement; `more` is what an act on it has to say."""
    session, product = reading(), request.args.get("product", "")
    asked = {name: request.args.get(name, "") for name in _FILTERS}
    page = pages.lines_page(
        session,
        row.id,
        row.revision,
        cursor=request.args.get("page"),
        product=Product(product) if product in set(Product) else None,
        customer=asked["customer"].strip()[:100],
        flag=asked["flag"],
    )
    disputes = dispute_pages.disputes_of(session, row.id)
    off = pages.left_off(session, row.id, row.revision)
    acts = pages.acts_of(session, row.id)
    still_open = [each for each in disputes if each.state is DisputeState.OPEN]
    context = {
        "s": row,
        "own": is_own(row),
        "standing": standing_of(row, actor(), today(), open_disputes=len(still_open)),
        "steps": steps_of(row, acts),
        "acts": acts,
        "sums": sums_shown(pages.sums_of(session, row.id, row.revision)),
        "lines": line_rows.lines_shown(page.rows, disputes, row.revision),
        "page": page,
        "disputes": disputes,
        "still_open": still_open,
        "answered": [each for each in disputes if each.answered_at and each.revision <= row.revision],
        "left_off": line_rows.by_reason(
            line_rows.lines_shown(off[: pages.LEFT_OFF_SIZE], disputes, row.revision)
        ),
        "more_left_off": len(off) > pages.LEFT_OFF_SIZE,
        "scans": pages.files_of(session, row.id, papers.SCAN) if _may_have_scans(row) else [],
        "asked": asked,
        "filters": list(pages.FILTERS),
        "link": lambda cursor: url_for("statements.detail", **_address(row.id, asked, cursor)),
        "capitals": capital_amount(row.total),
        "period_words": period_words,
        "out": is_out(row.station),
        "possible": possible(actor(), row.station),
        "may_scan": is_own(row) and _may_have_scans(row),
        "stations": Station,
        "states": DisputeState,
    }
    return render_template("statements/detail.html", **{**context, **more})


def _address(statement_id: int, asked: dict[str, str], cursor: str) -> dict[str, Any]:
    given = {name: value for name, value in asked.items() if value}
    return {"statement_id": statement_id, "page": cursor, **given}


def _may_have_scans(row: Any) -> bool:
    return is_out(row.station) and row.station not in (Station.SENT, Station.DISPUTED)


@bp.get("/statements/<int:statement_id>/revisions")
@needs(P.STATEMENT_VIEW)
def revisions(statement_id: int) -> ResponseReturnValue:
    """Every revision: when, why, and what it changed (M9)."""
    row, session = statement_or_404(statement_id), reading()
    made = pages.revisions_of(session, row.id)
    return render_template(
        "statements/detail_revisions.html",
        s=row,
        revisions=[(each, _changes(row.id, each.revision)) for each in made],
        totals={each.revision: each.total for each in made},
        reasons=REASONS,
        period_words=period_words,
    )


def _changes(statement_id: int, revision: int) -> list[tuple[Any, Any]]:
    return pages.changed_lines(reading(), statement_id, revision) if revision > 1 else []


@bp.get("/statements/<int:statement_id>/revisions/<int:revision>")
@needs(P.STATEMENT_VIEW)
def revision(statement_id: int, revision: int) -> ResponseReturnValue:
    """One revision as it was."""
    row, session = statement_or_404(statement_id), reading()
    made = {each.revision: each for each in pages.revisions_of(session, row.id)}
    if revision not in made:
        abort(404)
    page = pages.lines_page(session, row.id, revision, cursor=request.args.get("page"))
    off = pages.left_off(session, row.id, revision)
    return render_template(
        "statements/detail_revision.html",
        s=row,
        made=made[revision],
        reasons=REASONS,
        sums=sums_shown(pages.sums_of(session, row.id, revision)),
        lines=line_rows.lines_shown(page.rows, (), revision),
        page=page,
        left_off=line_rows.by_reason(line_rows.lines_shown(off[: pages.LEFT_OFF_SIZE], (), revision)),
        more_left_off=len(off) > pages.LEFT_OFF_SIZE,
        link=lambda cursor: url_for(".revision", statement_id=row.id, revision=revision, page=cursor),
        period_words=period_words,
    )


@bp.get("/statements/<int:statement_id>/files/<int:file_id>")
@needs(P.STATEMENT_VIEW)
def download(statement_id: int, file_id: int) -> ResponseReturnValue:
    """A scan or a piece of evidence, always as an attachment."""
    row = statement_or_404(statement_id)
    found = papers.file_of(reading(), row.id, file_id)
    if found is None:
        abort(404)
    return attachment(open_stored(config().files, found.storage_key), found)
