"""The processes that make up Exempla, and how each is run."""

import os
import resource
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.template.loader import get_template

from curation.core.embedded.supervised import ProcessPlan
from curation.core.queues import BUILD, BULK, HUMAN, JUDGING, PUBLISHING, QUEUES, SCORING, WEBHOOKS
from curation.core.serving.forked import IS_POSSIBLE

PYTHON = (sys.executable, "-m")
WEB, WORKER, BEAT = PARTS = ("web", "worker", "beat")
# By the name of a worker, the queues it serves and how many tasks it does at a time. Scoring has two slots in the whole
# installation, and so have webhooks; of the five one is free for an expiry, and nothing that takes long stands before
# either. One task asks models for all runs at a time, hundreds of calls at once, and has loaded what no other needs.
WORKERS = {
    "worker": ((HUMAN, SCORING, WEBHOOKS), 5),
    "judging": ((JUDGING,), 1),
    "bulk": ((BULK, BUILD, PUBLISHING), 3),
}

# A fit loads libraries that nothing else needs, and a build may leave much behind: a child of these workers that has
# grown larger than the process it comes from is replaced after its task.
REPLACED = ("bulk",)

# Who waits for a page comes before what workers are at. As `nice` counts; a step is a fifth of the processor's time.
NICENESS = 13

# On SIGTERM a worker hands back what waits, and gives what runs the time of the soft shutdown.
SOFT_SHUTDOWN = {"REMAP_SIGTERM": "SIGQUIT"}
COMMANDS = (
    "celery.bin.celery",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.worker.consumer",
    "kombu.transport.redis",
    "gunicorn.app.wsgiapp",
    "curation.core.serving.worker",
)


def preload() -> None:
    """Load what web, worker and beat need, so that they have it from us when they are forked."""
    # Celery reads it when it is loaded; to whom else it is said does not matter.
    os.environ.update(SOFT_SHUTDOWN)
    for module in ("curation.urls", *COMMANDS):
        import_module(module)
    import_module("curation.celery").app.loader.import_default_modules()
    templates = settings.BASE_DIR / "templates"
    for file in templates.rglob("*.html"):
        get_template(str(file.relative_to(templates)))


def plans(
    home: Path,
    listener: int | None,
    inherits: Sequence[int],
    *,
    verbose: bool,
    parts: Sequence[str] = PARTS,
    queues: Sequence[str] = QUEUES,
    practice: int | None = None,
) -> list[ProcessPlan]:
    """In the order in which they stop: no new task is sent, then nobody new comes in, then work is finished.

    `listener` is the descriptor of the web's socket, `practice` that of the practice model's, where there is one.
    """
    level = "INFO" if verbose else "WARNING"
    environment = {**os.environ, **SOFT_SHUTDOWN}

    def log(name: str) -> Path | None:
        return None if verbose else home / "logs" / f"{name}.log"

    celery = [*PYTHON, "celery", "-A", "curation"]
    made = []
    if BEAT in parts:
        beat = [*celery, "beat", "--loglevel", level, "--schedule", str(home / "beat-schedule"), "--pidfile", ""]
        made.append(ProcessPlan("beat", beat, environment, log("beat"), inherits, stop_within=5))
    if WEB in parts and listener is not None:
        web = [*PYTHON, "gunicorn", "curation.wsgi:application", "--bind", f"fd://{listener}", "--no-control-socket"]
        # What a proxy says of a visitor is believed by the settings (`BEHIND_PROXY`), and by nothing before them.
        web += ["--forwarded-allow-ips", ""]
        web += ["--worker-class", "curation.core.serving.worker.PatientWorker", "--workers", "2", "--threads", "40"]
        web += ["--graceful-timeout", "10"]
        web += ["--access-logfile", "-"] if verbose else ["--log-level", "warning"]
        made.append(ProcessPlan("web", web, environment, log("web"), (*inherits, listener), stop_within=12))
    for name, (all_of_it, concurrency) in reversed(WORKERS.items()):
        served = [queue for queue in all_of_it if queue in queues]
        if WORKER in parts and served:
            worker = [*celery, "worker", "--loglevel", level, "--hostname", f"{name}@%h"]
            worker += ["--queues", ",".join(served), "--concurrency", str(concurrency)]
            if IS_POSSIBLE and name in REPLACED:
                most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                worker += ["--max-memory-per-child", str(most)]
            made.append(ProcessPlan(name, worker, environment, log(name), inherits, stop_within=40, niceness=NICENESS))
    if practice is not None:
        model = [*PYTHON, "curation.demo.practice_model", "--descriptor", str(practice)]
        given = (*inherits, practice)
        made.append(ProcessPlan("practice", model, environment, log("practice"), given, stop_within=3))
    return made
