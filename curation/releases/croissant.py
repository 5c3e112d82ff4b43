"""Croissant metadata: what is in the repository, for search engines and loaders."""

from collections.abc import Mapping, Sequence
from typing import Any

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
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
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
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
KINDS = {"string": "sc:Text", "bool": "sc:Boolean", "float64": "sc:Float", "date32": "sc:Date"}
PARQUET = "application/x-parquet"


def metadata(
    *,
    frozen: Mapping[str, Any],
    licence: str,
    files: Sequence[Mapping[str, Any]],
    columns: Mapping[str, Sequence[tuple[str, object, str]]],
) -> dict[str, Any]:
    """Return the JSON-LD. `files` are the shards (path, size, sha256); `columns` has name, type and meaning per config.

    Only flat columns are described: those are the ones every Croissant reader can extract.
    """
    dataset, version = frozen["dataset"], frozen["version"]
    name = f"{dataset['org']}/{dataset['name']}"
    cite = f"{dataset['title']}, version {version} ({frozen['date'][:4]})"
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": f"{dataset['org']}-{dataset['name']}",
        "alternateName": name,
        "description": dataset["description"] or dataset["title"],
        "license": licence,
        "version": version.removeprefix("v"),
        "datePublished": frozen["date"],
        "citeAs": cite,
        "creator": {"@type": "sc:Organization", "name": dataset["org"]},
        "isLiveDataset": False,
        "rai:dataAnnotationProtocol": (
            f"Blind reviews by {frozen['counts']['annotators']} people with the rubric {frozen['rubric']['name']}, "
            f"version {frozen['rubric']['version']}; accepted by the policy {frozen['policy']['name']}, version "
            f"{frozen['policy']['version']}."
        ),
        "rai:annotationsPerItem": f"{frozen['counts']['reviews'] / max(frozen['counts']['stories'], 1):.2f} on average",
        "rai:dataReleaseMaintenancePlan": "Versions never change; corrections and withdrawals make a new version.",
        "rai:dataLimitations": "Data quality is claimed, never alignment efficacy. Decontamination: not checked.",
        "distribution": [
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
        ],
        "recordSet": [record_set(file["path"], columns[file["path"].split("/")[0]]) for file in files],
    }


def record_set(path: str, columns: Sequence[tuple[str, object, str]]) -> dict[str, Any]:
    """Return one shard's records."""
    name = path.removesuffix(".parquet").replace("/", "-")
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": f"{name}/{column}",
                "description": meaning,
                "dataType": KINDS.get(str(kind), "sc:Integer"),
                "source": {"fileObject": {"@id": path}, "extract": {"column": column}},
            }
            for column, kind, meaning in columns
            if isinstance(kind, str)
        ],
    }
