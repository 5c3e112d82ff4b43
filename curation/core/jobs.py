"""Waking the worker. A job is a row; the message only says that there may be one."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def nudge(task: str, *arguments: str, expires: int = 60) -> None:
    """Ask a worker to look for due rows of `task`, after the current transaction commits.

    A lost message costs seconds, never work: beat sends the same tasks on a schedule. So a Redis that is down is logged
    and passed over. `arguments` are for what is no work but a question, which is asked again where its answer is lost;
    nobody wants the answer after so many seconds (`expires`).
    """

    def send() -> None:
        try:
            current_app.send_task(task, args=arguments, expires=expires)
        except (OperationalError, OSError) as error:
            log.warning("could not wake the worker for %s: %s", task, error)

    transaction.on_commit(send, robust=True)
