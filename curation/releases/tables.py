"""From frozen rows to the columns of the configs, a slice at a time and a column at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from annotations.queries.packed_ratings import NOT_APPLICABLE, NOT_RATED, unpack
from curation.releases import schema

FACTS = pa.schema(
    [
        ("license", pa.string()),
        ("source", pa.string()),
        ("content_notes", schema.NAMES),
        ("principles", schema.NAMES),
        ("themes", schema.NAMES),
        ("applying", schema.NAMES),
        ("duplicate_cluster", pa.string()),
        ("twin_of", pa.string()),
        ("twin_kind", pa.string()),
        ("lineage", schema.LINEAGE),
        ("decided_by", pa.string()),
        ("policy", pa.string()),
        ("decision_reason", pa.string()),
        ("published", pa.list_(pa.int64())),
        ("revisions", pa.list_(pa.int64())),
    ]
)
REVIEWS = pa.schema([("review_ids", pa.list_(pa.int64()))])
INITIAL, REVISION = "initial", "revision"
EXPLICIT_FROM = 3.0
# How many ratings at the pool's mean a story's own ratings are weighed against.
PRIOR_RATINGS = 1.0
# How many degrees of freedom the pool's variance is worth beside the spread of a story's own ratings; above 2.
PRIOR_FREEDOM = 4.0
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Criteria:
    """The rubric's criteria in order, and `mean` and `sd` of the pool that the figures of each are drawn towards."""

    keys: list[str]
    pool: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Rated:
    """The ratings of a slice, sorted by review and criterion: `review` and `criterion` are places, not ids."""

    review: Ints
    criterion: Ints
    value: pa.Array


@dataclass(frozen=True)
class Chosen:
    """The reviews that are frozen with the stories of a slice, all of shape (reviews,).

    `story` is the place of the story, `review` the id; `published` says whether the review may be shown by itself, and
    `initial` whether it is a first commit, which counts; a revision is shown and counts nowhere.
    """

    story: Ints
    review: Ints
    published: npt.NDArray[np.bool_]
    initial: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, stories: pa.Table, facts: pa.Table) -> "Chosen":
        """Read them out of frozen stories with their facts."""
        counted = stories["review_ids"].combine_chunks()
        story, review = pc.list_parent_indices(counted).to_numpy(), counted.flatten().to_numpy()
        shown = facts["published"].combine_chunks()
        # A story that was frozen without a list shows all of its reviews.
        unlisted = shown.is_null().to_numpy(zero_copy_only=False)
        published = np.isin(review, shown.flatten().to_numpy()) | unlisted[story]
        revised = facts["revisions"].combine_chunks()
        revision = revised.flatten().to_numpy()
        initial = np.arange(len(review) + len(revision)) < len(review)
        return cls(
            np.concatenate([story, pc.list_parent_indices(revised).to_numpy()]),
            np.concatenate([review, revision]),
            np.concatenate([published, np.ones(len(revision), np.bool_)]),
            initial,
        )


class ReviewTable(NamedTuple):
    """Stored reviews, each of shape (reviews,): ids, ids of their authors, and days since 1970-01-01 (UTC)."""

    review: Ints
    reviewer: Ints
    day: Ints


def reviews_table(stories: pa.Table, chosen: Chosen, found: ReviewTable, person: Ints, name: pa.Array) -> pa.Table:
    """Bring the reviews of a slice into the order of their stories and pseudonyms.

    `name[n]` is the pseudonym of `person[n]`, in order of the names. `KeyError` for a review that is gone, or whose
    author has none.
    """
    at = positions_of(found.review, chosen.review)
    reviewer = positions_of(person, found.reviewer[at])
    order = np.lexsort((chosen.review, reviewer, chosen.story))
    story = chosen.story[order]
    ids = stories["story"].combine_chunks()
    return pa.table(
        {
            "story": ids.take(pa.array(story)),
            "review": chosen.review[order],
            "story_id": stories["id"].combine_chunks().take(pa.array(story)),
            "annotator": name.take(pa.array(reviewer[order])),
            "submitted": pa.array(found.day[at[order]].astype(np.int32)).cast(pa.date32()),
            "published": chosen.published[order],
            "initial": chosen.initial[order],
        }
    )


def ratings_of(reviews: pa.Table, rated: Ints, packed: Ints, criteria: int) -> npt.NDArray[np.int8]:
    """Return the ratings of shape (reviews, `criteria`), from the numbers that pack those of each review in `rated`."""
    # A review out of scope may have no rating at all.
    ratings = np.full((len(reviews), criteria), NOT_RATED, np.int8)
    ratings[positions_of(reviews["review"].to_numpy(), rated)] = unpack(packed, criteria)
    return ratings


def spans_in_order(reviews: pa.Table, spans: pa.Table) -> pa.Table:
    """Return passages by story, pseudonym and where they begin, with `at`: the place of their review."""
    at = positions_of(reviews["review"].to_numpy(), spans["review"].to_numpy())
    # Reviews are in this order already, but one person may have two of a story.
    _authors, author = names_in_order(reviews["annotator"])
    order = np.lexsort(
        (spans["span"].to_numpy(), spans["start"].to_numpy(), author[at], reviews["story"].to_numpy()[at])
    )
    return spans.append_column("at", pa.array(at)).take(pa.array(order))


def names_in_order(column: pa.ChunkedArray) -> tuple[list[str], Ints]:
    """Return the names in a column in order, each once, and for each of its rows the place of its name."""
    coded = column.combine_chunks().dictionary_encode()
    names = coded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), np.int64)
    place[order] = np.arange(len(names))
    return [names[one] for one in order], place[coded.indices.to_numpy()]


def sorted_ratings(ratings: npt.NDArray[np.int8]) -> Rated:
    """Return the ratings that were given, N/A among them, from all of shape (reviews, criteria)."""
    review, criterion = np.nonzero(ratings != NOT_RATED)
    values = ratings[review, criterion]
    return Rated(review, criterion, pa.array(values, pa.int8(), mask=values == NOT_APPLICABLE))


def positions_of(keys: Ints, wanted: Ints) -> Ints:
    """Return the position in `keys` (any order, each once) of every element of `wanted`.

    `KeyError` if one is not there.
    """
    order = np.argsort(keys, kind="stable")
    found = np.searchsorted(keys, wanted, sorter=order)
    if len(wanted) and (not len(keys) or not np.array_equal(keys[order.take(found, mode="clip")], wanted)):
        raise KeyError("an id is not among those that it was looked up in")
    return np.asarray(order[found], np.int64)


def figures(
    stories: Ints, applying: pa.Array, reviews: pa.Table, rated: Rated, criteria: Criteria
) -> dict[str, pa.Array]:
    """Return the mean and sd columns of every criterion, and `explicit_reasoning`.

    Mean and standard deviation of the posterior of the mean that ratings of this story have: normal ratings of unknown
    mean and variance with the conjugate prior (Gelman et al., Bayesian Data Analysis, 3rd ed., section 3.3) whose mean
    is the pool's, worth k = 1 rating, and whose variance is expected to be the pool's, worth v = 4 degrees of freedom:
    mean = (sum + k * pool mean) / (n + k), and sd^2 = ((v - 2) * pool sd^2 + sum of squares around the story's mean
    + k * n / (k + n) * (story's mean - pool mean)^2) / ((v + n - 2) * (n + k)). The pool sd is that of ratings of one
    story around their mean; `releases.prior` says which version's stories are the pool. Null where nobody gave a value,
    and where the criterion is not among those that the decision found `applying` (a list of keys a story).
    """
    story_of_review = positions_of(stories, reviews["story"].to_numpy())
    given = rated.value.is_valid().to_numpy(zero_copy_only=False)
    width = len(criteria.keys)
    cell = (story_of_review[rated.review] * width + rated.criterion)[given]
    values = rated.value.drop_null().to_numpy().astype(np.float64)
    total = np.bincount(cell, values, minlength=len(stories) * width).reshape(-1, width)
    n = np.bincount(cell, minlength=len(stories) * width).reshape(-1, width)
    squares = np.bincount(cell, values * values, minlength=len(stories) * width).reshape(-1, width)
    n[~applies(applying, criteria.keys)] = 0
    columns: dict[str, pa.Array] = {}
    for place, key in enumerate(criteria.keys):
        pool = criteria.pool.get(key) or {"mean": 3.0, "sd": 1.0}
        given_here = n[:, place]
        weight, nothing = given_here + PRIOR_RATINGS, given_here == 0
        mean = (total[:, place] + PRIOR_RATINGS * pool["mean"]) / weight
        own = total[:, place] / np.maximum(given_here, 1)
        scale = (
            (PRIOR_FREEDOM - 2) * pool["sd"] ** 2
            + np.maximum(squares[:, place] - given_here * own * own, 0.0)
            + PRIOR_RATINGS * given_here / weight * (own - pool["mean"]) ** 2
        )
        sd = np.sqrt(scale / ((PRIOR_FREEDOM + given_here - 2) * weight))
        columns[f"{key}_mean"] = pa.array(np.round(mean, 4), mask=nothing)
        columns[f"{key}_sd"] = pa.array(np.round(sd, 4), mask=nothing)
    columns["explicit_reasoning"] = pa.nulls(len(stories), pa.bool_())
    if "B1" in criteria.keys:
        place = criteria.keys.index("B1")
        n_b1 = n[:, place]
        plain = total[:, place] / np.maximum(n_b1, 1)
        columns["explicit_reasoning"] = pa.array(plain >= EXPLICIT_FROM, mask=n_b1 == 0)
    return columns


def applies(applying: pa.Array, keys: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return for each story (rows) and criterion (columns) whether the criterion is in the story's list."""
    # A story that was frozen without a list has a figure for whatever was rated.
    unlisted = applying.is_null().to_numpy(zero_copy_only=False)
    found = np.repeat(unlisted[:, None], len(keys), axis=1)
    column = pc.index_in(applying.flatten(), pa.array(keys, pa.string()))
    known = column.is_valid().to_numpy(zero_copy_only=False)
    story = pc.list_parent_indices(applying).to_numpy()[known]
    found[story, column.drop_null().to_numpy()] = True
    return found


def messages(prompts: pa.Array, texts: pa.Array) -> pa.Array:
    """Return the chat view: the prompt as the user's turn, the story as the assistant's; empty without a prompt."""
    has = prompts.is_valid().to_numpy(zero_copy_only=False)
    chosen = np.flatnonzero(has)
    if not len(chosen):
        nothing = pa.array([], schema.MESSAGES.value_type)
        return pa.ListArray.from_arrays(pa.array(np.zeros(len(prompts) + 1, np.int32)), nothing)
    turns = np.empty(2 * len(chosen), np.int64)
    turns[0::2], turns[1::2] = chosen, chosen + len(prompts)
    content = pa.concat_arrays([prompts, texts]).take(pa.array(turns))
    roles = pa.array(["user", "assistant"] * len(chosen), pa.string())
    offsets = np.concatenate([[0], np.cumsum(2 * has)]).astype(np.int32)
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.StructArray.from_arrays([roles, content], ["role", "content"])
    )


def in_one(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, without a bitmap of what is null if nothing is. To combine one chunk copies it."""
    return unmasked(column.chunk(0)) if column.num_chunks == 1 else column.combine_chunks()


def stories_table(
    found: pa.Table, facts: pa.Table, numbers: Mapping[str, pa.Array], parts: Sequence[schema.Column]
) -> pa.Table:
    """Put the rows of `stories` together."""
    columns: dict[str, Any] = {name: in_one(found[name]) for name in found.schema.names if name != "review_ids"}
    columns |= {name: facts[name] for name in facts.schema.names}
    columns |= numbers
    columns["messages"] = messages(columns["prompt"], columns["text"])
    columns["control_tag"] = pc.binary_join_element_wise("<|", columns["quality_tier"], "|>", "")
    columns["decontamination"] = pa.repeat("not checked", len(found))
    target = schema.arrow(parts)
    return pa.table([columns[name] for name in target.names], names=target.names).cast(target)


def flags_of(reviews: pa.Table, flags: pa.Table) -> pa.Array:
    """Return each review's flags, from `flags` with the keys that reviews raised, joined by spaces."""
    raised = pc.split_pattern(flags["flags"].combine_chunks(), " ")
    nothing = pa.scalar([], schema.NAMES)
    at = np.full(len(reviews), len(raised), np.int64)
    at[positions_of(reviews["review"].to_numpy(), flags["review"].to_numpy())] = np.arange(len(raised))
    return pa.concat_arrays([raised, pa.repeat(nothing, 1)]).take(pa.array(at))


def ratings_table(reviews: pa.Table, flags: pa.Table, rated: Rated, criteria: Criteria) -> pa.Table:
    """Put the rows of `ratings` together, of the reviews that may be shown by themselves."""
    shown = reviews["published"].to_numpy()[rated.review]
    rated = Rated(rated.review[shown], rated.criterion[shown], rated.value.filter(pa.array(shown)))
    at = pa.array(rated.review)
    lists = flags_of(reviews, flags)
    initial = reviews["initial"].combine_chunks()
    kinds = pa.array([REVISION, INITIAL]).take(initial.cast(pa.int8()))
    columns = [
        reviews["story_id"].combine_chunks().take(at),
        reviews["annotator"].combine_chunks().take(at),
        pa.array(criteria.keys, pa.string()).take(pa.array(rated.criterion)),
        rated.value,
        kinds.take(at),
        # A revision may have been written in sight of a score or of what others said.
        initial.take(at),
        reviews["submitted"].combine_chunks().take(at),
        lists.take(at),
    ]
    target = schema.arrow(schema.RATINGS)
    return pa.table(columns, names=target.names).cast(target)


def constitution_table(constitution: Mapping[str, Any]) -> pa.Table:
    """Put the rows of `constitution` together, in the order of its principles."""
    about = {"constitution": constitution["name"], "version": constitution["version"]}
    about["language"] = constitution["language"]
    rows = [{**about, **whole(principle)} for principle in constitution["principles"]]
    return pa.Table.from_pylist(rows, schema=schema.arrow(schema.CONSTITUTION))


def whole(principle: Mapping[str, str]) -> dict[str, str | None]:
    """Return a principle with its words in one text; null where it says nothing."""
    said = [principle[part] for part in ("name", "statement", "looks_like", "fails_when") if principle[part]]
    return {**{key: words or None for key, words in principle.items()}, "text": "\n\n".join(said)}


def unmasked(column: pa.Array) -> pa.Array:
    """Return a column without a bitmap of what is null if nothing is: the card says what its columns take in memory."""
    if column.null_count or not len(column):
        return column
    _validity, *values = column.buffers()
    return pa.Array.from_buffers(column.type, len(column), [None, *values], offset=column.offset)


def behaviours_table(reviews: pa.Table, spans: pa.Table) -> pa.Table:
    """Put the rows of `behaviours` together, from passages in order."""
    at = spans["at"].combine_chunks()
    columns = {name: unmasked(spans[name].combine_chunks()) for name in spans.column_names}
    columns |= {name: unmasked(reviews[name].combine_chunks().take(at)) for name in ("story_id", "annotator")}
    target = schema.arrow(schema.BEHAVIOURS)
    return pa.table([columns[name] for name in target.names], schema=target)


@dataclass
class Readers:
    """What the reviewers of a release have in common with each other, gathered slice by slice."""

    reviews: dict[str, int] = field(default_factory=dict)
    difference: dict[str, float] = field(default_factory=dict)
    compared: dict[str, int] = field(default_factory=dict)
    published: set[str] = field(default_factory=set)

    def add(self, reviews: pa.Table, rated: Rated, width: int) -> None:
        """Count reviews, and compare each rating with the mean of the others for the same story and criterion."""
        names, who = names_in_order(reviews["annotator"])
        _stories, story = np.unique(reviews["story"].to_numpy(), return_inverse=True)
        given = rated.value.is_valid().to_numpy(zero_copy_only=False)
        cell = (story[rated.review] * width + rated.criterion)[given]
        person = who[rated.review][given]
        values = rated.value.drop_null().to_numpy().astype(np.float64)
        total, n = np.bincount(cell, values), np.bincount(cell)
        shared = n[cell] > 1
        others = (total[cell][shared] - values[shared]) / (n[cell][shared] - 1)
        gap = np.bincount(person[shared], values[shared] - others, minlength=len(names))
        pairs = np.bincount(person[shared], minlength=len(names))
        self.published |= set(reviews["annotator"].filter(reviews["published"]).unique().to_pylist())
        counts = np.bincount(who, minlength=len(names))
        for place, name in enumerate(names):
            self.reviews[name] = self.reviews.get(name, 0) + int(counts[place])
            self.difference[name] = self.difference.get(name, 0.0) + float(gap[place])
            self.compared[name] = self.compared.get(name, 0) + int(pairs[place])

    def noted(self) -> dict[str, Any]:
        """Return what was gathered as JSON, for `merge`."""
        told = {"reviews": self.reviews, "difference": self.difference, "compared": self.compared}
        return {**told, "published": sorted(self.published)}

    def merge(self, noted: Mapping[str, Any]) -> None:
        """Add what others gathered of later stories."""
        for name, reviews in noted["reviews"].items():
            self.reviews[name] = self.reviews.get(name, 0) + reviews
            self.difference[name] = self.difference.get(name, 0.0) + noted["difference"][name]
            self.compared[name] = self.compared.get(name, 0) + noted["compared"][name]
        self.published |= set(noted["published"])

    def table(self, *, least_people: int = 5, prior: int = 20) -> pa.Table:
        """Return the rows of `annotators` for those whose ratings are published.

        Severity is shrunk as if `prior` more comparisons had shown nothing.
        """
        names = sorted(self.published)
        shown = len(names) >= least_people
        severity = [
            round(self.difference[name] / (self.compared[name] + prior), 4) if shown else None for name in names
        ]
        target = schema.arrow(schema.ANNOTATORS)
        return pa.table([pa.array(names, pa.string()), [self.reviews[name] for name in names], severity], schema=target)
