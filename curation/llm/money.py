"""Millionths of a dollar."""

from decimal import Decimal

MICRO = Decimal(1_000_000)
