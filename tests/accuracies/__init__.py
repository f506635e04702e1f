"""Tests of what scripts/accuracy plans, judges and writes."""
