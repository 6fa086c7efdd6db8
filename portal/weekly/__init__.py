"""The channel's week (§7): what stood where, reports, the Thursday review, the Friday roll-up."""
