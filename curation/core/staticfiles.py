"""How static files are stored for production."""

import re

from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, MODULE_IMPORTS = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns
OWN_SCRIPT = re.compile(r"js/.+\.js")
# Whole lines, and types of parentheses. No text of our scripts goes on over the end of its line.
COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*\*.*?\*/[ \t]*)\n|/\*\* @type [^\n]*?\*/ ", re.MULTILINE | re.DOTALL)


def without_comments(script: str) -> str:
    """Return one of our own scripts without the comments that explain it, which are for who works on it."""
    return COMMENT.sub("", script)


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also puts the hash into the imports of our own modules, so that no part of a page is ever an old one.

    Our own scripts are stored without their comments.

    Files of other packages are left as they are: some import by names that only a bundler resolves.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", MODULE_IMPORTS))

    def _save(self, name: str, content: File[bytes]) -> str:
        if OWN_SCRIPT.fullmatch(name):
            content = ContentFile(without_comments(b"".join(content.chunks()).decode()).encode())
        return str(super()._save(name, content))
