"""Commission statements: made, walked through the nine steps, disputed, printed."""
