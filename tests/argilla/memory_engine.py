"""A search engine for a real Argilla server that keeps its index in the server's own process.

Imported only by `serve.py`, in the server's environment. It has no vectors; everything else is searched as Argilla's
own engines do.
"""

import hashlib
from collections import Counter
from typing import Any

from argilla_server.search_engine import base


@base.SearchEngine.register("memory")
class MemoryEngine(base.SearchEngine):
    """The indexes of all datasets: the server makes an engine for each request, so they belong to the class."""

    indexes: dict[Any, dict[Any, dict[str, Any]]] = {}

    @classmethod
    async def new_instance(cls):
        return cls()

    async def close(self):
        """There is nothing to close."""

    async def ping(self):
        return True

    async def info(self):
        return {"engine": "memory", "datasets": len(self.indexes)}

    async def create_index(self, dataset):
        self.indexes[dataset.id] = {}

    async def delete_index(self, dataset):
        self.indexes.pop(dataset.id, None)

    async def configure_metadata_property(self, dataset, metadata_property):
        """Metadata is searched as it is."""

    async def index_records(self, dataset, records):
        index = self.indexes.setdefault(dataset.id, {})
        for record in records:
            index[record.id] = {
                "id": record.id,
                "external_id": record.external_id,
                "status": str(record.status),
                "inserted_at": record.inserted_at,
                "updated_at": record.updated_at,
                "fields": dict(record.fields),
                "metadata": dict(record.metadata_ or {}),
                "responses": {one.id: _response(one) for one in record.responses},
                "suggestions": {one.question.name: _suggestion(one) for one in record.suggestions},
            }

    async def partial_record_update(self, record, **update):
        self._found(record).update({name: str(value) if name == "status" else value for name, value in update.items()})

    async def delete_records(self, dataset, records):
        for record in records:
            self.indexes.get(dataset.id, {}).pop(record.id, None)

    async def update_record_response(self, response):
        self._found(response.record)["responses"][response.id] = _response(response)

    async def delete_record_response(self, response):
        self._found(response.record)["responses"].pop(response.id, None)

    async def update_record_suggestion(self, suggestion):
        self._found(suggestion.record)["suggestions"][suggestion.question.name] = _suggestion(suggestion)

    async def delete_record_suggestion(self, suggestion):
        self._found(suggestion.record)["suggestions"].pop(suggestion.question.name, None)

    async def search(self, dataset, query=None, filter=None, sort=None, offset=0, limit=100, user_id=None):
        found = [one for one in self.indexes.get(dataset.id, {}).values() if _has(one, query) and _passes(one, filter)]
        if sort:
            for order in reversed(sort):
                known = [one for one in found if _values(one, order.scope)]
                known.sort(key=lambda one, scope=order.scope: _values(one, scope)[0], reverse=order.order == "desc")
                found = known + [one for one in found if not _values(one, order.scope)]
        elif user_id:
            # Each person meets the records in an order of their own, which stays.
            found.sort(key=lambda one: hashlib.sha256(f"{user_id} {one['id']}".encode()).digest())
        items = [base.SearchResponseItem(record_id=one["id"], score=1.0) for one in found[offset : offset + limit]]
        return base.SearchResponses(items=items, total=len(found))

    async def similarity_search(self, *args, **named):
        raise ValueError("This server has no vectors.")

    async def get_dataset_progress(self, dataset):
        found = self.indexes.get(dataset.id, {}).values()
        return {"total": len(found), **Counter(one["status"] for one in found)}

    async def get_dataset_user_progress(self, dataset, user):
        found = self.indexes.get(dataset.id, {}).values()
        mine = [said["status"] for one in found for said in one["responses"].values() if said["user"] == user.id]
        return {"total": len(mine), **Counter(mine)}

    async def compute_metrics_for(self, metadata_property):
        name, found = metadata_property.name, self.indexes.get(metadata_property.dataset_id, {}).values()
        values = [value for one in found for value in _flat([one["metadata"].get(name)])]
        if metadata_property.type == "terms":
            terms = [{"term": str(term), "count": n} for term, n in Counter(values).most_common()]
            return base.TermsMetrics(total=len(values), values=terms)
        kind = base.IntegerMetadataMetrics if metadata_property.type == "integer" else base.FloatMetadataMetrics
        return kind(min=min(values, default=None), max=max(values, default=None))

    def _found(self, record):
        return self.indexes[record.dataset_id][record.id]


def _response(one):
    return {
        "user": one.user_id,
        "status": str(one.status),
        "values": {name: value.get("value") for name, value in (one.values or {}).items()},
    }


def _suggestion(one):
    return {"value": one.value, "score": one.score, "agent": one.agent, "type": one.type}


def _has(one, query):
    words = str(getattr(query, "q", query) or "").casefold().split()
    field = getattr(query, "field", None)
    text = str(one["fields"].get(field, "") if field else list(one["fields"].values())).casefold()
    return all(word in text for word in words)


def _values(one, scope):
    """What a filter or an order looks at in a record."""
    if isinstance(scope, base.MetadataFilterScope):
        return _flat([one["metadata"].get(scope.metadata_property)])
    if isinstance(scope, base.SuggestionFilterScope):
        return _flat([one["suggestions"].get(scope.question, {}).get(str(scope.property))])
    if isinstance(scope, base.ResponseFilterScope):
        said = [found for found in one["responses"].values() if scope.user is None or found["user"] == scope.user.id]
        if scope.question:
            return _flat([found["values"].get(scope.question) for found in said])
        return [found["status"] for found in said] or ["pending"]
    return _flat([one[str(scope.property)]])


def _flat(values):
    inside = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [one for one in inside if one is not None]


def _passes(one, wanted):
    if wanted is None:
        return True
    if isinstance(wanted, base.AndFilter):
        return all(_passes(one, each) for each in wanted.filters)
    values = _values(one, wanted.scope)
    if isinstance(wanted, base.TermsFilter):
        return not {str(value) for value in values}.isdisjoint(map(str, wanted.values))
    values = [value.isoformat() if hasattr(value, "isoformat") else value for value in values]
    return any(
        (wanted.ge is None or value >= wanted.ge) and (wanted.le is None or value <= wanted.le) for value in values
    )
