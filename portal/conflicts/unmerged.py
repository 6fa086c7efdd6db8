"""What a claim's way from customer to customer tells of merges that were undone."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from portal.domain.facts import Rule


def undone_merges(stays: Sequence[Any], customer: int) -> Iterator[tuple[datetime, datetime]]:
    """When a merge touched `customer` and when it was undone, as one claim's way tells it.

    The claim comes back to a customer it was on before: either it is this one, or it leaves this one.
    """
    for index, stay in enumerate(stays):
        earlier = [number for number in range(index) if stays[number].customer_id == stay.customer_id]
        if stay.rule is not Rule.MERGED or stay.customer_id is None or not earlier:
            continue
        if stay.customer_id == customer:
            yield stays[earlier[-1] + 1].at, stay.at
        elif stays[index - 1].customer_id == customer:
            yield stays[index - 1].at, stay.at
