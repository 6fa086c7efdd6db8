"""The lists of Friday's roll-up (W4), as plain words and figures: projects, support, reports, cases. Pure."""

from collections import Counter
from datetime import date
from typing import Any

from portal.domain.money import round_fen
from portal.domain.pipeline import Stage, is_key_project
from portal.domain.rollup import lapsed_within
from portal.domain.rollup_ground import Ground, Handed, id_of, supported_since
from portal.domain.weekly import Compared
from portal.domain.weeks import Week

Text = dict[str, Any]


def is_key(line: Compared) -> bool:
    """An open key project (S1)."""
    return line.now is not None and line.now.is_open and is_key_project(line.now.stage)


def is_gone_key(line: Compared) -> bool:
    """One that was a key project a week ago and is not the partner's any more."""
    return line.now is None and line.before is not None and is_key_project(line.before.stage)


def lapsed_in(line: Compared, week: Week) -> bool:
    """One whose protection ran out in the week."""
    return line.lapsed and line.now is not None and lapsed_within(line.now, week)


def told_of(ground: Ground, line: Compared) -> Text:
    """A project by itself: everything that a list says of it."""
    number = id_of(line)
    if number not in ground.words:
        ground.words[number] = _told_of(ground, line)
    return ground.words[number]


def _told_of(ground: Ground, line: Compared) -> Text:
    project, before = line.now or line.before, line.before
    assert project is not None  # noqa: S101 - one of the two is there
    about, partner = ground.about[project.registration_id], ground.partners[project.partner_id]
    return {
        "id": project.registration_id,
        "ref": about.ref,
        "customer": about.customer,
        "partner": partner.code,
        "partner_name": partner.name,
        "stage": str(project.stage),
        "before": str(before.stage) if before else "",
        "change": str(line.change),
        "ports": project.ports,
        "revenue": str(round_fen(project.yearly_revenue)),
        "protected_until": day(project.protected_until),
        "trial_ends_on": day(about.trial_ends_on) if project.stage is Stage.TRIAL else "",
        "next_step": about.next_step,
        "next_on": day(about.next_on),
        "signed_on": day(project.signed_on),
        "marks": [name for name in ("lapsing", "lapsed", "stuck") if getattr(line, name)],
    }


def day(value: date | None) -> str:
    """A day as text, empty for none."""
    return value.isoformat() if value else ""


def support(ground: Ground) -> list[Text]:
    """Open projects whose partner asked for support that was not given yet, the oldest request first."""
    today = ground.week.thursday
    rows = [
        (about, line)
        for line in ground.told
        if (about := ground.about[id_of(line)]).support_since and line.now is not None and line.now.is_open
    ]
    rows.sort(key=lambda row: (-supported_since(row[0], today), id_of(row[1])))
    return [
        told_of(ground, line)
        | {"need": about.support, "since": day(about.support_since), "days": supported_since(about, today)}
        for about, line in rows
    ]


def reports(ground: Ground) -> Text:
    """Who reported, and by name who did not in time."""

    def listed(handed: Handed) -> list[Text]:
        who = [ground.partners[number] for number, each in ground.reports.items() if each is handed]
        return [
            {"code": each.code, "name": each.name, "region": each.region}
            for each in sorted(who, key=lambda each: each.code)
        ]

    numbers = Counter(ground.reports.values())
    return {
        "due": len(ground.reports),
        "in_time": numbers[Handed.IN_TIME],
        "late": listed(Handed.LATE),
        "missing": listed(Handed.MISSING),
    }


def cases(ground: Ground) -> Text:
    """Conflicts that were opened or decided in the week."""
    rows = sorted(ground.cases, key=lambda each: each.ref)
    return {
        "opened": sum(each.opened for each in rows),
        "decided": sum(each.decided for each in rows),
        "listed": [
            {
                "ref": each.ref,
                "customer": each.customer,
                "kind": each.kind.value,
                "partner": ground.partners[each.partner_id].code,
                "partner_name": ground.partners[each.partner_id].name,
                "opened": each.opened,
                "decided": each.decided,
                "outcome": each.outcome.value if each.outcome else "",
            }
            for each in rows
        ],
    }


def needs_about(line: Compared, week: Week) -> bool:
    """Whether a roll-up lists the project: key now or before, signed, or lapsed in the week."""
    before, now = line.before, line.now
    return (
        (now is not None and is_key_project(now.stage))
        or (before is not None and is_key_project(before.stage))
        or lapsed_in(line, week)
    )
