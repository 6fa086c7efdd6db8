"""Moving in by a page: upload, preview, confirm."""

from flask import Blueprint

bp = Blueprint("imports", __name__)
