"""What the members of a set report about each other when something is wrong:

- an audit device that cannot write
- a member that is away during a restart
- a local mount at the path of a shared one
- a row that only the primary can make
- the root token of a development server

Each scenario's docstring names the class of the fault and where else it could occur.
"""

import json
import os
import re
import subprocess
import sys
import time

import harness
from harness import ApiError, Cli, Workspace, wait_in_sync, wait_until
from topologies import attach, root_token


def refused(status, text, call):
    try:
        call()
    except ApiError as error:
        assert error.status == status and text in str(error.body), error
        return
    raise AssertionError(f"not refused with {status} {text!r}")


def pair(space, kind="performance", names=("primary", "secondary")):
    p, s = (space.server(name).initialize() for name in names)
    p.client().write("sys/mounts/kv", {"type": "kv"})
    p.client().write(f"sys/replication/{kind}/primary/enable")
    attach(p, s, kind, names[1])
    wait_in_sync(p, s, kind)
    if kind == "performance":
        s.keys, s.root_token = p.keys, root_token(s, p.keys)
    return p, s


def audit_failure(space):
    """The class: a cluster refuses every request, but all reports call it healthy. Now sys/health, sys/replication/status, the verdict of links at
    both ends, topology and metrics show it. It happens with one device or several, at the start (a missing folder) and later (a full disk). It happens on
    primaries, and on secondaries because of a shared device of the primary."""
    p, s = pair(space)
    device = s.directory / "logs"
    device.mkdir()
    s.client().write("sys/audit/file", {"type": "file", "local": True, "options": {"file_path": str(device / "audit.log")}})
    assert s.client().raw("GET", "sys/health")[0] == 200
    os.rename(device, s.directory / "gone")
    device.write_text("no folder\n")  # neither the file nor its folder can be made now
    s.process.send_signal(1)  # SIGHUP reopens it
    wait_until(lambda: s.client().raw("GET", "kv/none")[0] == 500, 20, "requests to be refused")
    code, body = s.client().raw("GET", "sys/health")
    assert code == 200 and "file/" in json.loads(body)["audit_failure"] and not json.loads(body)["sealed"], (code, body)
    status = s.client().replication("performance")
    assert status["verdict"] == "blocked" and "audit_failure" in status, status
    link = wait_until(lambda: [each for each in p.client().write("sys/replication/links")["data"]["links"] if each["verdict"] == "blocked"], 20, "the verdict at the primary")[0]
    assert "refuses every request" in link["cause"] and "audit" in link["cause"], link
    drawn = Cli(p, space.path / "home").run("vault topology")
    assert "SERVES NOTHING" in drawn, drawn
    s.kill()
    s.start()
    s.unseal()  # answers the result, although the devices that open with it cannot write
    device.unlink()
    os.rename(s.directory / "gone", device)
    wait_until(lambda: "audit_failure" not in s.client().health(), 20, "the device to be tried again without a request")
    assert s.client().replication("performance")["verdict"] == "healthy", s.client().replication("performance")


def failover_with_a_blocked_device(space):
    """The class: a request is done but gets 500, because the audit devices start with this request. It occurs if a request changes the state of the
    cluster: the last share for unsealing (above), and the promotion of a DR secondary, whose devices did not run before."""
    p, s = pair(space, "dr")
    (s.directory / "audit.log").mkdir()
    p.client().write("sys/audit/file", {"type": "file", "options": {"file_path": "audit.log"}})  # each in its own folder
    wait_in_sync(p, s, "dr")
    token = root_token(s, p.keys, "operation")
    p.kill()
    answer = s.client("none").write("sys/replication/dr/secondary/promote", {"dr_operation_token": token, "force": True})
    assert any("promoted" in each for each in answer["warnings"]), answer
    wait_until(lambda: s.client().health()["replication_dr_mode"] == "primary", 20, "the promotion")
    wait_until(lambda: "file/" in s.client().health().get("audit_failure", ""), 20, "the health of its devices")


def restart_remembers(space):
    """The class: a cluster forgets its members when the process ends. Status (`secondaries`, `primaries`), links, topology and members show them; for both
    types, at the primary and at the secondary, after a normal end and after a crash."""
    p, s = pair(space)
    before = wait_until(lambda: [each for each in p.client().replication("performance")["secondaries"] if each["last_heartbeat"] and each["api_address"]], 10, "a heartbeat")[0]
    s.stop()
    p.stop()
    p.start()
    p.unseal()
    after = p.client().replication("performance")["secondaries"][0]
    assert after["connection_status"] == "disconnected" and after["node_id"] == "secondary" and after["api_address"] == before["api_address"], after
    assert after["last_heartbeat"] and int(after["last_heartbeat_duration_ms"]) > 0, after
    link = p.client().write("sys/replication/links")["data"]["links"][0]
    assert link["last_heartbeat_age_seconds"] and "has not connected" not in link["cause"], link
    drawn = Cli(p, space.path / "home").run("vault topology")
    assert "NEVER CONNECTED" not in drawn and "DISCONNECTED, last heard 20" in drawn, drawn
    p.stop()
    s.start()
    s.unseal(p.keys)
    primaries = s.client().replication("performance")["primaries"]
    assert primaries and primaries[0]["connection_status"] == "disconnected" and primaries[0]["last_heartbeat"], primaries


def mounts_in_the_way(space):
    """The class: a secondary has two mounts at one path, its own and the primary's, and list, request and disable use different ones. It could occur with
    secrets engines, auth methods and audit devices, by enabling and by moving, and after a promotion. What holds: the primary refuses if it knows the
    conflict. Otherwise every call uses the local mount, and the secondary reports it."""
    p, s = pair(space)
    primary, secondary = p.client(), s.client()
    secondary.write("sys/mounts/early", {"type": "kv", "local": True})
    secondary.write("sys/auth/early", {"type": "userpass", "local": True})
    wait_until(lambda: primary.raw("POST", "sys/mounts/probe", {"type": "kv"})[0] == 204 and primary.raw("DELETE", "sys/mounts/probe")[0] == 204, 5, "a mount")

    def told(path, kind):
        code, body = primary.raw("POST", path, {"type": kind})
        if code < 300:
            primary.raw("DELETE", path)
        return code == 400 and b'"secondary\\"' in body
    wait_until(lambda: told("sys/mounts/early", "kv"), 20, "the primary to have been told")
    refused(400, "local auth method", lambda: primary.write("sys/auth/early", {"type": "userpass"}))
    refused(400, "local secrets engine", lambda: primary.write("sys/mounts/early/below", {"type": "kv"}))
    refused(400, "local secrets engine", lambda: primary.write("sys/remount", {"from": "kv", "to": "early"}))

    # Both sides make the mount while they are not connected, so neither can refuse.
    s.kill()
    primary.write("sys/mounts/late", {"type": "kv"})
    primary.write("late/x", {"v": "of-primary"})
    primary.write("sys/auth/late", {"type": "userpass"})
    p.kill()
    s.start()
    s.unseal()
    secondary = s.client()
    secondary.write("sys/mounts/late", {"type": "kv", "local": True})
    secondary.write("late/x", {"v": "of-secondary"})
    secondary.write("sys/auth/late", {"type": "userpass", "local": True})
    mine = secondary.read("sys/mounts")["data"]["late/"]["uuid"]
    p.start()
    p.unseal()
    primary = p.client()
    wait_in_sync(p, s, "performance")
    status = wait_until(lambda: [each for each in [secondary.replication("performance")] if each.get("mount_conflicts")], 20, "the conflict to be told")[0]
    assert status["mount_conflicts"] == ['secrets engine "late/"', 'auth method "auth/late/"'] and status["verdict"] == "conflict", status
    assert "a local (non-replicated) mount already exists" in s.log_path.read_text()
    listed = secondary.read("sys/mounts")["data"]["late/"]
    assert listed["uuid"] == mine and listed["local"], listed
    assert secondary.read("late/x")["data"] == {"v": "of-secondary"}
    wait_until(lambda: any(each["verdict"] == "conflict" for each in primary.write("sys/replication/links")["data"]["links"]), 20, "the verdict at the primary")
    # The status is what monitors read; it is answered without asking anybody.
    of_secondary = lambda: primary.replication("performance")["secondaries"][0]
    wait_until(lambda: of_secondary().get("verdict") == "conflict" and "late/" in of_secondary()["verdict_cause"], 20, "the primary's status to say so")
    secondary.call("DELETE", "sys/mounts/late")
    secondary.call("DELETE", "sys/auth/late")
    wait_until(lambda: not secondary.replication("performance").get("mount_conflicts"), 20, "the conflict to end")
    wait_until(lambda: of_secondary().get("verdict") == "healthy", 20, "the primary's status to say that it has ended")
    assert primary.read("late/x")["data"] == {"v": "of-primary"}
    wait_until(lambda: secondary.read("late/x")["data"] == {"v": "of-primary"}, 20, "the shared mount to be served")
    assert not secondary.read("sys/auth")["data"]["late/"]["local"]


def rows_of_first_use(space):
    """The class: a shared row is made on its first use, and the first use is on a secondary, which cannot make it. Today this is one row, the key that
    signs wrapping tokens: for a relay's activation tokens, and for any answer that is wrapped as a JWT. (Salts of audit devices and mounts are made
    together with them; the token store's is local.) What holds: the row exists before a secondary can need it."""
    p, s = (space.server(name).initialize() for name in ("primary", "relay"))
    p.client().write("sys/replication/performance/primary/enable")
    key = s.client().write("sys/replication/performance/secondary/generate-public-key")["data"]["secondary_public_key"]
    token = p.client().write("sys/replication/performance/primary/secondary-token", {"id": "relay", "secondary_public_key": key})["data"]["token"]
    s.client().write("sys/replication/performance/secondary/enable", {"token": token})
    s.keys = p.keys
    wait_in_sync(p, s, "performance")
    s.root_token = root_token(s, p.keys)
    relay = s.client()
    assert relay.read("sys/wrapping/pubkey")["data"] == p.client().read("sys/wrapping/pubkey")["data"]
    wrapped = relay.call("POST", "sys/wrapping/wrap", {"a": "b"}, {"X-Vault-Wrap-TTL": "60", "X-Vault-Wrap-Format": "jwt"})
    assert wrapped["wrap_info"]["token"].count(".") == 2, wrapped
    relay.write("sys/replication/performance/secondary/relay/enable")
    assert relay.write("sys/replication/performance/secondary/relay/secondary-token", {"id": "next"})["wrap_info"]["token"].count(".") == 2


def commands_say_what_they_did(space):
    """The class: a command that changes a role prints nothing. What holds: each prints a sentence, and numbers are readable for people."""
    p, s = pair(space)
    on_p, on_s = Cli(p, space.path / "home"), Cli(s, space.path / "home")
    on_s.run("vault read sys/mounts", expect=2, token="hvs.of-before")
    said = re.sub(r"\s+", " ", on_s.last_error)
    assert "permission denied" in said and "is a performance secondary" in said and "generate-root" in said, said
    for command, cli in (("vault write -f sys/replication/dr/primary/enable", on_p), ("vault write -f sys/replication/dr/primary/disable", on_p),
                         ('vault write sys/replication/performance/secondary/update-primary token=""', on_s),
                         ("vault write sys/replication/performance/primary/revoke-secondary id=secondary", on_p),
                         ("vault write -f sys/replication/performance/secondary/promote", on_s)):
        said = cli.run(command) + cli.last_error
        assert said.strip(), command
    # A token from before the activation, or of another cluster, is refused with a hint; only where this is a secondary.
    for cli, knows in ((on_s, False), (on_p, False)):
        cli.run("vault read sys/mounts", expect=2, token="hvs.of-before")
        assert ("secondary" in cli.last_error) == knows, cli.last_error
    s.kill()
    seen = on_p.run("vault replication links")
    assert not re.search(r"\d[\d.]*E[-+]?\d", seen), seen


def development_servers(space):
    """The class: a token that is made on a new secondary ends with the first synchronisation. The row of auth/token/ replaces a temporary row, and looks like
    another auth method at its path. This concerns the root token of a development primary, and every token that is made directly after an activation.
    What holds: the token method never counts as unmounted. A root token that was revoked, or of a server without -dev, is not replicated."""
    servers, root = {}, {}
    try:
        for name, flags in (("primary", []), ("secondary", ["-dev-root-token-id=own"]), ("late", [])):
            port = harness.free_port()
            log = space.path / f"{name}.log"
            with open(log, "wb") as out:
                servers[name] = (subprocess.Popen([harness.BINARY, "server", "-dev", "-dev-no-store-token", f"-dev-listen-address=127.0.0.1:{port}", *flags], stdout=out, stderr=out), port)
            root[name] = wait_until(lambda: re.search(r"Root Token: (\S+)", log.read_text()), 20, "the root token")[1]
        client = lambda name, token: harness.Client(f"http://127.0.0.1:{servers[name][1]}", token)
        primary = client("primary", root["primary"])
        primary.write("sys/replication/performance/primary/enable")
        configured = space.server("configured").initialize()

        def follow(below, identifier):
            made = wait_until(lambda: primary.write("sys/replication/performance/primary/secondary-token", {"id": identifier}), 10, "a token")["wrap_info"]["token"]
            below.write("sys/replication/performance/secondary/enable", {"token": made})
            wait_until(lambda: below.replication("performance").get("state") == "stream-wals", 20, "the stream")

        follow(client("secondary", root["secondary"]), "secondary")
        follow(configured.client(), "configured")
        time.sleep(3)
        adopted = client("secondary", root["primary"])
        assert adopted.read("auth/token/lookup-self")["data"]["policies"] == ["root"]
        adopted.write("secret/data/x", {"data": {"y": "1"}})
        assert configured.client(root["primary"]).raw("GET", "auth/token/lookup-self")[0] == 403
        other = primary.write("auth/token/create", {"policies": ["root"]})["auth"]["client_token"]
        primary.write("auth/token/revoke-orphan", {"token": root["primary"]})
        primary = client("primary", other)
        follow(client("late", root["late"]), "late")
        time.sleep(2)
        assert client("late", root["primary"]).raw("GET", "auth/token/lookup-self")[0] == 403
    finally:
        for process, _ in servers.values():
            process.kill()
            process.wait()


def main():
    for scenario in (development_servers, audit_failure, failover_with_a_blocked_device, restart_remembers, mounts_in_the_way, rows_of_first_use, commands_say_what_they_did):
        print(scenario.__name__)
        with Workspace() as space:
            scenario(space)
    print("done")


if __name__ == "__main__":
    main()
