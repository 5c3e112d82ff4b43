"""How static files are stored for production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also puts the hash into the imports of JavaScript modules, so that no part of a page is ever an old one."""

    support_js_module_import_aggregation = True
