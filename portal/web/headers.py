"""Response headers: a strict content policy, no framing, no caching of pages."""

from flask import Flask, Response, request

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_YEAR = "public, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    """Put the headers on every answer; where cookies ask for TLS, browsers are told to keep to it."""
    always = dict(_ALWAYS)
    if app.config["SESSION_COOKIE_SECURE"]:
        always["Strict-Transport-Security"] = "max-age=31536000"

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in always.items():
            response.headers.setdefault(name, value)
        if request.endpoint == "static":
            # The name of a vendored file has its version in it.
            if "v" in request.args or request.path.startswith("/static/vendor/"):
                response.headers["Cache-Control"] = _YEAR
        else:
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers["Vary"] = "HX-Request, Cookie, Accept-Language"
        return response
