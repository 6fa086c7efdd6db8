"""Build hook: a wheel carries templates, static files and translations inside the package.

An editable install gets no copies: there the checkout's own folders are used, and a copy would
only go stale.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RESOURCES = ("templates", "static", "translations")


class ShipResources(BuildHookInterface[Any]):
    """Adds the folders that lie outside the package under `portal/_shipped/`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            for name in RESOURCES:
                build_data["force_include"][name] = f"portal/_shipped/{name}"
