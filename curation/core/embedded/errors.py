"""What can go wrong with the embedded services, each said together with its way out."""


class EmbeddedServiceError(Exception):
    """An embedded service cannot be used; the message ends with what to do next."""

    status = 503

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


class NoBinary(EmbeddedServiceError):
    """This platform has no server program of ours."""


class HomeUnusable(EmbeddedServiceError):
    """The home cannot be written, or belongs to somebody else."""


class DiskFull(EmbeddedServiceError):
    """There is no room left for the servers' files."""


class ServerFailed(EmbeddedServiceError):
    """A server, or its supervisor, gave up while starting."""


class NotReadyInTime(EmbeddedServiceError):
    """The servers were started but did not answer in the time given."""
