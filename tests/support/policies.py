"""The figures of the shipped policy, for tests that ask the rules alone."""

import json
from typing import Any

from tests.support.source import ROOT

BODY: dict[str, Any] = json.loads((ROOT / "portal/policy/default.json").read_text(encoding="utf-8"))
