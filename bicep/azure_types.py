"""Writes azure-types.json: the shapes of the resources used here, as Microsoft publishes them for the Bicep compiler.

    python3 bicep/azure_types.py <checkout of github.com/Azure/bicep-types-az>

To be run after a template names something new of a resource; lint.py holds the templates to the file. What no template
speaks of is kept by name only.
"""

import json
import sys
from pathlib import Path

import lint

REQUIRED, READ_ONLY = 1, 2
SCALARS = {"StringType": "string", "BooleanType": "bool", "IntegerType": "int"}


class Shapes:
    """Of one resource type; `used` are the names templates use anywhere in it."""

    def __init__(self, types, used):
        self.types, self.used = types, used

    def follow(self, reference):
        return self.types[int(reference["$ref"].rsplit("/", 1)[1])]

    def of(self, kind):
        name = kind["$type"]
        if name in SCALARS:
            return SCALARS[name]
        if name == "StringLiteralType":
            return {"words": [kind["value"]]}
        if name == "UnionType":
            parts = [self.follow(element) for element in kind["elements"]]
            words = [part["value"] for part in parts if part["$type"] == "StringLiteralType"]
            return {"words": words} if words else "any"
        if name == "ArrayType":
            return {"items": self.of(self.follow(kind["itemType"]))}
        if name == "ObjectType":
            shape = self.members(kind["properties"])
            return shape | {"more": True} if "additionalProperties" in kind else shape
        if name == "DiscriminatedObjectType":
            elements = {word: self.follow(element)["properties"] for word, element in kind["elements"].items()}
            choices = {
                word: self.members({**kind["baseProperties"], **properties})
                for word, properties in elements.items()
                if word in self.used
            }
            return {"by": kind["discriminator"], "choices": choices}
        return "any"

    def members(self, properties):
        shape = {"members": {}, "required": [], "read_only": []}
        for name, member in sorted(properties.items()):
            known = name in self.used
            shape["members"][name] = self.of(self.follow(member["type"])) if known else "any"
            if member["flags"] & REQUIRED:
                shape["required"].append(name)
            if member["flags"] & READ_ONLY:
                shape["read_only"].append(name)
        return {key: value for key, value in shape.items() if value}


def find(checkout, kind):
    """The list of types a resource type stands in, and its own entry."""
    provider, version = kind.split("/")[0].lower(), kind.split("@")[1]
    for path in sorted((checkout / "generated").glob(f"*/{provider}/{version}/types.json")):
        types = json.loads(path.read_text())
        for entry in types:
            if entry["$type"] == "ResourceType" and entry["name"].lower() == kind.lower():
                return types, entry
    raise SystemExit(f"{checkout} knows no {kind}")


def main(checkout):
    used = {}
    for file in lint.read_all().values():
        for kind, words in file.words_by_type():
            used.setdefault(kind, set()).update(words)
    found = {}
    for kind, words in sorted(used.items()):
        types, entry = find(checkout, kind)
        shapes = Shapes(types, words)
        found[kind] = shapes.of(shapes.follow(entry["body"]))
    # A line per type, so that a change shows which.
    lines = [f"{json.dumps(kind)}: {json.dumps(shape, separators=(',', ':'))}" for kind, shape in found.items()]
    (lint.HERE / "azure-types.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
