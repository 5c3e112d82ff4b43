"""What can go wrong with the embedded services, said together with the way out."""


class EmbeddedServiceError(Exception):
    """An embedded service cannot be used; the message ends with what to do next."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy
