"""Running the web, worker and beat processes of a home together: the hands of `manage.py serve`."""
