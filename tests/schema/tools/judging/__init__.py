"""Tests of schema/tools/judging."""
