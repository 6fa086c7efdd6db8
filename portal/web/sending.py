"""Files that people sent, given out again."""

from typing import IO, Any

from flask import send_file
from flask.typing import ResponseReturnValue


def attachment(stream: IO[bytes], row: Any) -> ResponseReturnValue:
    """A stored file, by its row's name and type: always as an attachment, and kept nowhere on the way."""
    answer = send_file(stream, mimetype=row.media_type, as_attachment=True, download_name=row.name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
