"""File registrations and find them again."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal import db, exports
from portal.domain.access import Permission as P
from portal.domain.access import Scope, scope_of
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.identifiers import parse_uscc
from portal.domain.names import LONGEST_NAME, keys_of
from portal.domain.pipeline import Stage
from portal.domain.protection import end_on
from portal.partners.queries import partner_choices, partner_stamp
from portal.policy.service import policy_on
from portal.registrations import listing, queries
from portal.registrations.checks import Checked, check_customer
from portal.registrations.drafts import FILING, drop_draft, load_draft, save_draft
from portal.registrations.filters import as_query, filters_from
from portal.registrations.forms import FilingForm
from portal.registrations.rows import list_rows
from portal.registrations.saved import drop_view, save_view
from portal.registrations.service import Filing, file_registration
from portal.web import labels
from portal.web.access import partners_of, registrations_of
from portal.web.htmx import go_to, is_htmx, wants_fragment
from portal.web.login import needs
from portal.web.request import actor, engine, now, reading, today, transaction
from portal.web.templating import part

bp = Blueprint("registrations", __name__)


@bp.get("/registrations")
@needs(P.REGISTRATION_VIEW)
def list_page() -> ResponseReturnValue:
    """Registrations, filtered by the address."""
    filters = filters_from(request.args)
    scope, sees_partners = registrations_of(actor()), scope_of(actor()) in (Scope.ALL, Scope.REGION)
    found = {"scope": scope, "filters": filters, "today": today(), "user_id": actor().user_id}
    page = listing.list_registrations(reading(), cursor=request.args.get("from"), **found)
    query = as_query(filters)
    if page.before is None and page.after is None:
        total = len(page.rows)
    elif filters.text:  # more than a page; counting them would cost as much as finding them
        total = listing.count_limit(filters) + 1
    else:
        total = listing.count_registrations(reading(), **found)
    context = {
        "page": page,
        "rows": list_rows(page.rows, show_partner=sees_partners),
        "filters": filters,
        "total": total,
        "limit": listing.count_limit(filters),
        "link": lambda cursor: url_for(".list_page", **as_query(filters), **{"from": cursor}),
        "query": query,
        "query_string": f"?{urlencode(query, doseq=True)}" if query else "",
        "states": State,
        "stages": Stage,
        "sorts": list(listing.SORTS),
    }
    if wants_fragment():
        return render_template("registrations/_table.html", **context)
    context["views"] = queries.saved_views(reading(), actor().user_id, "registrations")
    if sees_partners:
        context["partners"] = _partner_options(filters.partner_id)
    return render_template("registrations/list.html", **context)


def _partner_options(chosen: int | None) -> Markup:
    """The partners one may choose from: written out again only when one was added or changed."""
    scope, template = partners_of(actor()), "registrations/_partner_options.html"
    if chosen is not None:
        return part(template, partners=partner_choices(reading(), scope), chosen=chosen)
    stamp = partner_stamp(reading(), scope)
    kept = current_app.extensions.setdefault("partner_options", {})
    if kept.get(scope, (None,))[0] != stamp:
        kept[scope] = stamp, part(template, partners=partner_choices(reading(), scope))
    return cast(Markup, kept[scope][1])


@bp.get("/registrations/export.<any(csv, xlsx):form>")
@needs(P.REGISTRATION_EXPORT)
def export(form: str) -> ResponseReturnValue:
    """What is filtered, as a file."""
    found = {
        "scope": registrations_of(actor()),
        "filters": filters_from(request.args),
        "today": today(),
        "user_id": actor().user_id,
    }
    header = [
        _("Reference"), _("Filed at"), _("Party"), _("Customer"), _("English name"), _("Credit code"),
        _("Website"), _("Contact person"), _("Telephone"), _("City"), _("Customer class"), _("Ports"),
        _("Yearly revenue"), _("Stage"), _("Source"), _("State"), _("Protected until"),
    ]  # fmt: skip
    cells = _exported(found)
    name = f"registrations-{today().isoformat()}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "csv":
        lines = stream_with_context(exports.csv_lines(header, cells))
        return Response(lines, mimetype="text/csv", headers=headers)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(exports.xlsx_bytes(header, cells, _("Registrations")), mimetype=kind, headers=headers)


def _exported(found: dict[str, Any]) -> Iterator[list[Any]]:
    """The cells, from a session of their own: the request's is closed before the last row is sent."""
    with db.reading(engine()) as session:
        for row in listing.export_rows(session, **found):
            yield _cells(row)


def _cells(row: Any) -> list[Any]:
    return [
        row.ref, row.filed_at, row.partner_code or "KA", row.customer_name, row.customer_name_en,
        row.uscc, row.website, row.contact, row.phone, row.city,
        row.customer_class.value if row.customer_class else "", row.ports, row.yearly_revenue,
        str(labels.label(row.stage)), str(labels.label(row.source)),
        str(labels.label(State(row.state_now))),
        row.protected_until and end_on(row.protected_until, row.paused_from, today()),
    ]  # fmt: skip


@bp.get("/registrations/new")
@needs(P.REGISTRATION_FILE)
def new_form() -> ResponseReturnValue:
    """The filing form, with the draft that was kept, if any."""
    draft = load_draft(reading(), actor=actor(), form=FILING)
    if draft:
        kept = MultiDict(draft[0])
        kept["request_key"] = str(uuid.uuid4())
        return _form_page(FilingForm(kept), saved_at=draft[1])
    form = FilingForm(data={"stage": Stage.INTEREST, "request_key": str(uuid.uuid4())})
    form.customer_name.data = request.args.get("name", "")[:LONGEST_NAME] or None
    return _form_page(form)


def _form_page(form: FilingForm, *, saved_at: datetime | None = None, checked: Checked | None = None) -> str:
    recent = queries.recent_filings(reading(), registrations_of(actor()), today())
    return render_template(
        "registrations/new.html", form=form, checked=checked, recent=recent, saved_at=saved_at,
        policy=policy_on(reading(), today()),
    )  # fmt: skip


@bp.get("/registrations/check")
@needs(P.REGISTRATION_FILE)
def check() -> ResponseReturnValue:
    """The live check's panel; empty while there is too little to compare."""
    name = request.args.get("customer_name", "").strip()[:LONGEST_NAME]
    try:
        uscc = parse_uscc(request.args.get("uscc", ""))
    except RuleViolation:
        uscc = None
    english = " ".join(request.args.get("customer_name_en", "").split())[:LONGEST_NAME]
    if (len(name) < 2 or keys_of(name).core is None) and not uscc:
        return render_template("registrations/_check.html", checked=None)
    with transaction() as session:
        checked = check_customer(session, actor=actor(), now=now(), name=name, uscc=uscc, english=english)
    return render_template("registrations/_check.html", checked=checked)


@bp.post("/registrations")
@needs(P.REGISTRATION_FILE)
def create() -> ResponseReturnValue:
    """File it. Whatever fails, the form comes back as it was typed, and is kept as a draft."""
    form = FilingForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                filing = form.filing(today())
                filed = file_registration(
                    session,
                    actor=actor(),
                    now=now(),
                    filing=filing,
                    request_key=_key_of(form.request_key.data, filing),
                )
                drop_draft(session, actor=actor(), form=FILING)
        except RuleViolation as error:
            form.refuse(error)
        else:
            return go_to(url_for("registration.detail", registration_id=filed.registration_id, filed=1))
    with transaction() as session:
        save_draft(session, actor=actor(), now=now(), form=FILING, fields=request.form.to_dict())
    return _form_page(form), 422


def _key_of(posted: str | None, filing: Filing) -> str | None:
    """The key of this form, person and content: sent twice it is one filing.

    Changed after going back it is another filing, and nobody's key answers somebody else.
    """
    try:
        return str(uuid.uuid5(uuid.UUID(posted or ""), f"{actor().user_id} {filing!r}"))
    except ValueError:
        return None


@bp.post("/registrations/draft")
@needs(P.REGISTRATION_FILE, quiet=True)
def keep_draft() -> ResponseReturnValue:
    """Keep what is typed so far, as it is."""
    with transaction() as session:
        save_draft(session, actor=actor(), now=now(), form=FILING, fields=request.form.to_dict())
    if is_htmx():
        return render_template("registrations/_draft.html", saved_at=now())
    return redirect(url_for(".new_form"), 303)


@bp.post("/registrations/draft/drop")
@needs(P.REGISTRATION_FILE)
def forget_draft() -> ResponseReturnValue:
    """Start with an empty form again."""
    with transaction() as session:
        drop_draft(session, actor=actor(), form=FILING)
    return redirect(url_for(".new_form"), 303)


@bp.post("/registrations/views")
@needs(P.REGISTRATION_VIEW)
def keep_view() -> ResponseReturnValue:
    """Save the present filter under a name."""
    query = as_query(filters_from(MultiDict(parse_qsl(request.form.get("query", "")))))
    with transaction() as session:
        save_view(
            session,
            actor=actor(),
            page="registrations",
            name=request.form.get("name", ""),
            query=urlencode(query, doseq=True),
        )
    return go_to(url_for(".list_page", **query))


@bp.post("/registrations/views/<int:view_id>/drop")
@needs(P.REGISTRATION_VIEW)
def forget_view(view_id: int) -> ResponseReturnValue:
    """Forget a saved view of one's own."""
    with transaction() as session:
        drop_view(session, actor=actor(), view_id=view_id)
    return go_to(url_for(".list_page"))
