"""What the commands do; `portal/cli.py` only parses their arguments."""
