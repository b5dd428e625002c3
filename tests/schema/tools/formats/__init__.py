"""Tests of schema/tools/formats."""
