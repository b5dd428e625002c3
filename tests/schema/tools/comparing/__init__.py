"""Tests of schema/tools/comparing."""
