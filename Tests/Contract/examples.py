# SPDX-License-Identifier: Apache-2.0
"""Each example of openapi.yaml is what its schema says, and no field of it is one that the schema does not know."""

import sys

import jsonschema_rs
import yaml

description = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
schemas = description["components"]["schemas"]
checked = 0
for name, schema in schemas.items():
    judge = jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}, validate_formats=True)
    for example in schema.get("examples", []):
        wrong = [error.message for error in judge.iter_errors(example)]
        wrong += sorted(set(example) - set(schema["properties"])) if "properties" in schema else []
        assert not wrong, (name, wrong)
        checked += 1
assert checked, "there are no examples"
print(f"examples: {checked} are as their schemas say", file=sys.stderr)
