"""Tests of schema/tools/dissecting."""
