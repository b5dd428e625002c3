"""Tests of schema/tools/inputs."""
