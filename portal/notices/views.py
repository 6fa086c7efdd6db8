"""The inbox, a person's own settings, and for administrators what was sent."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.letters import Told
from portal.domain.notices import KINDS, OUTER, Channel, Dropped, NoticeKind, OutboxState, kinds_for
from portal.notices import forms, queries, service, settings, transport
from portal.notices.sending import NotSent, Undelivered
from portal.notices.vault import KeyLost, Vault
from portal.web import labels, notice_words
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.notice_mail import test_letter
from portal.web.request import actor, config, now, reading, transaction

bp = Blueprint("notices", __name__)
HOURS = range(7, 23)


def _one_of(kind: Any, text: str | None) -> Any:
    """The member of an enum that an address names; None for what is none."""
    return next((member for member in kind if member.value == text), None)


def _mine() -> list[NoticeKind]:
    return kinds_for(actor().effective_roles)


def _said(row: Any) -> dict[str, str]:
    told = Told(row.kind, row.at, row.params, row.link)
    return {"title": notice_words.title(told), "sentence": notice_words.sentence(told)}


@bp.get("/notices")
@needs(P.PROFILE)
def inbox() -> ResponseReturnValue:
    """What the person was told, the newest first."""
    kind = _one_of(NoticeKind, request.args.get("kind"))
    page = queries.inbox(reading(), user_id=actor().user_id, kind=kind, cursor=request.args.get("from"))
    return render_template(
        "notices/inbox.html",
        page=page,
        rows=[(row, _said(row)) for row in page.rows],
        kinds=_mine(),
        kind=kind,
        newest=max((row.id for row in page.rows), default=0),
        first="from" not in request.args,
        link=lambda cursor: url_for(".inbox", kind=kind, **{"from": cursor}),
    )


@bp.post("/notices/<int:notice_id>/open")
@needs(P.PROFILE)
def open_one(notice_id: int) -> ResponseReturnValue:
    """Mark it as read and go where it leads."""
    with transaction() as session:
        link = service.read_one(session, user_id=actor().user_id, notice_id=notice_id, now=now())
    if link is None:
        abort(404)
    return redirect(link, 303)


@bp.post("/notices/read")
@needs(P.PROFILE)
def read_all() -> ResponseReturnValue:
    """Mark everything as read that was on the page or came before it."""
    text = request.form.get("up_to", "")
    up_to = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    kind = _one_of(NoticeKind, request.form.get("kind"))
    with transaction() as session:
        service.read_all(session, user_id=actor().user_id, now=now(), up_to=up_to, kind=kind)
    return go_to(url_for(".inbox", kind=kind))


@bp.get("/notices/settings")
@needs(P.PROFILE)
def settings_form() -> ResponseReturnValue:
    """What is sent to the person, how and when."""
    kept = queries.address_of(reading(), actor().user_id)
    form = forms.SettingsForm(data={"email_on": kept.email_on is not False})
    chosen = queries.choices_of(reading(), actor().user_id)
    on = {
        (kind, channel)
        for kind in _mine()
        for channel in OUTER
        if chosen.get((kind, channel), channel in KINDS[kind].by_default)
    }
    return _settings_page(form, kept, on, set(kept.hours or ())), 200


def _vault() -> Vault:
    return Vault(config().secret_key)


def _ending(key: str | None) -> str | None:
    """What is shown of a kept key; None where it cannot be read any more."""
    try:
        return _vault().ending(key)
    except KeyLost:
        return None


def _settings_page(form: Any, kept: Any, on: Any, hours: Any) -> str:
    return render_template(
        "notices/settings.html",
        form=form,
        kept=kept,
        ending=_ending,
        kinds=_mine(),
        urgent={kind for kind in _mine() if KINDS[kind].urgent},
        channels=OUTER,
        on=on,
        hours=sorted({*HOURS, *hours}),
        chosen_hours=hours,
        mail_works=config().mail_url is not None,
    )


@bp.post("/notices/settings")
@needs(P.PROFILE)
def keep_settings() -> ResponseReturnValue:
    """Keep them."""
    form = forms.SettingsForm(request.form)
    on = forms.wanted(_mine(), request.form.get)
    addresses = form.addresses(request.form.getlist("hours"))
    if form.validate():
        try:
            with transaction() as session:
                settings.keep(
                    session, user_id=actor().user_id, addresses=addresses, kinds=_mine(), wanted=on,
                    vault=_vault(),
                )  # fmt: skip
        except RuleViolation as error:
            form.refuse(error)
        else:
            flash(_("Saved. It holds for what you are told from now on."))
            return go_to(url_for(".settings_form"))
    kept = queries.address_of(reading(), actor().user_id)
    return _settings_page(form, kept, on, set(addresses.hours)), 422


@bp.post("/notices/settings/test")
@needs(P.PROFILE)
def send_test() -> ResponseReturnValue:
    """Send the person a message at once and tell what came of it."""
    way = _one_of(Channel, request.form.get("channel"))
    if way not in OUTER:
        abort(404)
    try:
        with transaction() as session:
            settings.begin_test(session, user_id=actor().user_id, now=now())
        kept = queries.address_of(reading(), actor().user_id)
        reading().rollback()  # no connection is held while a service is asked
        letter = test_letter(config(), name=kept.name, language=kept.locale)
        transport.deliver(kept, way, letter, mail_url=config().mail_url, vault=_vault())
    except RuleViolation as error:
        flash(labels.message(error), "bad")
    except NotSent as refusal:
        known = labels.message(RuleViolation("notice.no_robot"))
        flash(known if refusal.why is Dropped.NO_ADDRESS else labels.label(refusal.why), "bad")
    except Undelivered as error:
        flash(_("The test did not get through: %(told)s", told=str(error)), "bad")
    else:
        flash(_("The test was accepted: look whether it arrived."))
    return go_to(url_for(".settings_form"))


@bp.get("/admin/notices")
@needs(P.NOTICE_WATCH)
def log() -> ResponseReturnValue:
    """What was sent, to whom, by what, after how many tries, and what went wrong."""
    return _log_page(), 200


def _log_page(problem: RuleViolation | None = None) -> str:
    state = _one_of(OutboxState, request.values.get("state"))
    page = queries.sent_log(reading(), state=state, cursor=request.args.get("from"))
    reasons = {each.value: each for each in Dropped}
    return render_template(
        "notices/log.html",
        page=page,
        rows=[(row, _said(row), reasons.get(row.last_error)) for row in page.rows],
        counts=queries.counts(reading()),
        states=list(OutboxState),
        state=state,
        mail_works=config().mail_url is not None,
        problem=labels.message(problem) if problem else None,
        link=lambda cursor: url_for(".log", state=state, **{"from": cursor}),
    )


@bp.post("/admin/notices/<int:outbox_id>/retry")
@needs(P.NOTICE_WATCH)
def retry(outbox_id: int) -> ResponseReturnValue:
    """Have it sent again with the next round."""
    try:
        with transaction() as session:
            settings.retry(session, actor=actor(), now=now(), outbox_id=outbox_id)
    except RuleViolation as error:
        return _log_page(error), 409
    flash(_("It is sent again with the next round."))
    return go_to(url_for(".log", state=_one_of(OutboxState, request.form.get("state"))))
