"""Processes that help with work that is all computing, beside the one that asks."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

# Pieces of work that wait for a helper or are with it, for each of them.
_AHEAD = 3

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Helpers:
    """Some processes, or none: then everything is done here."""

    def __init__(self, pool: ProcessPoolExecutor | None, number: int) -> None:
        self._pool = pool
        self._enough = _AHEAD * number

    def in_any_order(self, work: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
        """The results as they come; what the helpers have no time for is done here meanwhile."""
        under_way: set[Future[_Result]] = set()
        for item in items:
            if self._pool and len(under_way) < self._enough:
                under_way.add(self._pool.submit(work, item))
            else:
                yield work(item)
            done = {each for each in under_way if each.done()}
            under_way -= done
            yield from (each.result() for each in done)
        yield from (each.result() for each in under_way)

    def in_order(self, work: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
        """The results in the order of the items, worked out ahead while those before are used."""
        if self._pool is None:
            yield from map(work, items)
            return
        waiting: deque[Future[_Result]] = deque()
        for item in items:
            waiting.append(self._pool.submit(work, item))
            if len(waiting) > self._enough:
                yield waiting.popleft().result()
        yield from (each.result() for each in waiting)


@contextmanager
def helpers(number: int) -> Iterator[Helpers]:
    """So many helping processes, for as long as the block lasts."""
    if number < 1:
        yield Helpers(None, 0)
        return
    # A fresh interpreter each: a forked one would share the database's connection.
    with ProcessPoolExecutor(number, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield Helpers(pool, number)
