"""Providers of models, their prices, and what was spent. A key goes in, and comes out nowhere."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from curation.api.serializers.judges import MICRO_USD
from curation.llm.actions import TrialCall
from curation.llm.actions.budgets import MOST
from curation.llm.actions.prices import DEAREST
from curation.llm.actions.providers import LONGEST_KEY
from curation.llm.models import Budget, Provider, ProviderKind
from curation.llm.prices import Tariff

TOKENS = "In dollars per million tokens."


class ProviderSerializer(serializers.ModelSerializer[Provider]):
    """A service, or a server of one's own, that answers for models."""

    address = serializers.CharField(help_text="Where it is: `base_url`, or the address of its kind.")
    has_key = serializers.BooleanField(help_text="Whether a key is stored or named. Nobody is shown it.")

    class Meta:
        model = Provider
        fields = [
            "id",
            "name",
            "kind",
            "base_url",
            "address",
            "has_key",
            "key_set_at",
            "key_variable",
            "default_model",
            "requests_per_minute",
            "tokens_per_minute",
            "in_flight",
            "timeout_seconds",
            "month_limit_micro_usd",
            "is_practice",
            "created_at",
        ]
        read_only_fields = fields


class ChangedProviderSerializer(serializers.Serializer[Any]):
    """What is to be changed about a provider; what is left out stays."""

    name = serializers.CharField(max_length=60, required=False)
    base_url = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="Empty: that of its kind. A stored key has to be sent again with another address.",
    )
    key = serializers.CharField(
        max_length=LONGEST_KEY,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="Stored encrypted, and shown to nobody again. Empty or left out, the stored one stays.",
    )
    default_model = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="What a test calls and new judges begin with."
    )
    requests_per_minute = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)
    tokens_per_minute = serializers.IntegerField(min_value=1, max_value=2_000_000_000, required=False)
    in_flight = serializers.IntegerField(
        min_value=1, max_value=1_000, required=False, help_text="How many calls at a time."
    )
    timeout_seconds = serializers.IntegerField(min_value=1, max_value=600, required=False)
    month_limit_micro_usd = serializers.IntegerField(
        min_value=0, max_value=MOST, required=False, help_text=f"What a calendar month (UTC) may cost. {MICRO_USD}"
    )


class NewProviderSerializer(ChangedProviderSerializer):
    """A provider to add."""

    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(ProviderKind.choices, help_text="What it speaks like.")


class NewTestSerializer(serializers.Serializer[Any]):
    """What to call."""

    model = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="Left out, the one that the provider names."
    )


class TestAnswerSerializer(serializers.Serializer[Any]):
    """What a test brought."""

    raw = serializers.SerializerMethodField(help_text="The beginning of the answer.")
    seconds = serializers.FloatField()
    input_tokens = serializers.IntegerField(source="usage.all_input")
    output_tokens = serializers.IntegerField(source="usage.output_tokens")
    micro_usd = serializers.IntegerField(help_text=MICRO_USD)

    def get_raw(self, answered: Any) -> str:
        """Return as much as the page shows."""
        return str(answered.raw)[:300]


class TestedSerializer(serializers.Serializer[TrialCall]):
    """How a test went."""

    answered = TestAnswerSerializer(allow_null=True, help_text="Null if it did not answer.")
    problem = serializers.CharField(help_text="Why it did not answer; empty if it did.")


class PriceSerializer(serializers.Serializer[Any]):
    """What a model costs, for calls of the usual length."""

    model = serializers.CharField()
    prices = serializers.SerializerMethodField(help_text="Null where nobody has told.")

    @extend_schema_field(
        serializers.DictField(child=serializers.FloatField(), allow_null=True, help_text="By what is done.")
    )
    def get_prices(self, one: Any) -> Any:
        """Return dollars per million tokens, by what is done with them."""
        tariff: Tariff | None = one["tariff"]
        if tariff is None:
            return None
        price = tariff.at(0)
        return {name: float(getattr(price, name)) for name in ("input", "cached_read", "cached_write", "output")}


class PricesSerializer(serializers.Serializer[Any]):
    """What the models of a provider cost."""

    models = PriceSerializer(many=True)


class NewPriceSerializer(serializers.Serializer[Any]):
    """What a model costs from now on; without prices, what is published counts again."""

    model = serializers.CharField(max_length=120)
    input = serializers.DecimalField(
        12, 6, min_value=Decimal(0), max_value=DEAREST, allow_null=True, default=None, help_text=f"Reading. {TOKENS}"
    )
    output = serializers.DecimalField(
        12, 6, min_value=Decimal(0), max_value=DEAREST, allow_null=True, default=None, help_text=f"Answering. {TOKENS}"
    )
    cached_read = serializers.DecimalField(
        12, 6, min_value=Decimal(0), max_value=DEAREST, allow_null=True, default=None, help_text="Null: as `input`."
    )
    cached_write = serializers.DecimalField(
        12, 6, min_value=Decimal(0), max_value=DEAREST, allow_null=True, default=None, help_text="Null: as `input`."
    )
    batch_percent = serializers.IntegerField(
        min_value=0, max_value=100, default=50, help_text="What a call in a batch costs of it."
    )


class SpendingFilter(serializers.Serializer[Any]):
    """Which month."""

    month = serializers.RegexField(
        r"^[2-9][0-9]{3}-(0[1-9]|1[0-2])$", required=False, help_text="As 2026-11, in UTC; left out, this month."
    )


class SpentSerializer(serializers.Serializer[Any]):
    """What a model came to in a month."""

    provider = serializers.CharField(source="provider__name")
    model = serializers.CharField()
    calls = serializers.IntegerField()
    under_way = serializers.IntegerField()
    lost = serializers.IntegerField(help_text="Calls of which nobody learns the price.")
    input_tokens = serializers.IntegerField(source="read")
    cached_read_tokens = serializers.IntegerField(help_text="Of `input_tokens`, those from the cache.")
    output_tokens = serializers.IntegerField()
    micro_usd = serializers.IntegerField(help_text=MICRO_USD)
    unknown_micro_usd = serializers.IntegerField(help_text=f"What the lost calls cost at most. {MICRO_USD}")


class MonthSerializer(serializers.ModelSerializer[Budget]):
    """What a provider may cost in a month, and did."""

    provider = serializers.CharField(source="provider.name")
    limit_micro_usd = serializers.IntegerField(help_text=MICRO_USD)
    reserved_micro_usd = serializers.IntegerField(help_text=f"For calls under way. {MICRO_USD}")
    spent_micro_usd = serializers.IntegerField(help_text=MICRO_USD)
    unknown_micro_usd = serializers.IntegerField(help_text=MICRO_USD)

    class Meta:
        model = Budget
        fields = ["provider", "limit_micro_usd", "reserved_micro_usd", "spent_micro_usd", "unknown_micro_usd"]
        read_only_fields = fields


class SpendingSerializer(serializers.Serializer[Any]):
    """What a month has cost."""

    month = serializers.CharField()
    models = SpentSerializer(many=True)
    providers = MonthSerializer(many=True)
