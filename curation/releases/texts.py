"""The files of a release that are not rows, but for its manifest."""

from collections.abc import Mapping, Sequence
from typing import Any

from curation.releases import card, croissant, licences, manifest, schema
from curation.releases.blobs import pieces_of
from curation.releases.models import Release
from curation.releases.parts import Layout
from curation.releases.repository import File

Named = Mapping[str, Sequence[tuple[str, File]]]


def splits_of(found: Sequence[tuple[str, File]]) -> dict[str, card.CardSplit]:
    """Add up the files of a config by split."""
    splits: dict[str, card.CardSplit] = {}
    for split, file in found:
        before = splits.get(split, card.CardSplit(0, 0, 0))
        splits[split] = card.CardSplit(
            rows=before.rows + (file.rows or 0),
            num_bytes=before.num_bytes + file.nbytes,
            file_bytes=before.file_bytes + file.digest.size,
        )
    return splits


def texts(
    release: Release,
    layout: Layout,
    by_config: Named,
    by_format: Named,
    example: Mapping[str, Any],
    files: Sequence[File],
) -> dict[str, bytes]:
    """Return their contents by path. `files` are those with rows; `example` is a row of the default config."""
    frozen = release.frozen
    columns = {config: layout.columns[config] for config in by_config}
    shown = card.CardMaterial(
        frozen=frozen,
        configs={config: splits_of(found) for config, found in by_config.items()},
        columns={
            config: [
                card.CardColumn(p.name, schema.type_name(p.type), schema.feature(p.type), p.meaning) for p in found
            ]
            for config, found in columns.items()
        },
        example=example,
        license=licences.hub_name(frozen["dataset"]["license"]),
        formats={name: splits_of(found) for name, found in by_format.items()},
    )
    described = croissant.metadata(
        frozen=frozen,
        licence=licences.address(frozen["dataset"]["license"]),
        files=[file.listed() for _split, file in (pair for found in by_config.values() for pair in found)],
        columns=columns,
    )
    found = {
        "README.md": card.readme(shown).encode(),
        "CHANGELOG.md": card.changelog(shown).encode(),
        "CITATION.cff": card.citation(shown).encode(),
        "croissant.json": manifest.canonical(described),
        "withdrawn.json": manifest.canonical(frozen.get("withdrawn", [])),
        manifest.CHECKER: manifest.checker(),
    }
    checksums: dict[str, Sequence[str]] = {file.path: file.digest.pieces for file in files}
    checksums |= {path: pieces_of(content) for path, content in found.items()}
    return {**found, manifest.PIECES: manifest.pieces(checksums)}
