"""Who may see what: one pure function of person, queue and state."""
