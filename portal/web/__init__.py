"""What every page shares. `init_app` wires it; each concern has its file."""

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.config import Config
from portal.web import assets, csrf, errors, filters, headers, language, login, logs, marks, nav, request
from portal.web.templating import PortalEnvironment

__all__ = ["Blueprint", "init_app"]


def init_app(app: Flask, config: Config) -> None:
    """Wire sessions, language, login, protection, errors and template helpers into `app`."""
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.jinja_environment = PortalEnvironment
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    logs.init_app(app, config)
    request.init_app(app)
    language.init_app(app)
    csrf.init_app(app)
    login.init_app(app)
    headers.init_app(app)
    filters.init_app(app)
    assets.init_app(app)
    marks.init_app(app)
    nav.init_app(app, config)
    errors.init_app(app)
