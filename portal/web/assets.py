"""Static files by their content: a changed file gets a new address, an old one caches for a year."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, url_for


def init_app(app: Flask) -> None:
    """Give templates ``asset('css/base.css')`` and ``icon_href('check')``."""
    folder = Path(app.static_folder or "")

    @cache
    def fingerprint(name: str) -> str:
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()[:10]

    @cache
    def address(name: str) -> str:
        return f"{app.static_url_path}/{name}?v={fingerprint(name)}"

    def asset(name: str) -> str:
        return address(name) if app.static_url_path else url_for("static", filename=name)

    app.jinja_env.globals["asset"] = asset
    app.jinja_env.globals["sprite"] = asset("icons.svg")
