"""What Croissant's vocabulary for responsible AI asks of a dataset, answered from what was frozen.

The properties are those of the Croissant RAI specification 1.0: https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html
"""

from collections.abc import Mapping
from typing import Any


def responsible(frozen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties with their values in English; what nobody asked people is said to be unknown."""
    counts, rubric, policy = frozen["counts"], frozen["rubric"], frozen["policy"]
    per_item = counts["reviews"] / max(counts["stories"], 1)
    generators = sorted(name for name in counts["generators"] if name)
    said = {
        "dataCollection": (
            f"{counts['stories']} machine-written stories, imported from {len(counts['sources'])} sources, each "
            "accepted after blind review."
        ),
        "dataCollectionType": ["Software Collection", "Manual Human Curator"],
        "dataCollectionRawData": "The texts as their sources gave them, with LF line ends; `sha256` identifies each.",
        "dataAnnotationProtocol": (
            f"People read each story whole and rated it by the rubric {rubric['name']}, version {rubric['version']} "
            f"({len(rubric['criteria'])} criteria, 1 to 5 or not applicable), before they saw any machine score or "
            f"other review. The policy {policy['name']}, version {policy['version']}, or a curator decided from these "
            "ratings. What a reviewer said later is marked as a revision, and counts nowhere."
        ),
        "dataAnnotationPlatform": ["Exempla"],
        "dataAnnotationAnalysis": analysis(frozen["agreement"]),
        "annotationsPerItem": f"{per_item:.2f} reviews a story on average",
        "annotatorDemographics": [
            f"{counts['annotators']} people, under pseudonyms. Their demographics were not asked, and are unknown."
        ],
        "machineAnnotationTools": [
            f"{judge['judge']}, version {judge['version']} ({judge['calibration_status']})"
            for judge in frozen["judges"]
        ]
        or ["None"],
        "dataUseCases": [
            "Training and conditional pretraining of language models on stories in which an AI acts well; study of how "
            "people judge such stories.",
        ],
        "dataBiases": [
            "Only accepted stories are here: ratings lie higher and vary less than in the pool they were chosen from.",
            f"The stories come from {', '.join(generators) or 'generators that are not stated'}: patterns that are "
            "harmless in one story can repeat across many.",
        ],
        "dataLimitations": [
            "Data quality is claimed, never alignment efficacy.",
            "Decontamination: not checked. No evaluation suite was compared with these texts.",
        ],
        "dataSocialImpact": (
            "Meant to give language models good examples to fall back on. Whether training on them changes a model's "
            "behaviour is for experiments to show."
        ),
        "personalSensitiveInformation": [
            "Annotators appear under pseudonyms that hold within this dataset, and only if they agreed to it. "
            "The stories are fiction."
        ],
        "dataReleaseMaintenancePlan": (
            "Versions never change. Corrections and withdrawals make a new version, which lists in `withdrawn.json` "
            "what was taken back and why. CHANGELOG.md has all versions."
        ),
    }
    return {f"rai:{name}": value for name, value in said.items()}


def analysis(agreement: Mapping[str, Any]) -> list[str]:
    """Return how far annotators agree, a sentence for each criterion."""
    measured = [
        f"{key}: Krippendorff's alpha (ordinal) {found['alpha']:.2f}, 95% interval {found['low']:.2f} to "
        f"{found['high']:.2f}, over {found['stories']} stories."
        for key, found in agreement.items()
        if found.get("alpha") is not None
    ]
    return measured or ["Too few stories have two blind ratings to say how far annotators agree."]
