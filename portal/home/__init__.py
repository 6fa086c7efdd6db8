"""Today: what needs me, the funnel, search."""
