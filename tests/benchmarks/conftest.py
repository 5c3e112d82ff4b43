"""Benchmarks that take minutes run only where `-k` names them."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what takes long, and say how long and how to have it run."""
    for item in items:
        if (mark := item.get_closest_marker("by_name")) and mark.args[0] not in config.option.keyword:
            name, minutes = mark.args
            reason = f'it takes {minutes} minutes: make bench ARGS="-k {name}"'
            item.add_marker(pytest.mark.skip(reason))
