"""Whether a resource's properties and a state machine's definition are such as AWS takes, by the schemas that it publishes.

https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html

The schemas come with cfn-lint. Texts are not compared with patterns: ids that the emulator makes up are
not always of AWS's form. CloudFormation takes "true" for true and "5" for 5.
"""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any, Iterator

import regex
from jsonschema import Draft7Validator, ValidationError, validators

# Found, not imported: that takes a second of every start.
_CFN_LINT = importlib.util.find_spec("cfnlint")
_SCHEMAS = Path(_CFN_LINT.origin if _CFN_LINT and _CFN_LINT.origin else "").parent / "data" / "schemas"
#: A region that has every resource type.
_REGION = "us-east-1"


def problems(resource_type: str, properties: dict[str, Any]) -> list[str]:
    """What CloudFormation refuses of a resource's properties; nothing of a type whose schema is not published."""
    validator = _of_type(resource_type)
    return [_in_words(error) for error in validator.iter_errors(properties)] if validator else []


def faults(definition: str) -> list[str]:
    """What Step Functions refuses of a state machine's definition."""
    try:
        read = json.loads(definition)
    except ValueError as error:
        return [f"the definition is no JSON: {error}"]
    _inherit(read, read.get("QueryLanguage") if isinstance(read, dict) else None)
    return [_in_words(error) for error in _of_machines().iter_errors(read)] or list(_astray(read, "#"))


def _astray(value: Any, where: str) -> Iterator[str]:
    """States that are led to and are not there, in a machine and in the machines within it."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _astray(item, f"{where}/{index}")
    elif isinstance(value, dict):
        if isinstance(value.get("States"), dict) and "StartAt" in value:
            states = value["States"]
            for name in [value["StartAt"], *(each for state in states.values() for each in _nexts(state))]:
                if name not in states:
                    yield f"{where}: MISSING_TRANSITION_TARGET: there is no state {name}"
        for key, item in value.items():
            yield from _astray(item, f"{where}/{key}")


def _nexts(state: Any) -> Iterator[str]:
    places = [state, *(state.get("Catch") or []), *(state.get("Choices") or [])] if isinstance(state, dict) else []
    for place in places:
        for field in ("Next", "Default"):
            if field in place:
                yield place[field]


def _inherit(value: Any, language: Any) -> None:
    """Give each state the machine's query language: the schema looks at a state alone."""
    if isinstance(value, list):
        for item in value:
            _inherit(item, language)
    elif isinstance(value, dict):
        states = value.get("States")
        for state in states.values() if language and isinstance(states, dict) else ():
            # A Succeed state has none, by the schema.
            if isinstance(state, dict) and state.get("Type") != "Succeed":
                state.setdefault("QueryLanguage", language)
        for item in value.values():
            _inherit(item, language)


@cache
def _of_type(resource_type: str) -> Any:
    names = json.loads((_SCHEMAS / "providers" / f"{_REGION}.json").read_text(encoding="utf-8"))
    if resource_type not in names:
        return None
    path = _SCHEMAS / "resources" / f"{names[resource_type]}.json"
    return _Lenient(json.loads(path.read_text(encoding="utf-8")))


@cache
def _of_machines() -> Any:
    path = _SCHEMAS / "other" / "step_functions" / "statemachine.json"
    return _Lenient(json.loads(path.read_text(encoding="utf-8")))


def _in_words(error: ValidationError) -> str:
    where = "/".join(["#", *(str(part) for part in error.absolute_path)])
    return f"{where}: {error.message[:300]}"


def _no_others(validator: Any, allowed: Any, instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object") or allowed is not False:
        return
    patterns = schema.get("patternProperties", {})
    for name in instance:
        if name not in schema.get("properties", {}) and not any(regex.search(each, name) for each in patterns):
            yield ValidationError(f"extraneous key [{name}] is not permitted")


def _required(validator: Any, names: list[str], instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for name in names:
            if name not in instance:
                yield ValidationError(f"required key [{name}] not found")


def _nothing(validator: Any, value: Any, instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    return iter(())


def _of_patterns(validator: Any, patterns: Any, instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for pattern, sub in patterns.items():
            for name, value in instance.items():
                if regex.search(pattern, name):
                    yield from validator.descend(value, sub, path=name, schema_path=pattern)


def _range(name: str) -> Any:
    original = Draft7Validator.VALIDATORS[name]

    def check(validator: Any, limit: Any, instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
        return original(validator, limit, float(instance), schema) if _is_number(None, instance) else iter(())

    return check


def _among(validator: Any, values: list[Any], instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    if instance not in values and str(instance) not in [str(value) for value in values]:
        yield ValidationError(f"{instance} is not a valid enum value")


def _is_boolean(checker: Any, value: Any) -> bool:
    return isinstance(value, bool) or value in ("true", "false", "True", "False")


def _is_number(checker: Any, value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_integer(checker: Any, value: Any) -> bool:
    return _is_number(checker, value) and float(value).is_integer()


def _is_string(checker: Any, value: Any) -> bool:
    return isinstance(value, (str, int, float, bool))


_Lenient: Any = validators.extend(
    Draft7Validator,
    {
        "additionalProperties": _no_others,
        "enum": _among,
        "format": _nothing,
        "maximum": _range("maximum"),
        "minimum": _range("minimum"),
        "pattern": _nothing,
        "patternProperties": _of_patterns,
        "required": _required,
    },
    type_checker=Draft7Validator.TYPE_CHECKER.redefine_many(
        {"boolean": _is_boolean, "integer": _is_integer, "number": _is_number, "string": _is_string}
    ),
)
