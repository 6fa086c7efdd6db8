"""Today, search, and the phone's menu."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.cases.listing import Shown, edges, list_cases, reader_of
from portal.cases.queries import cases_of
from portal.cases.rows import case_lines
from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.domain.periods import BUSINESS_OFFSET, reporting_week
from portal.domain.pipeline import Stage
from portal.domain.policy import Policy
from portal.domain.roles import Actor
from portal.home import queries, rows
from portal.partners.queries import list_partners
from portal.partners.scope import totals_of
from portal.pipeline.queries import stage_totals
from portal.policy.service import policy_on
from portal.registrations.listing import Filters, list_registrations
from portal.statements.board import Reader
from portal.statements.scope import own_statements, statements_of, waiting_for
from portal.web.access import partners_of, registrations_of
from portal.web.login import needs
from portal.web.request import actor, now, reading, today

bp = Blueprint("home", __name__)
_CASES = 6


@bp.get("/", endpoint="today")
@needs(P.PROFILE)
def start() -> ResponseReturnValue:
    """What needs me, the funnel, what waits."""
    person, session = actor(), reading()
    policy = policy_on(session, today())
    urgent = min(policy.lapsing_soon_days)
    steps = _statement_tasks(person)
    if not allows(person, P.REGISTRATION_VIEW):
        task_rows = rows.task_rows(steps, works=False, show_partner=True, urgent=urgent)
        return render_template("home/quiet.html", tasks=steps, task_rows=task_rows)
    scope = registrations_of(person)
    if allows(person, P.REGISTRATION_FILE):
        tasks, waiting = queries.tasks_for_claimants(session, scope=scope, today=today(), policy=policy)
    else:
        decides = allows(person, P.HELD_DECIDE)
        tasks, waiting = queries.tasks_for_reviewers(
            session, scope=scope, today=today(), policy=policy, decides=decides
        )
        if decides:
            tasks = sorted([*tasks, *queries.tasks_about_pairs(session, policy=policy)], key=queries.by_due)
    totals = stage_totals(session, totals_of(person))
    if person.partner_id is not None and policy.week:
        of_week = queries.tasks_of_the_week(
            session, scope=scope, partner_id=person.partner_id, now=now(), figures=policy.week,
            projects=sum(each.projects for stage, each in totals.items() if stage is not Stage.SIGNED),
        )  # fmt: skip
        tasks = sorted([*tasks, *of_week], key=queries.by_due)
    helping = queries.tasks_about_support(session, person, today=today())
    owed, answered = ([each for each in helping if each.kind == kind] for kind in ("owed", "answered"))
    tasks = [*_case_tasks(person, policy), *steps, *owed, *tasks, *answered]
    return render_template(
        "home/today.html",
        tasks=tasks,
        task_rows=rows.task_rows(
            tasks,
            works=allows(person, P.REGISTRATION_WORK),
            show_partner=not person.is_partner,
            urgent=urgent,
        ),
        waiting=rows.waiting_rows(waiting),
        funnel=rows.funnel_rows(totals),
        sums=rows.funnel_sums(totals),
        hour=now().astimezone(BUSINESS_OFFSET).hour,
        thursday=reporting_week(today()),
    )


def _statement_tasks(person: Actor) -> list[queries.Task]:
    """The steps of statements that wait for this person."""
    own = allows(person, P.STATEMENT_CONFIRM)
    if not own and not allows(person, P.STATEMENT_ACT):
        return []
    scope = own_statements(person) if own else statements_of(person)
    reader = Reader(scope, waiting_for(person), person.user_id)
    return queries.tasks_about_statements(reading(), reader)


def _case_tasks(person: Actor, policy: Policy) -> list[queries.Task]:
    """The cases that wait for this person's answer, vote or word."""
    if not allows(person, P.CASE_VIEW):
        return []
    found = list_cases(
        reading(), cases_of(person), reader_of(person), Shown.MINE, values=edges(today(), policy), size=_CASES
    )
    lines = case_lines(found.rows, person, today(), policy)
    return [queries.Task("case", line, line.due) for line in lines]


@bp.get("/search")
@needs(P.PROFILE)
def search() -> ResponseReturnValue:
    """Registrations and partners in sight whose name or number contains the text."""
    text = request.args.get("q", "").strip()[:100]
    found, partners = [], []
    if text and allows(actor(), P.REGISTRATION_VIEW):
        page = list_registrations(
            reading(),
            scope=registrations_of(actor()),
            filters=Filters(text=text),
            today=today(),
            user_id=actor().user_id,
            cursor=None,
            size=20,
        )
        found = page.rows
    if text and allows(actor(), P.PARTNER_VIEW):
        partners = list_partners(reading(), scope=partners_of(actor()), text=text, today=today())[:20]
    return render_template("home/search.html", text=text, rows=found, partners=partners)


@bp.get("/more")
@needs(P.PROFILE)
def more() -> ResponseReturnValue:
    """Everything the phone's bar has no room for."""
    return render_template("home/more.html")
