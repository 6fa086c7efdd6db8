"""Moving in from the spreadsheets in use today; one file per kind (interfaces.md)."""
