"""How static files are stored for production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

_, MODULE_IMPORTS = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also puts the hash into the imports of our own modules, so that no part of a page is ever an old one.

    Files of other packages are left as they are: some import by names that only a bundler resolves.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", MODULE_IMPORTS))
