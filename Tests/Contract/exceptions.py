# SPDX-License-Identifier: Apache-2.0
"""Each exception of schemathesis.toml is of operations that openapi.yaml knows, and of statuses that they can answer by it."""

import sys
import tomllib

import yaml

with open(sys.argv[1], encoding="utf-8") as text:
    paths = yaml.safe_load(text)["paths"]
with open(sys.argv[2], "rb") as text:
    tables = tomllib.load(text)["operations"]
known = {operation["operationId"]: (path, operation)
         for path, item in paths.items() for operation in item.values() if isinstance(operation, dict)}
wrong, seen = [], set()
for table in tables:
    names = table["include-operation-id"]
    if set(table) != {"include-operation-id", "checks"} or names != sorted(names):
        wrong.append(f"{names[0]}: a table has sorted operation ids and checks, nothing else")
    for name in names:
        if name in seen:
            wrong.append(f"{name}: in two tables, of which the first would hold")
        seen.add(name)
        if name not in known:
            wrong.append(f"{name}: openapi.yaml has no such operation")
            continue
        path, operation = known[name]
        lists = [check["expected-statuses"] for check in table["checks"].values() if isinstance(check, dict)]
        for status in sorted({status for statuses in lists for status in statuses} - {"2xx"}):
            if status not in operation["responses"] and "default" not in operation["responses"]:
                wrong.append(f"{name}: {status} is not described")
            if status == "401" and operation.get("security") == []:
                wrong.append(f"{name}: asks for no token, and 401 is excepted")
            asked = [item for item in operation.get("parameters", []) if item.get("in") == "query" and item.get("required")]
            if status == "404" and "{" not in path and "requestBody" not in operation and not asked:
                wrong.append(f"{name}: names nothing that there might not be, and 404 is excepted")
assert not wrong, "\n".join(["schemathesis.toml:", *wrong])
print(f"exceptions: {len(seen)} operations have some, all are known", file=sys.stderr)
