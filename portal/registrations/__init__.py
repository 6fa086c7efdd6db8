"""Customer registrations (客户报备): filing, working, correcting, listing."""
