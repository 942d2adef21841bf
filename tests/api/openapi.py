"""The OpenAPI document against the server that sends it, at a primary and at a performance secondary.

Class of faults: a document that says something else than the server does. Each path of the document is called without a token, and each sudo path with a
token that has every capability but sudo. A path that the server does not route, or that needs something else than the document says, fails.
"""

import re
import sys

from harness import Client, Workspace
from rows import Rows
from topologies import attach, root_token

METHODS = {"get": "GET", "post": "POST", "patch": "PATCH", "delete": "DELETE"}
DENIED = b'"permission denied"'
MOUNTS = {"sys/mounts/secret": {"type": "kv", "options": {"version": "2"}}, "sys/mounts/old": {"type": "kv", "options": {"version": "1"}}, "sys/mounts/transit": {"type": "transit"},
          "sys/auth/userpass": {"type": "userpass"}, "sys/auth/approle": {"type": "approle"}}
ALL_BUT_SUDO = 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "patch"] }'


def operations(document):
    for path, item in document["paths"].items():
        for verb, method in METHODS.items():
            if verb in item:
                yield path, method, item, item[verb]


def concrete(path, is_list):
    """The path with a word for each parameter."""
    filled = re.sub(r"{[^}]*}", "w", path)[1:]
    return f"{filled}?list=true" if is_list else filled


def check_form(rows, where, document):
    """What generators of clients rely on."""
    names, schemas, used = [], document["components"]["schemas"], set()
    for path, method, item, operation in operations(document):
        names.append(operation["operationId"])
        parameters = item.get("parameters", []) + operation.get("parameters", [])
        in_path = {each["name"] for each in parameters if each["in"] == "path"}
        rows.check(f"{where}: the parts of {path}", in_path == set(re.findall(r"{([^}]*)}", path)), parameters)
        for content in operation.get("requestBody", {}).get("content", {}).values():
            used.add(content["schema"]["$ref"].removeprefix("#/components/schemas/"))
        rows.check(f"{where}: answers of {method} {path}", operation["responses"], operation)
    rows.check(f"{where}: names of operations", len(names) == len(set(names)), sorted(names))
    rows.check(f"{where}: schemas", used == set(schemas), sorted(used ^ set(schemas)))


def check_calls(rows, where, server, document):
    stranger = Client(server.address, None, server.ca_file)
    bounded = Client(server.address, token_without_sudo(server), server.ca_file)
    for path, method, item, operation in operations(document):
        is_list = any(each["name"] == "list" and each.get("required") for each in operation.get("parameters", []))
        called = concrete(path, is_list)
        body = {} if method in ("POST", "PATCH") else None
        headers = {"Content-Type": "application/merge-patch+json"} if method == "PATCH" else None
        is_open = "security" in operation
        status, said = stranger.raw(method, called, body, headers)
        if is_open:
            rows.check(f"{where}: {method} {path} needs no token", DENIED not in said and status != 405, (status, said[:200]))
        else:
            rows.check(f"{where}: {method} {path} needs a token", status == 403, (status, said[:200]))
        if item.get("x-vault-sudo") and not is_open:
            status, said = bounded.raw(method, called, body, headers)
            rows.check(f"{where}: {method} {path} needs sudo", status == 403, (status, said[:200]))


def token_without_sudo(server):
    client = server.client()
    client.write("sys/policies/acl/all-but-sudo", {"policy": ALL_BUT_SUDO})
    return client.write("auth/token/create", {"policies": ["all-but-sudo"]})["auth"]["client_token"]


def check_views(rows, primary):
    """Who sees what: a stranger, a token of one mount, and the help of one path."""
    stranger = Client(primary.address, None, primary.ca_file)
    rows.check("a stranger sees no mount", stranger.read("sys/internal/specs/openapi")["paths"] == {}, None)
    primary.client().write("sys/mounts/auth/userpass/tune", {"listing_visibility": "unauth"})
    seen = stranger.read("sys/internal/specs/openapi")["paths"]
    rows.check("a stranger sees a mount that is listed for all", "/auth/userpass/login/{username}" in seen and "/secret/config" not in seen, list(seen))
    primary.client().write("sys/policies/acl/one", {"policy": 'path "transit/keys/a" { capabilities = ["read"] }'})
    token = primary.client().write("auth/token/create", {"policies": ["one"], "no_default_policy": True})["auth"]["client_token"]
    seen = Client(primary.address, token, primary.ca_file).read("sys/internal/specs/openapi")["paths"]
    rows.check("a token sees its mounts", "/transit/keys/{name}" in seen and "/secret/config" not in seen and "/sys/seal" not in seen, list(seen))
    helped = primary.client().read("secret/data/a?help=1")["openapi"]
    rows.check("help shows the path", list(helped["paths"]) == ["/data/{path}"] and helped["openapi"] == "3.0.2", helped)
    general = primary.client().read("sys/internal/specs/openapi?generic_mount_paths=true")["paths"]
    wanted = {"/{kv_v2_mount_path}/data/{path}", "/{kv_v1_mount_path}/{path}", "/auth/{userpass_mount_path}/users/", "/auth/token/create", "/sys/seal"}
    rows.check("mount paths can be parameters", wanted <= set(general), sorted(wanted - set(general)))


def main():
    with Workspace() as space:
        primary, secondary = (space.server(name).initialize() for name in ("north", "west"))
        for path, body in MOUNTS.items():
            primary.client().write(path, body)
        rows = Rows(primary)
        attach(primary, secondary, "performance", "west")
        secondary.root_token = root_token(secondary, secondary.keys)
        documents = {server.name: server.client().read("sys/internal/specs/openapi") for server in (primary, secondary)}
        wanted = {"/sys/health", "/sys/mounts/{path}", "/sys/internal/specs/openapi", "/secret/data/{path}", "/old/{path}", "/transit/encrypt/{name}",
                  "/identity/entity/id/", "/cubbyhole/{path}", "/auth/token/create", "/auth/userpass/login/{username}", "/auth/approle/login"}
        north, west = (set(documents[name]["paths"]) for name in ("north", "west"))
        rows.check("every mount is there", wanted <= north, sorted(wanted - north))
        rows.check("both clusters show the same paths", north == west, sorted(north ^ west))
        check_views(rows, primary)
        for server in (primary, secondary):
            check_form(rows, server.name, documents[server.name])
            check_calls(rows, server.name, server, documents[server.name])
        rows.finish()


if __name__ == "__main__":
    sys.exit(main())
