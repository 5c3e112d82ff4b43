"""What the log says of requests that were refused."""

import logging

# Of a line; a request can be much longer.
LONGEST = 1000


class RefusedIsNoError(logging.Filter):
    """Let a request that Django refuses as suspicious be a warning, in a line of bounded length.

    It was answered with 400 and changed nothing. As an error, anybody who sends rubbish could fill the log that tells
    the operator of real ones.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; every record passes."""
        if record.name.startswith("django.security."):
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
            record.msg, record.args = record.getMessage()[:LONGEST], ()
            record.exc_info = record.exc_text = None
        return True
