"""sys/pprof, sys/internal/counters and the commands that read them, at a primary and at a performance secondary."""

import json
import subprocess
import sys
import tarfile

from harness import BINARY, Cli, Workspace
from rows import Rows
from topologies import attach, root_token

PROFILES = ("goroutine", "threadcreate", "heap", "allocs", "block", "mutex", "symbol", "cmdline")


def check_paths(rows, server):
    client, where = server.client(), server.name
    for name in PROFILES:
        status, said = client.raw("GET", f"sys/pprof/{name}")
        rows.check(f"{where}: pprof/{name}", status == 200 and said, (status, said[:200]))
    threads = client.raw("GET", "sys/pprof/goroutine")[1].decode()
    rows.check(f"{where}: threads have names", "committer" in threads or "log" in threads, threads)
    rows.check(f"{where}: the list", b"goroutine" in client.raw("GET", "sys/pprof/")[1] and b"goroutine" in client.raw("GET", "sys/pprof")[1])
    for name in ("profile", "trace"):
        status, said = client.raw("GET", f"sys/pprof/{name}?seconds=1")
        rows.check(f"{where}: pprof/{name}", status == 200 and said.startswith(b"samples: "), (status, said[:200]))
    for seconds in (0, -1, 61, "x", 10**30):
        rows.check(f"{where}: {seconds} seconds", client.raw("GET", f"sys/pprof/profile?seconds={seconds}")[0] == 400)
    rows.check(f"{where}: a profile needs a token", client.raw("GET", "sys/pprof/heap", headers={"X-Vault-Token": "hvs.none"})[0] == 403)
    rows.check(f"{where}: help describes it", "samples" in client.read("sys/pprof/profile?help=1")["help"])

    rows.check(f"{where}: entities", client.read("sys/internal/counters/entities")["data"] == {"counters": {"entities": {"total": 1}}})
    rows.check(f"{where}: tokens", client.read("sys/internal/counters/tokens")["data"]["counters"]["service_tokens"]["total"] > 0)
    rows.check(f"{where}: requests", client.raw("GET", "sys/internal/counters/requests")[0] == 404)
    for path in ("activity", "activity?start_time=2026-01-01T00:00:00Z", "activity/monthly"):
        rows.check(f"{where}: {path}", client.raw("GET", f"sys/internal/counters/{path}") == (204, b""))
    config = client.read("sys/internal/counters/config")["data"]
    rows.check(f"{where}: the settings", (config["enabled"], config["queries_available"], config["retention_months"]) == ("disable", False, 48), config)
    client.write("sys/internal/counters/config", {"default_report_months": 6, "retention_months": 24, "enabled": "disable"})
    config = client.read("sys/internal/counters/config")["data"]
    rows.check(f"{where}: changed settings", (config["default_report_months"], config["retention_months"]) == (6, 24), config)
    answer = client.write("sys/internal/counters/config", {"retention_months": 90})
    rows.check(f"{where}: too many months", answer["warnings"] == ["retention_months cannot be greater than 60; capped to 60."], answer)
    for body in ({"enabled": "enable"}, {"enabled": "odd"}, {"default_report_months": 0}, {"retention_months": -1}, {"retention_months": "x"}):
        rows.check(f"{where}: refused: {body}", client.raw("POST", "sys/internal/counters/config", body)[0] == 400)


def check_commands(rows, space, server):
    cli = Cli(server, space.path / "home")
    out = lambda command, code: (cli.run(command, expect=None, token=server.root_token), rows.check(f"$ {command}", cli.last_code == code, cli.last_error))[0]
    rows.check("plugin list", "userpass" in out("vault plugin list auth", 0) and "kv" in out("vault plugin list -detailed", 0))
    rows.check("plugin list as JSON", any(each["name"] == "kv" for each in json.loads(out("vault plugin list -format=json secret", 0))))
    rows.check("plugin info", "builtin" in out("vault plugin info secret kv", 0))
    out("vault plugin info secret none", 2)
    out("vault namespace list", 2)
    rows.check("operator usage", "counts no clients" in out("vault operator usage", 0))
    bundle = space.path / "bundle.tar.gz"
    out(f"vault debug -duration=2s -interval=1s -output={bundle}", 0)
    with tarfile.open(bundle) as files:
        names = {name.split("/", 1)[1] for name in files.getnames()}
        index = json.load(files.extractfile(next(each for each in files if each.name.endswith("/index.json"))))
        polls = json.load(files.extractfile(next(each for each in files if each.name.endswith("/metrics.json"))))
        everything = b"".join(files.extractfile(each).read() for each in files)
    wanted = {"config.json", "host_info.json", "metrics.json", "replication_status.json", "requests.json", "server_status.json", "index.json"}
    rows.check("a bundle has all answers", wanted <= names and index["errors"] == [], (sorted(names), index))
    rows.check("a bundle has an answer of each round", len(polls) >= 2, len(polls))
    rows.check("a bundle has profiles", any(name.endswith("/heap.prof") for name in names), sorted(names))
    rows.check("a bundle has no token", server.root_token.encode() not in everything)
    rows.check("a bundle is not overwritten", out(f"vault debug -duration=0s -output={bundle}", 1) is not None)
    out(f"vault debug -duration=0s -compress=false -target=config -output={space.path / 'folder'}", 0)
    rows.check("a bundle as a folder", sorted(each.name for each in (space.path / "folder").iterdir()) == ["config.json", "index.json"])


def check_completion(rows, space):
    script = f'PATH={space.path}:$PATH; source <(holdfast completion bash)\nCOMP_LINE="holdfast kv g" COMP_POINT=13 holdfast\ncomplete -p holdfast'
    (space.path / "holdfast").symlink_to(BINARY)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env={"HOME": str(space.path), "PATH": "/usr/bin:/bin"})
    rows.check("bash completes", done.stdout.splitlines()[:1] == ["get"] and "-C 'holdfast' holdfast" in done.stdout, done)


def main():
    with Workspace() as space:
        north, west = (space.server(name).initialize() for name in ("north", "west"))
        rows = Rows(north)
        root = north.client()
        root.write("sys/auth/userpass", {"type": "userpass"})
        root.write("auth/userpass/users/ann", {"password": "secret"})
        root.write("auth/userpass/login/ann", {"password": "secret"})
        attach(north, west, "performance", "west")
        west.root_token = root_token(west, north.keys)
        west.client().write("auth/token/create", {"policies": ["default"]})
        for server in (north, west):
            check_paths(rows, server)
        check_commands(rows, space, north)
        check_completion(rows, space)
        rows.finish()


if __name__ == "__main__":
    sys.exit(main())
