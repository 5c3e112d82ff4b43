"""Running the web, worker and beat processes of a home together, as `manage.py serve` does."""
