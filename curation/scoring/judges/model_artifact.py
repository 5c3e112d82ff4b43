"""The fitted embedded scorer as plain arrays, and its stored form: a numpy archive without pickled objects.

Unpickling runs code, and an artifact travels through backups and between machines; arrays and JSON cannot run.
"""

import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from curation.core.errors import InvalidInput

# In this format the bootstrap variance of a curve is called `wobble`.
FORMAT = 1
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One fitted criterion. `weights` has one value per input column and the intercept last; `draws` is its bootstrap.

    A prediction goes through the calibration `knots` (x, y), shape (2, k), straight between them. `error` is the root
    mean square of the out-of-fold residuals in rating points; `bootstrap_variance` of its square is explained by the
    bootstrap.
    """

    weights: Floats
    draws: Floats
    knots: Floats
    error: float
    bootstrap_variance: float
    n: int


@dataclass(frozen=True)
class ModelArtifact:
    """Everything a fitted version needs to score.

    `vocabulary` (v terms) and `idf` (v) weigh the words, `components` (r, v) reduces them to r columns, times `scale`;
    d columns of word counts follow, less `mean`, divided by `sd`. `held_out` holds, for the stories that were learnt
    from (`labelled`, their ids), the calibrated predictions of models that had not seen them: shape (labelled,
    curves), NaN where a story has no rating of the criterion.
    """

    vocabulary: list[str]
    idf: Floats
    components: Floats
    scale: float
    mean: Floats
    sd: Floats
    curves: dict[str, Curve]
    labelled: NDArray[np.int64]
    held_out: Floats


def pack(artifact: ModelArtifact) -> tuple[bytes, str]:
    """Return the stored form and its sha256 in hexadecimal."""
    head = {
        "format": FORMAT,
        "vocabulary": artifact.vocabulary,
        "scale": artifact.scale,
        "curves": {
            key: {"error": c.error, "wobble": c.bootstrap_variance, "n": c.n} for key, c in artifact.curves.items()
        },
    }
    arrays: dict[str, NDArray[np.generic]] = {
        "head": np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), dtype=np.uint8),
        "idf": artifact.idf.astype(np.float32),
        "components": artifact.components.astype(np.float32),
        "mean": artifact.mean,
        "sd": artifact.sd,
        "labelled": artifact.labelled,
        "held_out": artifact.held_out,
    }
    for key, curve in artifact.curves.items():
        arrays |= {f"weights/{key}": curve.weights, f"knots/{key}": curve.knots}
        arrays[f"draws/{key}"] = curve.draws.astype(np.float32)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    data = buffer.getvalue()
    return data, hashlib.sha256(data).hexdigest()


def unpack(data: bytes, sha256: str) -> ModelArtifact:
    """Read a stored artifact; `InvalidInput` if it is damaged, of an unknown format, or not the one that was stored."""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InvalidInput(_("The stored scorer does not match its checksum. Refit it, or restore it from a backup."))
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            head = json.loads(stored["head"].tobytes())
            if head["format"] != FORMAT:
                raise InvalidInput(
                    _("The stored scorer has format %(format)s; this version reads %(known)s.")
                    % {"format": head["format"], "known": FORMAT}
                )
            curves = {
                key: Curve(
                    stored[f"weights/{key}"],
                    stored[f"draws/{key}"].astype(np.float64),
                    stored[f"knots/{key}"],
                    error=facts["error"],
                    bootstrap_variance=facts["wobble"],
                    n=facts["n"],
                )
                for key, facts in head["curves"].items()
            }
            return ModelArtifact(
                vocabulary=head["vocabulary"],
                idf=stored["idf"].astype(np.float64),
                components=stored["components"].astype(np.float64),
                scale=head["scale"],
                mean=stored["mean"],
                sd=stored["sd"],
                curves=curves,
                labelled=stored["labelled"],
                held_out=stored["held_out"],
            )
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidInput(_("The stored scorer cannot be read. Refit it, or restore it from a backup.")) from error
