"""Whether a statement that is not out still says what its receipts come to (M2, M12)."""

from sqlmodel import Session

from portal.domain.periods import parse_period
from portal.models import Statement
from portal.statements.composing import composed
from portal.statements.ground import load_ground


def is_fresh(session: Session, statement: Statement) -> bool:
    """Whether it would come out the same if it were generated now."""
    numbers, period = {statement.partner_id: statement.number}, parse_period(statement.period)
    ground = load_ground(session, partner_ids=[statement.partner_id])
    return next(composed(session, ground, numbers, period)).content_hash == statement.content_hash
