"""What is kept with work that its workers did not survive."""

from curation.core.stored_messages import gettext_noop

STOPPED = gettext_noop("The worker stopped in the middle of it, %(n)s times. Whoever runs the server should look why.")
