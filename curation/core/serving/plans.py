"""The processes that make up Exempla, and how each is run."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from curation.core.serving.child import ProcessPlan

PYTHON = (sys.executable, "-m")


def plans(home: Path, listener: int, inherits: Sequence[int], *, verbose: bool) -> list[ProcessPlan]:
    """In the order in which they stop: nothing new is rung for, then nobody new comes in, then work is finished."""
    level = "INFO" if verbose else "WARNING"
    environment = dict(os.environ)

    def log(name: str) -> Path | None:
        return None if verbose else home / "logs" / f"{name}.log"

    beat = [*PYTHON, "celery", "-A", "curation", "beat", "--loglevel", level]
    beat += ["--schedule", str(home / "beat-schedule"), "--pidfile", ""]
    web = [*PYTHON, "gunicorn", "curation.wsgi:application", "--bind", f"fd://{listener}", "--no-control-socket"]
    # What a proxy says of a visitor is believed by the settings (`BEHIND_PROXY`), and by nothing before them.
    web += ["--forwarded-allow-ips", ""]
    web += ["--worker-class", "curation.core.serving.worker.PatientWorker", "--workers", "2", "--threads", "40"]
    web += ["--graceful-timeout", "10", "--no-sendfile"]
    web += ["--access-logfile", "-"] if verbose else ["--log-level", "warning"]
    celery = [*PYTHON, "celery", "-A", "curation", "worker", "--loglevel", level]
    worker = [*celery, "--queues", "celery", "--concurrency", "4"]
    checks = [*celery, "--queues", "checks", "--concurrency", "1", "--hostname", "checks@%h"]
    # On SIGTERM: hand back what waits, and give what runs the time of the soft shutdown.
    soft = {**environment, "REMAP_SIGTERM": "SIGQUIT"}
    return [
        ProcessPlan("beat", beat, environment, log("beat"), inherits, patience=5),
        ProcessPlan("web", web, environment, log("web"), (*inherits, listener), patience=12),
        ProcessPlan("checks", checks, soft, log("checks"), inherits, patience=40),
        ProcessPlan("worker", worker, soft, log("worker"), inherits, patience=40),
    ]
