"""The tutorials of performance replication, with their commands unchanged except `holdfast` for `vault`.

Set-up, forwarding of writes, local data, automatic snapshots of the secondary, an outage, revocation, planned change of the primary.
The test compares 10,000 secrets at each stage.
"""

import json
import pathlib
import sys

import harness
from harness import ApiError, Cli, Workspace, check_secrets, field, put_secrets, wait_in_sync, wait_until
from tutorial_dr import expect_warning, wait_mode

SECRETS = 10_000
MODE = "replication_performance_mode"


def performance_token(cli, identifier):
    out = cli.run(f"vault write sys/replication/performance/primary/secondary-token id={identifier}")
    return field(out, "wrapping_token")


def root_on(server, cli, keys):
    """A root token that is local to the secondary, made with the primary's key shares."""
    started = cli.run("vault operator generate-root -init", token="")
    nonce, otp = field(started, "Nonce"), field(started, "OTP")
    out = ""
    for key in keys:
        out = cli.run(f"vault operator generate-root -nonce={nonce} $KEY", token="", KEY=key)
    encoded = field(out, "Encoded Token")
    server.root_token = cli.run(f"vault operator generate-root -decode={encoded} -otp={otp}", token="").strip()


def main():
    with Workspace() as space:
        tls = space.tls()
        p = space.server("primary", tls=tls).initialize()
        s = space.server("secondary", tls=tls).initialize()
        on_p, on_s = Cli(p, space.path / "home"), Cli(s, space.path / "home")

        on_p.run("vault secrets enable -path=secret -version=2 kv")
        on_p.run("vault auth enable userpass")
        on_p.run("vault policy write writer - <<EOF\npath \"secret/*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\"] }\nEOF")
        on_p.run("vault write auth/userpass/users/mitchell password=passw0rd policies=writer")
        put_secrets(p, SECRETS)
        s.client().write("sys/mounts/old", {"type": "kv"})
        s.client().write("old/gone", {"a": "b"})
        old_root = s.root_token

        print("activating the primary")
        out = on_p.run("vault write -f sys/replication/performance/primary/enable")
        expect_warning(on_p, out, "This cluster is being enabled as a primary for replication.")
        wait_mode(p, MODE, "primary")
        token = performance_token(on_p, "secondary-id")

        print("a failed activation leaves the secondary as it was")
        on_s.run(f'vault write sys/replication/performance/secondary/enable token="{token[:-6]}AAAAAA" ca_file={tls["ca"]}', expect=2)
        assert s.client().read("old/gone")["data"] == {"a": "b"}

        print("activating the secondary")
        out = on_s.run(f'vault write sys/replication/performance/secondary/enable token={token} ca_file={tls["ca"]}')
        expect_warning(on_s, out, "Vault has successfully found secondary information")
        wait_mode(s, MODE, "secondary")
        wait_in_sync(p, s, "performance")
        s.keys, s.threshold = p.keys, p.threshold

        print("monitoring")
        status = on_s.json("vault read --format=json sys/replication/status", token="")["data"]
        assert status["dr"] == {"mode": "disabled"}, status
        here = status["performance"]
        there = on_p.json("vault read --format=json sys/replication/performance/status", token="")["data"]
        assert here["cluster_id"] == there["cluster_id"] and here["secondary_id"] == "secondary-id", (here, there)
        assert there["known_secondaries"] == ["secondary-id"] and here["connection_state"] == "ready", (here, there)
        assert on_s.json("vault read --format=json sys/replication/dr/status", token="")["data"] == {"mode": "disabled"}

        print("tokens are each cluster's own")
        for token_there in (old_root, p.root_token):
            status_code, _ = s.client(token_there).raw("GET", "auth/token/lookup-self")
            assert status_code == 403, status_code
        root_on(s, on_s, p.keys[:2])
        status_code, _ = s.client().raw("GET", "old/gone")
        assert status_code == 404, status_code  # wiped
        check_secrets(s, SECRETS)

        print("login on the secondary, write through it, read on both")
        out = on_s.run("vault login -method=userpass -token-only username=mitchell password=passw0rd", token="")
        user = out.strip()
        assert p.client(user).raw("GET", "auth/token/lookup-self")[0] == 403  # the token stays there
        put_secrets(s, 300, prefix="secret/data/through", token=user)
        check_secrets(s, 300, prefix="secret/data/through", token=user)
        check_secrets(p, 300, prefix="secret/data/through")
        on_s.run("vault policy write from-secondary - <<EOF\npath \"x/*\" { capabilities = [\"read\"] }\nEOF")
        assert "from-secondary" in on_p.run("vault policy list").split()

        print("mounts: shared ones replicate, local ones stay")
        on_s.run("vault secrets enable -path=shared-from-secondary kv")
        assert "shared-from-secondary/" in on_p.run("vault secrets list")
        on_s.run("vault secrets enable -local -path=here kv")
        on_s.run("vault kv put here/a b=c")
        assert "here/" not in on_p.run("vault secrets list")
        on_p.run("vault auth enable -path=after userpass")
        wait_until(lambda: "after/" in on_s.run("vault auth list"), 30, "the new auth method on the secondary")
        status_code, body = s.client().raw("POST", "sys/rotate", {})
        assert status_code == 400 and b"cannot rotate on a replication secondary" in body, (status_code, body)
        on_p.run("vault operator rotate")
        on_p.run("vault kv put secret/after-rotation a=b")
        wait_in_sync(p, s, "performance")
        assert s.client().read("secret/data/after-rotation")["data"]["data"] == {"a": "b"}

        print("automatic snapshots of the secondary")
        folder = space.path / "snapshots"
        on_s.run(f"""vault write sys/storage/raft/snapshot-auto/config/secondary \\
            storage_type=local file_prefix=secondary interval=2s retain=3 local_max_space=100000000 path_prefix={folder}""")
        wait_until(lambda: len(list(folder.glob("secondary-*.snap"))) == 3, 60, "three snapshots")
        snapshot = on_s.json("vault read -format=json sys/storage/raft/snapshot-auto/status/secondary")["data"]
        assert snapshot["last_snapshot_url"].startswith(f"file://{folder}/secondary-"), snapshot
        assert not snapshot.get("last_snapshot_error"), snapshot
        status_code, _ = p.client().raw("GET", "sys/storage/raft/snapshot-auto/config/secondary")
        assert status_code == 404, "the configuration is the secondary's own"
        on_s.run("vault delete sys/storage/raft/snapshot-auto/config/secondary")

        print("an outage of the secondary: it streams or reconciles by itself")
        s.kill()
        put_secrets(p, SECRETS, generation=1)
        s.start()
        s.unseal()
        wait_in_sync(p, s, "performance")
        check_secrets(s, SECRETS, generation=1)

        print("an outage of the primary: reads continue, writes say why not")
        p.kill()
        check_secrets(s, 500, generation=1)
        status_code, body = s.client().raw("POST", "secret/data/none", {"data": {"a": "b"}})
        assert status_code in (500, 503) and b"primary" in body, (status_code, body)
        p.start()
        p.unseal()
        wait_in_sync(p, s, "performance")
        wait_until(lambda: s.client().raw("POST", "secret/data/again", {"data": {"a": "b"}})[0] == 200, 30, "forwarding to work again")

        print("revoke, and join again without a wipe")
        on_p.run("vault write sys/replication/performance/primary/revoke-secondary id=secondary-id")
        wait_until(lambda: s.client().replication("performance").get("connection_state") != "ready", 30, "the link to be cut")
        put_secrets(p, 200, prefix="secret/data/unseen")
        check_secrets(s, 500, generation=1)  # still serves its data
        assert s.client().raw("GET", "secret/data/unseen/1")[0] == 404
        on_s.run(f'vault write sys/replication/performance/secondary/update-primary token={performance_token(on_p, "second-id")} ca_file={tls["ca"]}')
        wait_in_sync(p, s, "performance")
        check_secrets(s, 200, prefix="secret/data/unseen")
        assert s.client().read("here/a")["data"] == {"b": "c"}  # local data is unchanged

        print("planned change of the primary")
        on_p.run("vault write -f sys/replication/performance/primary/demote")
        wait_mode(p, MODE, "secondary")
        out = on_s.run("vault write -f sys/replication/performance/secondary/promote")
        expect_warning(on_s, out, "This cluster is being promoted to a replication primary.")
        wait_mode(s, MODE, "primary")
        on_p.run(f'vault write sys/replication/performance/secondary/update-primary token={performance_token(on_s, "old-primary")} ca_file={tls["ca"]}')
        wait_in_sync(s, p, "performance")
        put_secrets(s, SECRETS, generation=2)
        wait_in_sync(s, p, "performance")
        check_secrets(p, SECRETS, generation=2)
    print("all stages passed")


if __name__ == "__main__":
    sys.exit(main())
