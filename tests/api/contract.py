"""docs/scripts.md against three real clusters: each field that it promises is there, with its type, in the answer and in the command's JSON.

The class: scripts break when a field is renamed or moves, and nobody sees it here. It could occur in every answer that is ours alone. A field that the page
names and the server does not have fails, and so does a table that no command below is tried for."""

import json
import pathlib
import re
import sys

from harness import Cli, Workspace, put_secrets
from rows import Rows
from topologies import attach

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "scripts.md"
TYPES = {"text": str, "number": (int, float), "boolean": bool, "list": list, "object": dict}


def promised():
    """{heading: [(field, type, may be null)]}."""
    tables = {}
    for part in re.split(r"^### ", PAGE.read_text(), flags=re.M)[1:]:
        heading = part.split("\n", 1)[0].strip()
        rows = re.findall(r"^\| `([^`]+)` \| (\w+)(\??) \|", part, re.M)
        tables[heading] = [(field, kind, bool(maybe)) for field, kind, maybe in rows]
    return tables


def values(value, path):
    """All values at a path such as "links[].type"; None in the list where a step is missing."""
    if not path:
        return [value]
    head, _, rest = path.partition(".")
    is_list = head.endswith("[]")
    name = head.removesuffix("[]")
    if not isinstance(value, dict) or name not in value:
        return [KeyError(path)]
    if not is_list:
        return values(value[name], rest)
    return [found for element in value[name] for found in values(element, rest)]


def check(rows, heading, fields, answer):
    for field, kind, may_be_null in fields:
        found = values(answer, field)
        rows.check(f"{heading} has {field}", found and not any(isinstance(one, KeyError) for one in found), answer)
        for one in found:
            is_null = one is None and may_be_null
            is_right = isinstance(one, TYPES[kind]) and (kind == "boolean" or not isinstance(one, bool))
            rows.check(f"{heading}: {field} is {kind}", is_null or is_right or isinstance(one, KeyError), one)


def main():
    tables = promised()
    with Workspace() as space:
        north, west, standby = (space.server(name).initialize() for name in ("north", "west", "standby"))
        rows = Rows(north)
        root = north.client()
        root.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        put_secrets(north, 10)
        # West's own token would end with the activation. A login of a shared user is as good, and as users do it.
        root.write("sys/auth/userpass", {"type": "userpass"})
        root.write("sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
        root.write("auth/userpass/users/ann", {"password": "pw", "token_policies": "all"})
        attach(north, west, "performance", "west")
        attach(north, standby, "dr", "standby")
        ann = west.client("none").write("auth/userpass/login/ann", {"password": "pw"})["auth"]["client_token"]

        commands = {
            "sys/replication/links": (north, None, "replication links"),
            "sys/replication/performance/trust": (north, None, "replication trust"),
            "sys/replication/dr/readiness": (north, None, "replication readiness"),
            "sys/replication/inventory": (north, None, "replication inventory"),
            "sys/replication/performance/secondary/preview": (west, ann, "replication preview"),
            "holdfast topology": (north, None, "topology"),
        }
        rows.check("every table has a command, and every command a table", sorted(tables) == sorted(commands), sorted(tables))
        for heading, fields in tables.items():
            rows.check(f"{heading} promises something", fields)
            server, token, command = commands[heading]
            cli = Cli(server, space.path / "user")
            text = cli.run(f"vault {command} -format=json", token=token, expect=None)
            try:
                answer = json.loads(text)
            except ValueError:
                rows.check(f"{heading}: one JSON value on standard output", False, text + cli.last_error)
                continue
            check(rows, heading, fields, answer.get("data", answer))
            if heading.startswith("sys/"):
                check(rows, "GET " + heading, fields, server.client(token or server.root_token).read(heading)["data"])
        rows.finish()


if __name__ == "__main__":
    sys.exit(main())
