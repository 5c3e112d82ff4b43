"""Statistics: agreement, intervals, estimates. Pure numpy; every formula names its source."""
