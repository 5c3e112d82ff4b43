"""How a version is loaded: the code that the card and the pages show."""

from collections.abc import Collection

SHOWN = ("stories", "ratings")


def loading_code(folder: str, configs: Collection[str] = SHOWN) -> str:
    """Return Python that unpacks the download `folder`.zip and loads it; `configs` are those that the version has.

    It asks for nothing but Python and `datasets`: no unpacking tool, no network, no account, whatever the system.
    """
    loads = [f'{name} = load_dataset("./{folder}", "{name}")' for name in SHOWN if name in configs]
    lines = ["from zipfile import ZipFile", "", "from datasets import load_dataset", ""]
    return "\n".join([*lines, f'ZipFile("{folder}.zip").extractall("{folder}")', *loads])
