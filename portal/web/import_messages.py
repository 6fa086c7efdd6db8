"""What is wrong with a file that is read, or with a row of it."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

IMPORT: Mapping[str, Any] = {
    "import.bad_code": _l("“%(value)s” cannot be used as a code here."),
    "import.before_filing": _l("“%(value)s” lies before the registration was filed."),
    "import.bomb": _l(
        "The file unpacks to %(size)s MB: that is no spreadsheet. Save it anew and send only the sheet."
    ),
    "import.column_twice": _l("The column “%(column)s” stands there twice."),
    "import.dry_run": _l("A trial run: nothing was written."),
    "import.encoding": _l("Line %(row)s is neither UTF-8 nor GB18030. Save the file as CSV UTF-8."),
    "import.held_registration": _l(
        "The registration “%(value)s” is held: decide first which customer it is on."
    ),
    "import.ignored_ended": _l("The claim had ended by then: the event stays on the time line as a note."),
    "import.ignored_not_owner": _l(
        "The claim did not own the customer then: the event stays on the time line as a note."
    ),
    "import.ignored_signed": _l("The customer was signed: the event stays on the time line as a note."),
    "import.in_the_future": _l("“%(value)s” lies in the future: taken as it stands."),
    "import.missing_columns": _l("These columns are missing: %(columns)s."),
    "import.mixed_encodings": _l(
        "Line %(row)s is in another encoding than the lines before. Save the file as CSV UTF-8."
    ),
    "import.not_a_table": _l("This is not a table. Send CSV or xlsx."),
    "import.not_xlsx": _l("This is not an Excel file, or it is damaged. Save it as xlsx or CSV."),
    "import.old_excel": _l(
        "This is the old Excel format (xls) or a protected file. Save it as xlsx without a password, "
        "or as CSV."
    ),
    "import.other_content": _l(
        "%(ref)s is known with other content. Give it another reference, or correct it in the portal."
    ),
    "import.refused": _l("The file was refused; nothing was written."),
    "import.too_large": _l("The file is larger than %(largest)s MB: split it."),
    "import.too_many_refused": _l("More than %(most)s things are wrong: reading stopped there."),
    "import.too_many_rows": _l("The file has more than %(most)s rows: split it."),
    "import.unknown_columns": _l("Columns not known here: %(columns)s. Known: %(known)s."),
    "import.unknown_partner": _l("There is no partner with the code “%(value)s”. Import the partners first."),
    "import.unknown_registration": _l(
        "There is no registration “%(value)s”. Import the registrations first."
    ),
    "import.unreadable": _l(
        "Reading this Excel file takes too much memory or time: a cell may stand far outside the table. "
        "Copy the table to a new sheet, or save it as CSV."
    ),
    "import.value": _l("“%(value)s” is not understood. Possible: %(known)s, or the words of the portal."),
}
