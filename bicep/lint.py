"""What the Bicep compiler would say about these files, as far as a parser can: run as `python3 bicep/lint.py`.

Needs tree-sitter and tree-sitter-bicep. Exits 1 after printing one line per fault.
"""

import json
import re
import sys
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Parser

HERE = Path(__file__).resolve().parent
PARSER = Parser(Language(tree_sitter_bicep.language()))

# The functions used here; a new one is added on purpose.
FUNCTIONS = set(
    "array cidrSubnet concat contains empty environment filter first format guid items join last length loadJsonContent "
    "map replace resourceGroup resourceId split string subscription subscriptionResourceId take tenant toLower toObject "
    "union uniqueString".split()
)
DECORATORS = {"allowed", "description", "maxLength", "maxValue", "minLength", "minValue"}
DECLARATIONS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
}
SECRET = re.compile(r"secret|password|passwd|api_?key|account_?key|connection_?string|sas$|sas_|credential", re.I)
GUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I)
TYPE = re.compile(r"^Microsoft\.[A-Za-z.]+(/[A-Za-z]+)+@20\d\d-\d\d-\d\d$")
# Nobody gets in with a key, and nothing speaks old TLS. Written as `path: value`.
REQUIRED = {
    "Microsoft.Storage/storageAccounts": [
        "properties.allowSharedKeyAccess: false",
        "properties.allowBlobPublicAccess: false",
        "properties.minimumTlsVersion: 'TLS1_2'",
    ],
    "Microsoft.DocumentDB/databaseAccounts": [
        "properties.disableLocalAuth: true",
        # The store refuses weaker ones.
        "properties.consistencyPolicy.defaultConsistencyLevel: 'Strong'",
        "properties.minimalTlsVersion: 'Tls12'",
    ],
    "Microsoft.CognitiveServices/accounts": ["properties.disableLocalAuth: true"],
    "Microsoft.SignalRService/webPubSub": ["properties.disableLocalAuth: true"],
    "Microsoft.Insights/components": ["properties.DisableLocalAuth: true"],
    "Microsoft.KeyVault/vaults": ["properties.enableRbacAuthorization: true"],
    "Microsoft.Web/sites": ["properties.httpsOnly: true", "identity.type: 'SystemAssigned'"],
}


class File:
    """One parsed file with what it declares."""

    def __init__(self, path):
        self.path = path
        self.faults = []
        self.source = path.read_bytes()
        self.root = PARSER.parse(self.source).root_node
        self.names = {kind: {} for kind in DECLARATIONS.values()}
        self.used = set()
        self.check_syntax(self.root)
        if not self.faults:
            self.read()

    def fault(self, node, what):
        line = node.start_point[0] + 1 if node else 1
        self.faults.append(f"{self.path.relative_to(HERE.parent)}:{line}: {what}")

    def text(self, node):
        return self.source[node.start_byte : node.end_byte].decode()

    def check_syntax(self, node):
        if node.is_error or node.is_missing:
            self.fault(node, f"syntax error near {self.text(node)[:40]!r}")
            return
        for child in node.children:
            self.check_syntax(child)

    def read(self):
        for node in self.root.named_children:
            kind = DECLARATIONS.get(node.type)
            if not kind:
                continue
            name = self.text(node.named_children[0])
            # An output has a name space of its own.
            taken = [k for k, names in self.names.items() if name in names and (k == "output") == (kind == "output")]
            if taken:
                self.fault(node, f"{name} is declared twice")
            self.names[kind][name] = node

    def is_existing(self, node):
        return any(child.type == "existing" or self.text(child) == "existing" for child in node.children)

    def body(self, node):
        """The object of a resource or module, whatever loop or condition is around it."""
        found = node
        while found is not None and found.type != "object":
            found = next(
                (c for c in reversed(found.named_children) if c.type in ("object", "for_statement", "if_statement")), None
            )
        return found

    def properties(self, node):
        """Name → value node of an object."""
        pairs = {}
        for child in node.named_children if node is not None else []:
            if child.type == "object_property" and len(child.named_children) >= 2:
                pairs[self.text(child.named_children[0]).strip("'")] = child.named_children[-1]
        return pairs

    def type_of(self, node):
        """Type and API version of a resource."""
        return self.text(node.named_children[1]).strip("'")

    def words_by_type(self):
        """Of each resource its type, and every name and word its declaration and the accesses to it use."""
        for name, node in self.names["resource"].items():
            words = {self.text(n).strip("'") for n in self.walk(node) if not n.named_children or n.type == "string"}
            for access in re.finditer(rf"\b{name}((?:\[\w+\])?(?:[.?]+\w+(?:\[\w+\])?)+)", self.source.decode()):
                words.update(re.findall(r"\w+", access[1]))
            yield self.type_of(node), words

    def walk(self, node):
        yield node
        for child in node.named_children:
            yield from self.walk(child)


def check_names(file):
    """Every name stands for something, and every parameter, variable and existing resource is needed."""
    known = {name for kind in ("param", "var", "resource", "module") for name in file.names[kind]}

    def visit(node, local):
        if node.type in ("decorator", "primitive_type", "property_identifier"):
            if node.type == "decorator":
                call = node.named_children[0]
                name = file.text(call.named_children[0] if call.type == "call_expression" else call)
                if name not in DECORATORS:
                    file.fault(node, f"decorator {name} is not used here")
            return
        if node.type == "type":
            return
        if node.type == "object_property":
            key, *rest = node.named_children
            for child in ([] if key.type == "identifier" else [key]) + rest:
                visit(child, local)
            return
        if node.type == "call_expression":
            callee = node.named_children[0]
            if callee.type == "identifier" and file.text(callee) not in FUNCTIONS:
                file.fault(node, f"{file.text(callee)} is no function in use here")
            rest = node.named_children[1:] if callee.type == "identifier" else node.named_children
            for child in rest:
                visit(child, local)
            return
        if node.type == "lambda_expression":
            names = [file.text(c) for c in file.walk(node.named_children[0]) if c.type == "identifier"]
            for child in node.named_children[1:]:
                visit(child, local | set(names))
            return
        if node.type == "for_statement":
            first = node.named_children[0]
            names = {file.text(first)} if first.type == "identifier" else {file.text(c) for c in first.named_children}
            for child in node.named_children[1:]:
                visit(child, local | names)
            return
        if node.type == "identifier":
            name = file.text(node)
            if name not in local:
                file.used.add(name)
                if name not in known:
                    file.fault(node, f"{name} is not declared")
            return
        for child in node.named_children:
            visit(child, local)

    for node in file.root.named_children:
        if node.type in DECLARATIONS:
            for child in node.named_children[1:]:
                visit(child, set())
        elif node.type == "decorators":
            for child in node.named_children:
                visit(child, set())
    for kind in ("param", "var"):
        for name, node in file.names[kind].items():
            if name not in file.used:
                file.fault(node, f"{kind} {name} is not used")
    for name, node in file.names["resource"].items():
        if file.is_existing(node) and name not in file.used:
            file.fault(node, f"existing resource {name} is not used")


def check_resources(file):
    for name, node in file.names["resource"].items():
        kind = file.type_of(node)
        if not TYPE.match(kind):
            file.fault(node, f"{name}: {kind} needs a released API version")
        body = file.body(node)
        given = file.properties(body)
        if "name" not in given:
            file.fault(node, f"{name} has no name")
        if file.is_existing(node):
            continue
        for rule in REQUIRED.get(kind.split("@")[0], []):
            path, wanted = rule.split(": ")
            value = body
            for step in path.split("."):
                value = file.properties(value).get(step) if value is not None else None
            if value is None or file.text(value) != wanted:
                file.fault(node, f"{name} must say {rule}")


def check_modules(file, files):
    for name, node in file.names["module"].items():
        path = (file.path.parent / file.text(node.named_children[1]).strip("'")).resolve()
        target = files.get(path)
        if target is None:
            file.fault(node, f"{name}: there is no {path.name}")
            continue
        target.wanted = True
        given = set(file.properties(file.properties(file.body(node)).get("params")))
        # `param name type = default`
        needed = {p for p, decl in target.names["param"].items() if "=" not in [c.type for c in decl.children]}
        for param in sorted(given - set(target.names["param"])):
            file.fault(node, f"{name}: {path.name} has no parameter {param}")
        for param in sorted(needed - given):
            file.fault(node, f"{name}: parameter {param} of {path.name} is missing")
        for access in re.finditer(rf"\b{name}(?:\[\w+\])?[!?]?\.outputs\.(\w+)", file.source.decode()):
            if access[1] not in target.names["output"]:
                file.fault(node, f"{name}: {path.name} has no output {access[1]}")


def check_secrets(file):
    """No secret passes through: none comes in, none goes out, none is asked for."""
    for kind in ("param", "output"):
        for name, node in file.names[kind].items():
            if SECRET.search(name):
                file.fault(node, f"{kind} {name} sounds like a secret")
    for name, node in file.names["output"].items():
        if SECRET.search(file.text(node.named_children[-1])):
            file.fault(node, f"output {name} reads something that sounds like a secret")
    for node in file.walk(file.root):
        if node.type == "call_expression" and re.match(r"(\w+\.)?list\w+\(|getSecret\(", file.text(node)):
            file.fault(node, "keys are neither listed nor read here")
    for guid in GUID.findall(file.source.decode()):
        file.fault(None, f"{guid}: ids of roles stand in roles.json")


def check_json(files):
    """The files the templates load say what the templates expect."""
    faults = []
    everything = "".join(file.source.decode() for file in files.values())
    loaded = {}
    for file in files.values():
        for name in re.findall(r"loadJsonContent\('([^']+)'\)", file.source.decode()):
            path = (file.path.parent / name).resolve()
            if path.is_file():
                loaded[path.name] = json.loads(path.read_text())
            else:
                file.fault(None, f"there is no {name}")
    roles = loaded.get("roles.json", {})
    used = set(re.findall(r"roles\['([^']+)'\]", everything))
    faults += [f"roles.json has no {name}" for name in sorted(used - set(roles))]
    faults += [f"roles.json: nobody is given {name}" for name in sorted(set(roles) - used)]
    faults += [f"roles.json: {name} has no id" for name, guid in roles.items() if not GUID.fullmatch(guid)]
    if len(set(roles.values())) != len(roles):
        faults.append("roles.json: two roles have one id")
    main = files[HERE / "main.bicep"]
    union = main.text(main.names["param"]["vaultSettings"].named_children[1])
    if set(re.findall(r"'(\w+)'", union)) != set(loaded["settings.json"]["from_vault"]):
        faults.append("main.bicep: vaultSettings and settings.json's from_vault differ")
    container = loaded["cosmos-container.json"]
    if container["partitionKey"] != {"paths": ["/tenant", "/root"], "kind": "MultiHash", "version": 2}:
        faults.append("cosmos-container.json: documents are found by tenant and root")
    given = json.loads((HERE / "main.parameters.json").read_text())["parameters"]
    declared = main.names["param"]
    needed = {name for name, node in declared.items() if "=" not in [child.type for child in node.children]}
    faults += [f"main.parameters.json: main.bicep has no {name}" for name in sorted(set(given) - set(declared))]
    faults += [f"main.parameters.json: {name} is missing" for name in sorted(needed - set(given))]
    return faults


def check_types(file, shapes):
    """What is said of a resource, and what is read from it, is as Microsoft publishes it."""

    def visit(node, shape, path):
        while node.type == "parenthesized_expression":
            node = node.named_children[0]
        if node.type == "ternary_expression":
            for branch in node.named_children[1:]:
                visit(branch, shape, path)
        elif node.type in ("for_statement", "if_statement"):
            visit(node.named_children[-1], shape.get("items", "any") if node.type == "for_statement" else shape, path)
        elif shape == "any":
            return
        elif node.type == "object":
            visit_object(node, shape, path)
        elif node.type == "array":
            if "items" not in shape:
                file.fault(node, f"{path} is no list")
            for item in node.named_children if "items" in shape else []:
                visit(item, shape["items"], path)
        elif node.type == "string" and isinstance(shape, dict):
            word = file.text(node).strip("'")
            if "words" not in shape:
                file.fault(node, f"{path} is no text")
            elif "${" not in word and word not in shape["words"]:
                file.fault(node, f"{path}: {word} is none of {', '.join(shape['words'])}")
        elif {"string": "string", "boolean": "bool", "number": "int"}.get(node.type, shape) != shape:
            file.fault(node, f"{path} is of type {shape if isinstance(shape, str) else 'object or list'}")

    def visit_object(node, shape, path):
        given = file.properties(node)
        if isinstance(shape, dict) and "by" in shape:
            word = file.text(given[shape["by"]]).strip("'") if shape["by"] in given else "nothing"
            shape = shape["choices"].get(word)
            if shape is None:
                file.fault(node, f"{path}: {word} is no choice")
                return
        if not isinstance(shape, dict) or not {"members", "more"} & set(shape):
            file.fault(node, f"{path} is no object")
            return
        for name, value in given.items():
            known = shape.get("members", {}).get(name)
            if known is not None:
                visit(value, known, f"{path}.{name}")
            elif not shape.get("more") and (path.count(".") or name not in ("parent", "scope", "dependsOn")):
                file.fault(value, f"{path} has no {name}")
            if name in shape.get("read_only", []):
                file.fault(value, f"{path}.{name} cannot be set")
        for name in sorted(set(shape.get("required", [])) - set(given)):
            file.fault(node, f"{path}.{name} is missing")

    def read(node, name, shape, steps):
        for step in steps:
            if isinstance(shape, dict) and "members" in shape and step not in shape["members"]:
                file.fault(node, f"{name} has no {step} to read")
                return
            if isinstance(shape, dict) and step.isdigit() and "items" in shape:
                shape = shape["items"]
            else:
                shape = shape.get("members", {}).get(step, "any") if isinstance(shape, dict) else "any"

    for name, node in file.names["resource"].items():
        shape = shapes.get(file.type_of(node))
        if shape is None:
            file.fault(node, f"azure-types.json has no {file.type_of(node)}: see azure_types.py")
            continue
        if not file.is_existing(node):
            visit_object(file.body(node), shape, name)
        for access in re.finditer(rf"(?<![\w.'/-]){name}((?:\.\w+|\[\d+\])+)", file.source.decode()):
            read(node, name, shape, re.findall(r"\w+", access[1]))


def read_all():
    paths = [HERE / "main.bicep", *sorted((HERE / "modules").glob("*.bicep"))]
    return {path: File(path) for path in paths}


def main():
    files = read_all()
    shapes = json.loads((HERE / "azure-types.json").read_text())
    faults = []
    if not any(file.faults for file in files.values()):
        for file in files.values():
            check_names(file)
            check_resources(file)
            check_types(file, shapes)
            check_modules(file, files)
            check_secrets(file)
        for path, file in files.items():
            if path.name != "main.bicep" and not getattr(file, "wanted", False):
                file.fault(None, "no template uses this module")
        faults += check_json(files)
    faults = [fault for file in files.values() for fault in file.faults] + faults
    print("\n".join(faults) if faults else f"{len(files)} templates are in order")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
