"""The tutorial of disaster-recovery replication, with its commands unchanged except `holdfast` for `vault`.

Set-up, batch operation token, failover to B, another secondary gets a new primary, the old primary comes back by option 1 and by option 2, failback.
The test compares 10,000 secrets at each stage.
"""

import re
import sys

import harness
from harness import Cli, Workspace, check_secrets, field, put_secrets, wait_in_sync, wait_until

SECRETS = 10_000


def wait_mode(server, key, value):
    client = server.client()
    wait_until(lambda: client.health().get(key) == value, 60, f"{server.name} to be {value} ({key})")
    client.close()


def generate_operation_token(cli, keys):
    """Makes a DR operation token as in the tutorial, with a threshold of key shares."""
    started = cli.run("vault operator generate-root -dr-token -init", token="")
    nonce, otp = field(started, "Nonce"), field(started, "OTP")
    assert field(started, "Progress").startswith("0/"), started
    assert int(field(started, "OTP Length")) == len(otp), started
    out = ""
    for key in keys:
        out = cli.run(f"vault operator generate-root -dr-token -nonce={nonce} $KEY", token="", KEY=key)
    encoded = field(out, "Encoded Token")
    return cli.run(f"vault operator generate-root -dr-token -decode=\"{encoded}\" -otp=\"{otp}\"", token="").strip()


def secondary_token(cli, identifier):
    out = cli.run(f'vault write sys/replication/dr/primary/secondary-token id="{identifier}"')
    assert field(out, "wrapping_token_ttl") == "30m", out
    assert field(out, "wrapping_token_creation_path") == "sys/replication/dr/primary/secondary-token", out
    return field(out, "wrapping_token")


def expect_warning(cli, out, part):
    text = re.sub(r"\s+", " ", out + cli.last_error)
    assert "WARNING! The following warnings were returned from Vault:" in text, text
    assert part in text, text


def main():
    with Workspace() as space:
        a = space.server("cluster-a").initialize()
        b = space.server("cluster-b").initialize()
        e = space.server("cluster-e").initialize()
        on_a, on_b, on_e = (Cli(server, space.path / "home") for server in (a, b, e))

        # Data of the tutorial's cluster: a kv engine, a login that survives, 10,000 secrets.
        on_a.run("vault secrets enable -path=secret -version=2 kv")
        on_a.run("vault auth enable userpass")
        on_a.run("vault policy write reader - <<EOF\npath \"secret/*\" { capabilities = [\"read\", \"list\"] }\nEOF")
        on_a.run("vault write auth/userpass/users/mitchell password=passw0rd policies=reader")
        put_secrets(a, SECRETS)
        check_secrets(a, SECRETS)

        print("enable DR primary replication")
        out = on_a.run("vault write -f sys/replication/dr/primary/enable")
        expect_warning(on_a, out, "This cluster is being enabled as a primary for replication. Vault will be unavailable for a brief "
                                  "period and will resume service shortly.")
        wait_mode(a, "replication_dr_mode", "primary")
        token = secondary_token(on_a, "dr-secondary")
        assert token.startswith("ey") and token.count(".") == 2, token

        print("enable DR secondary replication")
        out = on_b.run(f'vault write sys/replication/dr/secondary/enable token="{token}"')
        expect_warning(on_b, out, "Vault has successfully found secondary information; it may take a while to perform setup tasks.")
        wait_mode(b, "replication_dr_mode", "secondary")
        wait_in_sync(a, b, "dr")
        on_b.run(f'vault write sys/replication/dr/secondary/enable token="{token}"', expect=2)  # a token works once
        status, _ = b.client().raw("GET", "sys/health")
        assert status == 472, status
        status, body = b.client(a.root_token).raw("GET", "secret/data/tutorial/1")
        assert status == 400 and b"path disabled in replication DR secondary mode" in body, (status, body)

        print("a second DR secondary (cluster E)")
        out = on_e.run(f'vault write sys/replication/dr/secondary/enable token="{secondary_token(on_a, "dr-secondary-2")}"')
        wait_in_sync(a, e, "dr")

        print("DR operation token strategy")
        on_a.run("""vault policy write dr-secondary-promotion - <<EOF
path "sys/replication/dr/secondary/promote" {
  capabilities = [ "update" ]
}

# To update the primary to connect
path "sys/replication/dr/secondary/update-primary" {
    capabilities = [ "update" ]
}

# Only if using integrated storage (raft) as the storage backend
# To read the current autopilot status
path "sys/storage/raft/autopilot/state" {
    capabilities = [ "update" , "read" ]
}
EOF""")
        assert on_a.run("vault policy list").split() == ["default", "dr-secondary-promotion", "reader", "root"]
        on_a.run("""vault write auth/token/roles/failover-handler \\
    allowed_policies=dr-secondary-promotion \\
    orphan=true \\
    renewable=false \\
    token_type=batch""")
        out = on_a.run("vault token create -role=failover-handler -ttl=8h")
        batch = field(out, "token")
        assert batch.startswith("hvb."), out
        assert field(out, "token_duration") == "8h" and field(out, "token_renewable") == "false", out
        assert field(out, "token_policies") == '["default" "dr-secondary-promotion"]', out
        wait_in_sync(a, b, "dr")

        print("promote DR secondary to primary: A is lost")
        a.kill()
        out = on_b.run("vault write sys/replication/dr/secondary/promote dr_operation_token=$TOKEN", token="", TOKEN=batch)
        expect_warning(on_b, out, "This cluster is being promoted to a replication primary.")
        wait_mode(b, "replication_dr_mode", "primary")
        b.root_token, b.keys, b.threshold = a.root_token, a.keys, a.threshold  # A's tokens and keys are B's now
        check_secrets(b, SECRETS)
        out = on_b.run("vault login -method=userpass username=mitchell password=passw0rd", token="")
        assert "reader" in out, out
        put_secrets(b, 500, prefix="secret/data/after-failover")

        print("update the assigned primary of cluster E")
        e.keys, e.threshold = a.keys, a.threshold
        token = secondary_token(on_b, "dr-secondary")
        out = on_e.run('vault write sys/replication/dr/secondary/update-primary dr_operation_token="$TOKEN" token="$SECONDARY"',
                       token="", TOKEN=batch, SECONDARY=token)
        expect_warning(on_e, out, "Vault has successfully found secondary information")
        wait_in_sync(b, e, "dr")

        print("option 1: demote the old primary and let it follow")
        a.start()
        a.unseal()
        check_secrets(a, SECRETS)  # outdated, but complete
        code, body = a.client().raw("POST", "secret/data/split-brain", {"data": {"lost": True}})  # a write that the new primary would never see
        assert code == 503 and b"has been replaced" in body, (code, body)  # it asks its members before it accepts writes
        out = on_a.run("vault write -f sys/replication/dr/primary/demote")
        expect_warning(on_a, out, "This cluster is being demoted to a replication secondary.")
        wait_mode(a, "replication_dr_mode", "secondary")
        token = secondary_token(on_b, "new-secondary")
        operation = generate_operation_token(on_a, a.keys[:2])
        on_a.run("vault write sys/replication/dr/secondary/update-primary dr_operation_token=$TOKEN token=\"$SECONDARY\"",
                 token="", TOKEN=operation, SECONDARY=token)
        wait_in_sync(b, a, "dr")

        print("failback: promote A, demote B, B follows A")
        operation = generate_operation_token(on_a, a.keys[1:3])
        out = on_a.run('vault write sys/replication/dr/secondary/promote dr_operation_token="$TOKEN"', token="", TOKEN=operation)
        expect_warning(on_a, out, "This cluster is being promoted to a replication primary.")
        wait_mode(a, "replication_dr_mode", "primary")
        out = on_b.run("vault write -f sys/replication/dr/primary/demote")
        wait_mode(b, "replication_dr_mode", "secondary")
        check_secrets(a, SECRETS)
        check_secrets(a, 500, prefix="secret/data/after-failover")
        status, _ = a.client().raw("GET", "secret/data/split-brain")
        assert status == 404, "a write of the fenced-off side came back"
        token = secondary_token(on_a, "secondary")
        operation = generate_operation_token(on_b, a.keys[:2])
        on_b.run("vault write sys/replication/dr/secondary/update-primary dr_operation_token=$TOKEN token=\"$SECONDARY\"",
                 token="", TOKEN=operation, SECONDARY=token)
        put_secrets(a, SECRETS, generation=1)
        wait_in_sync(a, b, "dr")

        print("option 2: disable the old primary")
        operation = generate_operation_token(on_b, a.keys[:2])
        a.kill()
        on_b.run("vault write sys/replication/dr/secondary/promote dr_operation_token=$TOKEN", token="", TOKEN=operation)
        wait_mode(b, "replication_dr_mode", "primary")
        check_secrets(b, SECRETS, generation=1)
        a.start()
        a.unseal()
        out = on_a.run("vault write -f sys/replication/dr/primary/disable")
        expect_warning(on_a, out, "This cluster is having replication disabled. Vault will be unavailable for a brief period and will "
                                  "resume service shortly.")
        wait_mode(a, "replication_dr_mode", "disabled")
        check_secrets(a, SECRETS, generation=1)

        print("the old primary joins again as a new secondary, which wipes it")
        token = secondary_token(on_b, "again")
        on_a.run(f'vault write sys/replication/dr/secondary/enable token="{token}"')
        wait_in_sync(b, a, "dr")

        print("nodes restart into their role")
        for server in (a, b):
            server.stop()
            server.start()
            server.unseal()
        wait_in_sync(b, a, "dr")
        check_secrets(b, SECRETS, generation=1)
    print("all stages passed")


if __name__ == "__main__":
    sys.exit(main())
