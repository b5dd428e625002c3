"""`sarif-schema-2.1.0.json` is OASIS's own schema, from github.com/oasis-tcs/sarif-spec (sarif-2.1/schema), unchanged.

Copyright © OASIS Open. All Rights Reserved. It may be copied as it is (OASIS IPR policy).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schema.tools.inputs.item import Item
from schema.tools.rules.table import RULES
from tests.schema.tools.formats.conftest import Tell, items

SCHEMA = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def validator() -> jsonschema.protocols.Validator:
    cls = jsonschema.validators.validator_for(SCHEMA)
    cls.check_schema(SCHEMA)
    found: jsonschema.protocols.Validator = cls(SCHEMA)
    return found


def results(told: str) -> list[dict[str, Any]]:
    [run] = json.loads(told)["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.id for rule in RULES]
    found: list[dict[str, Any]] = run["results"]
    return found


@pytest.mark.parametrize("given", [items(), items()[:1], []], ids=["findings", "none", "nothing"])
def test_it_is_valid_against_the_schema_of_sarif(
    given: list[Item], tell: Tell, validator: jsonschema.protocols.Validator
) -> None:
    assert [error.message for error in validator.iter_errors(json.loads(tell("sarif", given)))] == []


def test_the_schema_would_see_a_mistake(tell: Tell, validator: jsonschema.protocols.Validator) -> None:
    told = json.loads(tell("sarif"))
    told["runs"][0]["results"][0]["level"] = "dreadful"
    assert not validator.is_valid(told)


def test_each_finding_is_a_result_with_its_place(tell: Tell) -> None:
    alone, framed, fault, end = results(tell("sarif"))
    assert [one["ruleId"] for one in (alone, framed, fault, end)] == ["XC608", "XC608", "XC101", "XC105"]
    assert [RULES[one["ruleIndex"]].id for one in (alone, framed)] == ["XC608", "XC608"]
    assert alone["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "wrong.xml"},
        "region": {"startLine": 2, "startColumn": 9},
    }
    assert framed["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%26b.pcap"},
        "region": {"byteOffset": 8412},
    }
    assert framed["properties"]["packet"] == 91
    assert framed["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "/pm/@room"
    assert end["level"] == "note"


def test_what_could_not_be_read_is_told(tell: Tell) -> None:
    [invocation] = json.loads(tell("sarif"))["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "gone.xml" in invocation["toolExecutionNotifications"][0]["message"]["text"]
