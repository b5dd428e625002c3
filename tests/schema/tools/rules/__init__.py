"""Tests of schema/tools/rules."""
