"""Every text is there in both languages (the committed catalogue), and the check itself works."""

import pytest
from babel.messages import Message

from scripts import catalogue


def test_the_committed_catalogue_is_complete_and_compiled():
    assert catalogue.check() == []


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (Message("Save", ""), "no Chinese"),
        (Message(("%(n)s day", "%(n)s days"), ("",)), "no Chinese"),
        (Message("Save", "保存", flags=["fuzzy"]), "fuzzy"),
        (Message("Owned by %(party)s", "归属"), "placeholders differ"),
        (Message("Owned by %(party)s", "归属 %(partner)s"), "placeholders differ"),
        (Message("100%% of %(n)s", "%(n)s 的 100%"), "placeholders differ"),
        (Message("File this registration", "File this registration"), "still English"),
        (Message("保存", "保存"), "source text is not English"),
        (Message("Save", "您好"), "'您' in"),
        (Message("Saved", "已保存！"), "'！' in"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_faulty_entry_is_found(message: Message, fault: str):
    assert any(fault in found for found in catalogue.faults(message))


@pytest.mark.parametrize(
    "message",
    [
        Message("Save", "保存"),
        Message("CSV", "CSV"),
        Message(("%(n)s day", "%(n)s days"), ("%(n)s 天",)),
        Message("Owned by %(party)s since %(day)s", "%(day)s 起归 %(party)s"),
    ],
    ids=lambda message: str(message.id),
)
def test_a_good_entry_is_left_alone(message: Message):
    assert catalogue.faults(message) == []
