"""Croissant 1.1 metadata: what is in the repository, for search engines and loaders."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from curation.releases.citing import authors_of
from curation.releases.responsible import responsible
from curation.releases.schema import Column

# As the specification has it: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
PARQUET = "application/x-parquet"
KEYS = {"stories": "id", "annotators": "annotator", "constitution": "key"}


def metadata(
    *,
    frozen: Mapping[str, Any],
    licence: str,
    files: Sequence[Mapping[str, Any]],
    columns: Mapping[str, Sequence[Column]],
) -> dict[str, Any]:
    """Return the JSON-LD: a record set for each config, from all of its files.

    `files` are the shards (path, size, sha256); `columns` those of each config that has rows.
    """
    dataset, version = frozen["dataset"], frozen["version"]
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": f"{dataset['org']}-{dataset['name']}",
        "alternateName": f"{dataset['org']}/{dataset['name']}",
        "description": dataset["description"] or dataset["title"],
        "license": licence,
        "version": version.removeprefix("v"),
        "datePublished": frozen["date"],
        "citeAs": f"{', '.join(authors_of(frozen))}: {dataset['title']}, version {version} ({frozen['date'][:4]})",
        "creator": creators(frozen),
        "publisher": {"@type": "sc:Organization", "name": dataset["org"]},
        "keywords": ["alignment", "fiction", "human-reviewed", "synthetic"],
        "isLiveDataset": False,
        **responsible(frozen),
        "distribution": [
            *(
                {
                    "@type": "cr:FileObject",
                    "@id": file["path"],
                    "name": file["path"],
                    "contentUrl": file["path"],
                    "contentSize": f"{file['size']} B",
                    "encodingFormat": PARQUET,
                    "sha256": file["sha256"],
                }
                for file in files
            ),
            *(
                {
                    "@type": "cr:FileSet",
                    "@id": files_of(config),
                    "name": files_of(config),
                    "encodingFormat": PARQUET,
                    "includes": f"{config}/*.parquet",
                }
                for config in columns
            ),
        ],
        "recordSet": [record_set(config, parts) for config, parts in columns.items()],
    }
    if doi := dataset.get("doi"):
        found |= {"identifier": f"https://doi.org/{doi}", "sameAs": f"https://doi.org/{doi}"}
    return found


def creators(frozen: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return who made the dataset: its authors, or else its organisation."""
    kind = "sc:Person" if frozen["dataset"].get("authors") else "sc:Organization"
    return [{"@type": kind, "name": name} for name in authors_of(frozen)]


def files_of(config: str) -> str:
    """Return the name of all files of a config together."""
    return f"{config}-files"


def record_set(config: str, columns: Sequence[Column]) -> dict[str, Any]:
    """Return the records of a config, with those of all splits: the first part of a file's name is its split."""
    found: dict[str, Any] = {"@type": "cr:RecordSet", "@id": config, "name": config}
    if config in KEYS:
        found["key"] = {"@id": f"{config}/{KEYS[config]}"}
    return {**found, "field": [field(config, column) for column in columns]}


def field(config: str, column: Column) -> dict[str, Any]:
    """Return a column: a plain one, a list, or a list of records with a field for each of their parts."""
    name = f"{config}/{column.name}"
    found: dict[str, Any] = {"@type": "cr:Field", "@id": name, "name": name, "description": column.meaning}
    source = {"fileSet": {"@id": files_of(config)}, "extract": {"column": column.name}}
    if not pa.types.is_list(column.type):
        return {**found, "dataType": kind_of(column.type), "source": source}
    found |= {"isArray": True, "arrayShape": "-1"}
    inner = column.type.value_type
    if not pa.types.is_struct(inner):
        return {**found, "dataType": kind_of(inner), "source": source}
    parts = [inner.field(place) for place in range(inner.num_fields)]
    return {
        **found,
        "subField": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{part.name}",
                "name": f"{name}/{part.name}",
                "dataType": kind_of(part.type),
                "source": {**source, "transform": {"jsonPath": part.name}},
            }
            for part in parts
        ],
    }


def kind_of(kind: pa.DataType) -> str:
    """Return a type in schema.org's words."""
    if pa.types.is_string(kind):
        return "sc:Text"
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_floating(kind):
        return "sc:Float"
    return "sc:Date" if pa.types.is_date(kind) else "sc:Integer"
