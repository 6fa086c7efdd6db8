"""What a WSGI server imports."""

from portal import create_app

app = create_app()
