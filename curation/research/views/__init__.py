"""The pages for researchers: rows, problems with them, outcomes, feeds."""
