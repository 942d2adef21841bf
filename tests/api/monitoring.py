"""What monitoring reads: metrics of a primary and of a performance secondary, the alert rules, and the dashboard.

Class of faults: a rule or a panel that names a metric which no server has. Such an alert never fires, and nobody notices. Each name in the rules and in the
dashboard must be served here, and each served metric must say what it means.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from harness import Client, Workspace, wait_in_sync, wait_until
from rows import Rows
from topologies import attach, root_token

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "resources" / "monitoring"
NAME = re.compile(r"\b(?:vault|holdfast)_[A-Za-z0-9_]+")


def scrape(server):
    status, text = server.client().raw("GET", "sys/metrics?format=prometheus")
    assert status == 200, text
    return text.decode()


def samples(text):
    """Name to the values of its lines."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name = re.split(r"[{ ]", line, maxsplit=1)[0]
            found.setdefault(name, []).append((line, float(line.rsplit(" ", 1)[1])))
    return found


def check_text(rows, where, text):
    types, helps = (re.findall(rf"^# {word} (\S+) (.*)$", text, re.M) for word in ("TYPE", "HELP"))
    rows.check(f"{where}: each metric has one help line", [name for name, _ in types] == [name for name, _ in helps], (types, helps))
    rows.check(f"{where}: help says something", all(said != "No description." for _, said in helps), [name for name, said in helps if said == "No description."])
    found = set(samples(text))
    for name, kind in types:
        wanted = {f"{name}_sum", f"{name}_count"} if kind == "summary" else {name}
        rows.check(f"{where}: {name} has its lines", wanted <= found, wanted - found)


def check_values(rows, server):
    """The figures follow what happens."""
    client = server.client()
    first = lambda name: samples(scrape(server)).get(name, [("", 0)])[0][1]
    before = first("vault_core_handle_request_count")
    for _ in range(20):
        client.raw("GET", "kv/a")
    rows.check("requests are counted", first("vault_core_handle_request_count") >= before + 20, before)
    rows.check("their time is counted", first("vault_core_handle_request_sum") > 0)
    rows.check("token lookups are counted", first("vault_token_lookup_count") >= 20)
    rows.check("the backend of a mount is timed", first("vault_route_read_kv__count") >= 20)
    logins = first("vault_core_handle_login_request_count")
    stranger = Client(server.address, None, server.ca_file)
    stranger.write("auth/userpass/login/ann", {"password": "secret"})
    rows.check("logins are counted", first("vault_core_handle_login_request_count") == logins + 1)
    made = [line for line, _ in samples(scrape(server))["vault_token_creation"] if 'mount_point="auth/userpass/"' in line]
    rows.check("tokens that were made", len(made) == 1 and 'auth_method="userpass"' in made[0] and 'token_type="service"' in made[0], made)
    entries = first("vault_audit_log_request_count")
    client.raw("GET", "kv/a")
    rows.check("audit entries are counted", first("vault_audit_log_request_count") > entries)
    rows.check("one request runs", first("vault_core_in_flight_requests") == 1)
    by_mount = {line.split('"')[1]: value for line, value in samples(scrape(server))["vault_secret_kv_count"]}
    rows.check("secrets of a mount", by_mount.get("kv/") == 3 and by_mount.get("versioned/") == 2, by_mount)
    rows.check("tokens by method", any('"userpass"' in line for line, _ in samples(scrape(server))["vault_token_count_by_auth"]))
    whole = json.loads(client.raw("GET", "sys/metrics")[1])
    rows.check("the JSON form has samples", any(each["Name"] == "vault.core.handle_request" and each["Count"] > 0 for each in whole["Samples"]), whole["Samples"][:2])


def main():
    with Workspace() as space:
        north, west = (space.server(name).initialize() for name in ("north", "west"))
        alone = space.server("alone", tls=space.tls()).initialize()  # its listener has a certificate
        rows = Rows(north)
        root = north.client()
        root.write("sys/mounts/kv", {"type": "kv"})
        root.write("sys/mounts/versioned", {"type": "kv", "options": {"version": "2"}})
        root.write("sys/auth/userpass", {"type": "userpass"})
        root.write("auth/userpass/users/ann", {"password": "secret"})
        for name in ("a", "b", "c"):
            root.write(f"kv/{name}", {"x": 1})
        for name in ("a", "b"):
            root.write(f"versioned/data/{name}", {"data": {"x": 1}})
        Client(north.address, None, north.ca_file).write("auth/userpass/login/ann", {"password": "secret"})
        root.write("sys/audit/file", {"type": "file", "options": {"file_path": str(north.directory / "audit.log")}})
        root.write("sys/storage/raft/snapshot-auto/config/hourly", {"interval": "1h", "storage_type": "local", "local_max_space": 10**9,
                                                                    "path_prefix": str(north.directory / "snapshots")})
        root.write("sys/quotas/rate-limit/kv", {"rate": 1000, "path": "kv"})
        attach(north, west, "performance", "west")
        west.root_token = root_token(west, north.keys)
        north.stop()  # counts what is there at its next start, at once
        north.start().unseal()
        wait_in_sync(north, west, "performance")
        wait_until(lambda: "holdfast_autosnapshots_last_proven_time" in scrape(north) and "vault_token_count " in scrape(north), 60, "the first count")
        wait_until(lambda: "holdfast_replication_lag_ms" in scrape(west), 60, "the lag of the secondary")
        wait_until(lambda: "holdfast_listener_certificate_expiry" in scrape(alone), 60, "a look at the certificate")
        for server in (north, west, alone):
            check_text(rows, server.name, scrape(server))
        check_values(rows, north)
        served = {name for server in (north, west, alone) for name in samples(scrape(server))}
        west.kill()  # only then the primary says how long it may be away
        wait_until(lambda: "holdfast_replication_horizon_seconds_min" in scrape(north), 60, "the horizon")
        served |= set(samples(scrape(north)))
        for file in sorted(FOLDER.iterdir()):
            for name in sorted(set(NAME.findall(file.read_text()))):
                rows.check(f"{file.name}: {name} is served", name in served, sorted(served))
        dashboard = json.loads((FOLDER / "holdfast-dashboard.json").read_text())
        rows.check("panels have ids of their own", len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]))
        promtool = shutil.which("promtool") or os.environ.get("HOLDFAST_PROMTOOL")
        rows.check("promtool is installed (Debian's package prometheus)", promtool is not None)
        if promtool:
            done = subprocess.run([promtool, "check", "rules", FOLDER / "holdfast.rules.yml"], capture_output=True, text=True)
            rows.check("promtool accepts the rules", done.returncode == 0, done.stdout + done.stderr)
            done = subprocess.run([promtool, "check", "metrics"], input=scrape(north), capture_output=True, text=True)
            rows.check("promtool can read the metrics", done.returncode in (0, 3), done.stdout + done.stderr)  # 3: only complaints about names
        rows.finish()


if __name__ == "__main__":
    sys.exit(main())
