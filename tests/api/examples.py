"""Runs every example of the help pages, as printed, against real clusters.

The test reads the pages. So a page with a new, changed or removed example fails here until the test runs it too. The test replaces only placeholders:
addresses, tokens, names of files.

    north ── performance ──> west, munich's relay       north ── dr ──> standby
"""

import os
import pathlib
import pty
import re
import shlex
import sys

from harness import BINARY, Cli, Workspace, field, wait_in_sync, wait_until
from rows import Rows
from topologies import attach, batch_for

PAGES = pathlib.Path(__file__).resolve().parents[2] / "resources" / "help"


def examples(page):
    """The commands of a page, without prompts and trailing comments."""
    lines = re.findall(r"^\s*\$ (.*)$", (PAGES / page).read_text(), re.M)
    return [re.sub(r"\s{2,}#.*$", "", line).strip() for line in lines]


def on_a_terminal(cli, script, answer):
    """Runs the script on a terminal and answers its question. Returns (exit code, output)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("bash", ["bash", "-c", f'vault() {{ "{BINARY}" "$@"; }}\n{script}'], cli.environment(""))
    shown, is_answered = b"", False
    try:
        while part := os.read(terminal, 4096):
            shown += part
            if not is_answered and shown.rstrip().endswith(b":"):
                os.write(terminal, answer.encode() + b"\n")
                is_answered = True
    except OSError:  # the other end is closed
        pass
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return code, shown.decode(errors="replace")


class Reader:
    """Runs the examples of the pages, one after the other."""

    def __init__(self, space, rows):
        self.rows = rows
        self.home = space.path / "user"
        self.folder = space.path / "work"
        self.folder.mkdir()
        self.tried = set()

    def follow(self, page, command, server, token=None, expect=0, shows="", types=None, replaced=(), **variables):
        """Runs the example of that page on that cluster. Returns its output."""
        self.rows.check(f"{page} has: {command}", command in examples(page), examples(page))
        self.tried.add((page, command))
        words = command
        for what, by in replaced:
            self.rows.check(f"{page}: {what} is in {command}", what in words)
            words = words.replace(what, by)
        cli = Cli(server, self.home)
        script = f'holdfast() {{ vault "$@"; }}\ncd {shlex.quote(str(self.folder))}\n{words}'
        if types is not None:
            code, out = on_a_terminal(cli, script, types)
            errors = ""
        else:
            out = cli.run(script, expect=None, token=token if token is not None else server.token, **variables)
            code, errors = cli.last_code, cli.last_error
        self.rows.check(f"{page}: $ {command}", code == expect and shows in out + errors, f"exit {code}\n{out}\n{errors}")
        return out

    def finish(self):
        for page in sorted(each.relative_to(PAGES) for each in PAGES.rglob("*.md")):
            for command in examples(str(page)):
                self.rows.check(f"tried: {page}: $ {command}", (str(page), command) in self.tried)


def activation(reader, north, b):
    page = "replication/activation.md"
    made = reader.follow(page, "holdfast write -f sys/replication/performance/secondary/generate-public-key", b, shows="secondary_public_key")
    key = field(made, "secondary_public_key")
    made = reader.follow(page, "holdfast write sys/replication/performance/primary/secondary-token id=b secondary_public_key=zg3F…=", north, shows="token",
                         replaced=[("zg3F…=", key)])
    reader.follow(page, "holdfast write sys/replication/performance/secondary/enable token=eyJjYV9jZXJ0…", b, replaced=[("eyJjYV9jZXJ0…", field(made, "token"))])
    wait_in_sync(north, b, "performance")
    b.keys, b.threshold, b.token = north.keys, north.threshold, north.batch


def transit(reader, north):
    """The page about the transit engine, from the first line to the last."""
    page, example = "transit.md", "vault:v1:…"
    out = lambda command, **more: reader.follow(page, command, north, **more)
    out("holdfast secrets enable transit", shows="Enabled")
    out("holdfast write -f transit/keys/orders", shows="aes256-gcm96")
    ciphertext = field(out('holdfast write transit/encrypt/orders plaintext=$(echo -n "card 4111" | base64)'), "ciphertext")
    out(f"holdfast write transit/decrypt/orders ciphertext={example}", shows="Y2FyZCA0MTEx", replaced=[(example, ciphertext)])
    out("""echo '{"batch_input": [{"plaintext": "YQ=="}, {"plaintext": "Yg=="}]}' | holdfast write transit/encrypt/orders -""", shows="batch_results")
    out("holdfast write -f transit/datakey/plaintext/orders", shows="plaintext")
    out("holdfast write -f transit/keys/orders/rotate", shows="latest_version")
    out(f"holdfast write transit/rewrap/orders ciphertext={example}", shows="vault:v2:", replaced=[(example, ciphertext)])
    out("holdfast write transit/keys/orders/config auto_rotate_period=720h", shows="720h")
    out("holdfast write transit/keys/orders/config min_decryption_version=2 min_encryption_version=2")
    out("holdfast write transit/keys/orders/trim min_available_version=2")
    out("holdfast write transit/keys/release type=ed25519", shows="public_key")
    signature = field(out('holdfast write transit/sign/release input=$(echo -n "version 1.0" | base64)'), "signature")
    out(f'holdfast write transit/verify/release input=$(echo -n "version 1.0" | base64) signature={example}', shows="true", replaced=[(example, signature)])
    out("holdfast write transit/keys/moved exportable=true allow_plaintext_backup=true")
    out("holdfast read -field=backup transit/backup/moved > moved.backup")
    out("holdfast write transit/restore/copy backup=@moved.backup", shows="Success")
    out("holdfast read -field=public_key transit/wrapping_key", shows="BEGIN PUBLIC KEY")


def before_linking(reader, north, west, tls):
    token = north.client().write("sys/replication/performance/primary/secondary-token", {"id": "west"})["wrap_info"]["token"]
    # The check of the cluster port fails, because the servers of these tests do not have it at the API's port plus one.
    reader.follow("replication/preflight.md",
                  "holdfast replication preflight -activation-token=eyJ... -target-ca-cert=ca.pem https://primary.example:8200", west, shows="token", expect=2,
                  replaced=[("eyJ...", token), ("https://primary.example:8200", north.address), ("ca.pem", tls["ca"])])
    west.client().write("sys/replication/performance/secondary/enable", {"token": token})
    wait_in_sync(north, west, "performance")
    west.keys, west.threshold, west.token = north.keys, north.threshold, north.batch


def quotas(reader, north):
    page = "quotas.md"
    out = lambda command, **more: reader.follow(page, command, north, **more)
    out("holdfast write sys/quotas/rate-limit/all rate=500", shows="Success")
    out("holdfast write sys/quotas/rate-limit/secret path=secret rate=100 interval=10s block_interval=1m", shows="Success")
    out("holdfast read sys/quotas/rate-limit/secret", shows="block_interval")
    out("holdfast write sys/quotas/config rate_limit_exempt_paths=sys/health,sys/seal-status,sys/unseal,sys/generate-root "
        "enable_rate_limit_response_headers=true", shows="Success")
    out("holdfast write sys/quotas/lease-count/tokens max_leases=300000", shows="Success")
    counter = out("holdfast read -field=counter sys/quotas/lease-count/tokens")
    reader.rows.check("the counter is a number", counter.strip().isdigit(), counter)
    out("holdfast list sys/quotas/rate-limit", shows="secret")
    out("holdfast delete sys/quotas/rate-limit/secret", shows="Success")
    north.client().call("DELETE", "sys/quotas/rate-limit/all")  # the rest of this test asks a lot


def monitoring(reader, north):
    page = "monitoring.md"
    out = lambda command, **more: reader.follow(page, command, north, **more)
    out("""echo 'path "sys/metrics" { capabilities = ["read"] }' | holdfast policy write metrics -""", shows="Success")
    token = field(out("holdfast token create -policy=metrics -period=768h -orphan", shows="metrics"), "token")
    out("holdfast read -format=raw sys/metrics format=prometheus", token=token, shows="# HELP vault_core_unsealed")


def logins_of_programs(reader, north):
    page = "approle.md"
    reader.follow(page, "holdfast auth enable approle", north, shows="Success")
    reader.follow(page, "holdfast write auth/approle/role/web token_policies=web token_ttl=20m token_max_ttl=1h secret_id_ttl=24h", north)
    role_id = reader.follow(page, "holdfast read -field=role_id auth/approle/role/web/role-id", north).strip()
    shown = reader.follow(page, "holdfast write -f -wrap-ttl=5m auth/approle/role/web/secret-id", north, shows="wrapped_accessor")
    secret_id = reader.follow(page, "holdfast unwrap -field=secret_id TOKEN", north, replaced=[("TOKEN", field(shown, "wrapping_token"))]).strip()
    reader.follow(page, "holdfast write auth/approle/login role_id=ROLE_ID secret_id=SECRET_ID", north, token="", shows="token_meta_role_name",
                  replaced=[("ROLE_ID", role_id), ("SECRET_ID", secret_id)])
    accessor = field(shown, "wrapped_accessor")
    reader.follow(page, "holdfast list auth/approle/role/web/secret-id", north, shows=accessor)
    reader.follow(page, "holdfast write auth/approle/role/web/secret-id-accessor/destroy secret_id_accessor=ACCESSOR", north, shows="Success",
                  replaced=[("ACCESSOR", accessor)])


def identity(reader, north):
    page, client = "identity.md", north.client()
    for name in ("app-reader", "app-writer"):
        client.write(f"sys/policies/acl/{name}", {"policy": """path "secret/data/app" { capabilities = ["read"] }
                                                            path "identity/oidc/token/shop" { capabilities = ["read"] }"""})
    reader.follow(page, "holdfast auth enable -path=people userpass", north)
    reader.follow(page, "holdfast write auth/people/users/ann password=correct-horse", north)
    places = [("ACCESSOR", reader.follow(page, "holdfast read -field=accessor sys/auth/people", north, shows="auth_userpass_").strip())]
    made = reader.follow(page, "holdfast write identity/entity name=ann policies=app-reader metadata=team=red", north, shows="ann")
    entity = [("ENTITY", field(made, "id"))]
    reader.follow(page, "holdfast write identity/entity-alias name=ann canonical_id=ENTITY mount_accessor=ACCESSOR", north, shows=entity[0][1],
                  replaced=entity + places)
    reader.follow(page, "holdfast login -method=userpass -path=people -no-store username=ann password=correct-horse", north, shows="app-reader")
    reader.follow(page, "holdfast write identity/group name=developers policies=app-writer member_entity_ids=ENTITY", north, shows="developers",
                  replaced=entity)
    reader.follow(page, "holdfast read identity/group/name/developers", north, shows=entity[0][1])
    reader.follow(page, "holdfast list identity/entity/name", north, shows="ann")
    reader.follow(page, "holdfast write identity/lookup/entity alias_name=ann alias_mount_accessor=ACCESSOR", north, shows=entity[0][1], replaced=places)
    reader.follow(page, """echo 'path "secret/data/{{identity.entity.name}}/*" { capabilities = ["create", "update", "read"] }' | """
                        "holdfast policy write own-folder -", north)
    identity_tokens(reader, page, north)
    reader.follow(page, "holdfast write identity/entity/name/ann disabled=true", north)
    other = client.write("identity/entity", {"name": "other"})["data"]["id"]
    reader.follow(page, "holdfast write identity/entity/merge to_entity_id=ENTITY from_entity_ids=OTHER", north, replaced=entity + [("OTHER", other)])
    reader.follow(page, "holdfast delete identity/entity/name/ann", north)


def identity_tokens(reader, page, north):
    reader.follow(page, "holdfast write identity/oidc/key/shop algorithm=ES256 allowed_client_ids='*'", north)
    reader.follow(page, "holdfast write identity/oidc/role/shop key=shop ttl=10m client_id=shop "
                        """template='{"name": {{identity.entity.name}}, "groups": {{identity.entity.groups.names}}}'""", north)
    reader.follow(page, "holdfast read identity/oidc/role/shop", north, shows="shop")
    ann = north.client().write("auth/people/login/ann", {"password": "correct-horse"})["auth"]["client_token"]
    made = reader.follow(page, "holdfast read -field=token identity/oidc/token/shop", north, token=ann, shows="ey")
    reader.follow(page, "holdfast write identity/oidc/introspect token=IDENTITY_TOKEN", north, shows="active", replaced=[("IDENTITY_TOKEN", made.strip())])


def at_the_primary(reader, north, west):
    client = north.client()
    page = "replication/filters.md"
    for command in ("set -mode=deny berlin secret-us/ auth/us-staff/", "show berlin", "delete berlin"):
        reader.follow(page, f"holdfast replication filter {command}", north, shows="deny" if command.startswith("show") else "")
    page = "replication/trust.md"
    bound = "sys/replication/performance/primary/forwarding"
    reader.follow(page, """echo 'path "secret/data/edge/*" { capabilities = ["create", "update", "delete"] }' | holdfast policy write edge -""", north)
    reader.follow(page, f"holdfast write {bound}/munich policies=edge", north)
    reader.follow(page, f"holdfast read {bound}/munich", north, shows="edge")
    reader.follow(page, f"holdfast list {bound}", north, shows="munich")
    reader.follow(page, f"holdfast delete {bound}/munich", north)
    page = "replication/consistency.md"
    places = {"TOKEN": north.batch, "PRIMARY": north.address, "SECONDARY": west.address}
    first, second = examples(page)
    out = reader.follow(page, first, north, shows="-Index: ", **places)
    index = out.split(": ", 1)[1].strip()
    reader.rows.check("the index begins as on the page", index.startswith("djE6"), index)
    reader.follow(page, second, north, replaced=[("djE6NTg2Mj...", index)], **places)
    reader.follow("replication/health.md", 'curl -s "$SECONDARY/v1/sys/health?maxlag=5s"', north, shows="replication_primary_canary_age_ms", **places)
    page = "replication/trust-log.md"
    reader.follow(page, "holdfast replication trust", north, shows="May succeed")
    reader.follow(page, "holdfast replication trust -type=dr -format=json", north, shows="stand_ins")
    reader.follow("replication/verdict.md", "holdfast replication links", north, shows="healthy")
    page = "replication/where.md"
    accessor = client.write("auth/token/create", {"ttl": "1h"})["auth"]["accessor"]
    reader.follow(page, "holdfast replication where secret/data/app", north, shows="shared")
    reader.follow(page, "holdfast replication where -mount=auth/userpass", north, shows="shared")
    reader.follow(page, "holdfast replication where -accessor=odeEh1YLertHAmr2toQ6zY5O", north, shows="local", replaced=[("odeEh1YLertHAmr2toQ6zY5O", accessor)])
    page = "replication/scrub.md"
    for command in ("scrub", "check", "reindex -diff"):
        reader.follow(page, f"holdfast replication {command}", north)
    reader.follow("replication/wipe-guard.md", "holdfast replication inventory", north, shows="secret/")
    page = "replication/operation-token.md"
    for command in [each for each in examples(page) if each.startswith("echo ")]:
        reader.follow(page, command, north)
    reader.follow(page, "holdfast policy write dr-operator operator.hcl", north)
    reader.follow(page, "holdfast write auth/token/roles/dr-operator allowed_policies=dr-operator token_type=batch orphan=true renewable=false", north)
    north.prepared = reader.follow(page, "holdfast token create -role=dr-operator -ttl=72h -field=token", north, shows="hvb.").strip()
    reader.follow("replication/upgrade.md", "holdfast operator raft snapshot save before-upgrade.snap", north)
    page = "snapshots.md"
    for name in ("monday", "tuesday"):
        Cli(north, reader.home).run(f"vault operator raft snapshot save {reader.folder}/{name}.snap", token=north.token)
        client.write("secret/data/of-tuesday", {"data": {"a": "b"}})
    for command in ("save -verify backup.snap", "inspect backup.snap", "diff monday.snap tuesday.snap"):
        reader.follow(page, f"holdfast operator raft snapshot {command}", north, shows="of-tuesday" if command.startswith("diff") else "")


def at_the_standby(reader, north, standby, safety):
    """A DR secondary. Its own keys are those from before the wipe."""
    example = [("hvs.example", north.operator)]
    reader.follow("replication/readiness.md", "holdfast replication readiness", north, shows="operation_token")
    reader.follow("replication/readiness.md", "holdfast replication readiness -dr-token=hvb.example", standby, token="", shows="may promote until",
                  replaced=[("hvb.example", north.operator)])
    reader.follow("replication/drill.md", "holdfast replication drill -dr-token=hvs.example", standby, token="", shows="succeeded", replaced=example)
    reader.follow("replication/drill.md", "holdfast replication drill -status -format=json", standby, token="", shows='"succeeded"')
    reader.follow("replication/preview.md", "holdfast replication preview -dr-token=hvs.example", standby, token="", replaced=example)

    page = "replication/operation-token.md"
    reader.follow(page, "holdfast replication readiness -dr-token=hvb.example", standby, token="", shows="may promote until",
                  replaced=[("hvb.example", north.prepared)])
    reader.rows.check("and with it the links", b'"links"' in standby.client("none").raw("POST", "sys/replication/links", {"dr_operation_token": north.prepared})[1])
    begun = reader.follow(page, "holdfast operator generate-root -dr-token -init", standby, token="", shows="Nonce")
    for key in north.keys[:2]:
        done = reader.follow(page, "holdfast operator generate-root -dr-token -nonce=… KEY", standby, token="", replaced=[("…", field(begun, "Nonce")), ("KEY", shlex.quote(key))])
    made = reader.follow(page, "holdfast operator generate-root -dr-token -decode=… -otp=…", standby, token="", shows="hvs.",
                         replaced=[("-decode=…", "-decode=" + field(done, "Encoded Token")), ("-otp=…", "-otp=" + field(begun, "OTP"))])
    reader.follow(page, "holdfast write sys/replication/dr/secondary/operation-token/delete dr_operation_token=…", standby, token="",
                  replaced=[("=…", "=" + made.strip())])

    page = "replication/wipe-guard.md"
    example = [("hvs.example", north.operator)]
    shown = reader.follow(page, "holdfast replication safety-snapshot list -dr-token=hvs.example", safety, token="", shows="safety-", replaced=example)
    name = re.search(r"safety-\d{8}T\d{6}Z-\w{6}", shown).group(0)
    reader.follow(page, "holdfast replication safety-snapshot restore -dr-token=hvs.example safety-20261120T124400Z-x1Yz90", safety, token="", shows="is in place",
                  replaced=example + [("safety-20261120T124400Z-x1Yz90", name)])
    wait_until(lambda: safety.client("none").read("sys/seal-status")["sealed"], 30, "the cluster to be sealed")
    reader.follow("replication/upgrade.md", "holdfast status", safety, expect=2, shows="Threshold")
    for at, key in zip((page, "replication/upgrade.md"), safety.own_keys[:2]):
        reader.follow(at, "holdfast operator unseal", safety, types=key)
    reader.rows.check("and is itself again", b"precious" in safety.client(safety.own_token).raw("GET", "own/a")[1])
    # A snapshot of another cluster, whose primary is alive.
    page = "snapshots.md"
    reader.follow(page, "holdfast operator raft snapshot restore backup.snap", safety, token=safety.own_token, expect=2, shows="snapshot-force API")
    shares = " ".join(f"-key={shlex.quote(key)}" for key in north.keys[:2])
    reader.follow(page, "holdfast operator raft snapshot restore -force -key=SHARE -key=SHARE backup.snap", safety, token=safety.own_token, expect=2,
                  shows="answers as primary", replaced=[("-key=SHARE -key=SHARE", shares)])


def changes_of_role(reader, north, west, b, munich, standby):
    page = "replication/cascade.md"
    reader.follow(page, "holdfast write -f sys/replication/performance/secondary/relay/enable", b)
    wait_until(lambda: b.client(b.token).read("sys/replication/performance/secondary/relay/status")["data"]["state"] == "running", 30, "the relay to run")
    made = reader.follow(page, "holdfast write sys/replication/performance/secondary/relay/secondary-token id=munich", b, shows="wrapping_token")
    reader.follow(page, "holdfast write sys/replication/performance/secondary/enable token=…", munich, replaced=[("token=…", "token=" + field(made, "wrapping_token"))])
    wait_until(lambda: munich.client().replication("performance").get("is_in_sync"), 60, "munich in step")

    page = "replication/fencing.md"
    reader.follow(page, "holdfast write sys/replication/performance/primary/succession/west may_succeed=true", north)
    reader.follow(page, "holdfast read sys/replication/performance/primary/succession/west", north, shows="may_succeed")
    # No cluster has replaced this primary; refuse_successor.py has the other case.
    reader.follow(page, "holdfast replication refuse-successor -init", north, expect=2, shows="nothing to refuse")
    reader.follow(page, "holdfast replication refuse-successor -nonce=b4738404-0a11-63aa -", north, expect=1, shows="No attempt is in progress")
    reader.follow(page, "holdfast replication refuse-successor -status", north, shows="0/")
    reader.follow(page, "holdfast replication resume-primary -init", north, expect=2, shows="nothing to resume")
    reader.follow(page, "holdfast replication resume-primary -nonce=b4738404-0a11-63aa -", north, expect=1, shows="No attempt is in progress")
    reader.follow(page, "holdfast replication resume-primary -status", north, shows="0/")

    page = "snapshots.md"  # this primary is alive; recover_primary.py has the other case
    reader.follow(page, "holdfast replication recover-primary", north, expect=2, shows="is connected to this primary")
    reader.follow(page, "holdfast replication recover-primary -type=dr -set-id=3f0c2a51-7f3c-11ee-b962-0242ac120002", north, expect=2,
                  shows="this cluster is the primary of the dr replication set")
    reader.follow(page, "holdfast write sys/replication/performance/primary/secondary-token id=north", north, shows="wrapping_token")
    north.client().write("sys/replication/performance/primary/revoke-secondary", {"id": "north"})

    page = "replication/switchover.md"
    wait_in_sync(north, standby, "dr")
    reader.follow(page, "holdfast replication switchover west", north, shows="west is the primary")
    wait_in_sync(west, north, "performance")
    reader.follow(page, "holdfast replication switchover -status", north, token=north.batch, shows="done")
    for command in ("-abandon", "-abandon -force"):
        reader.follow(page, f"holdfast replication switchover {command}", north, token=north.batch, expect=2, shows="no switchover")

    page = "replication/fencing.md"
    place = [("https://north:8200", north.address)]
    reader.follow(page, "export VAULT_ADDR=https://west:8200", west, replaced=[("https://west:8200", west.address)])
    reader.follow(page, "holdfast replication epoch -show-to=https://north:8200", west, token=north.batch, replaced=place)
    reader.follow(page, "holdfast replication epoch -type=dr -format=json", north, token=north.batch, shows='"epoch"')

    page = "replication/switchover.md"
    def goes_back():  # the way back is the same call; until a heartbeat of north says that it streams, west declines
        try:
            return Cli(west, reader.home).run("vault replication switchover north", token=north.batch)
        except AssertionError as error:
            if "still reconciling; try again" not in str(error):
                raise
            return None

    wait_until(goes_back, 20, "north to be ready")
    wait_in_sync(north, west, "performance")
    wait_in_sync(north, standby, "dr")
    reader.follow(page, "holdfast replication switchover -type=dr standby", north, token=north.batch, shows="standby is the primary")
    wait_in_sync(standby, north, "dr")


def main():
    with Workspace() as space:
        tls = space.tls()
        north, west, b, munich, standby, safety = (space.server(name).initialize() for name in ("north", "west", "b", "munich", "standby", "safety"))
        for server in (north, west, b, munich, standby, safety):
            server.token = server.root_token
        rows = Rows(north)
        reader = Reader(space, rows)
        root = north.client()
        root.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        root.write("sys/mounts/kv", {"type": "kv"})
        root.write("sys/auth/userpass", {"type": "userpass"})
        root.write("sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
        root.write("auth/token/roles/all", {"allowed_policies": "all", "orphan": True, "token_type": "batch", "renewable": False})
        for kind in ("dr", "performance"):
            root.write(f"sys/replication/{kind}/primary/enable")
            wait_until(lambda: root.replication(kind)["mode"] == "primary", 20, "the primary")
        north.batch = root.write("auth/token/create/all", {"ttl": "1h"})["auth"]["client_token"]
        north.operator = batch_for(root, "failover", ["sys/replication/*"])
        safety.own_keys, safety.own_token = list(safety.keys), safety.root_token
        safety.client().write("sys/mounts/own", {"type": "kv"})
        safety.client().write("own/a", {"is": "precious"})

        logins_of_programs(reader, north)
        quotas(reader, north)
        monitoring(reader, north)
        transit(reader, north)
        identity(reader, north)
        activation(reader, north, b)
        before_linking(reader, north, west, tls)
        attach(north, standby, "dr", "standby")
        attach(north, safety, "dr", "safety")
        at_the_primary(reader, north, west)
        wait_in_sync(north, standby, "dr")
        at_the_standby(reader, north, standby, safety)
        root.write("sys/replication/dr/primary/revoke-secondary", {"id": "safety"})
        changes_of_role(reader, north, west, b, munich, standby)

        # The primary is lost. North is its DR secondary now, and fetches what only west has.
        page = "replication/salvage.md"
        wait_in_sync(standby, west, "performance")
        wait_in_sync(standby, north, "dr")
        # North must be at least at the place where west began to follow this primary, because west's log cannot tell about entries before it.
        standby.client(root.token).write("sys/policies/acl/late", {"policy": 'path "secret/late" { capabilities = ["read"] }'})
        wait_in_sync(standby, west, "performance")
        wait_in_sync(standby, north, "dr")
        allowed = {"dr_operation_token": north.operator}
        wait_until(lambda: any(member["type"] == "performance" for member in
                               north.client("none").write("sys/replication/dr/secondary/preview", allowed)["data"]["members"]), 20, "north to know of west")
        standby.kill()
        wait_until(lambda: north.client("none").replication("dr")["connection_state"] != "ready", 30, "the primary to be missed")
        example = [("hvs.example", north.operator)]
        reader.follow(page, "holdfast replication preview -dr-token=hvs.example", north, token="", replaced=example)
        reader.follow(page, "holdfast replication salvage -dr-token=hvs.example", north, token="", replaced=example)
        reader.follow(page, "holdfast write sys/replication/dr/secondary/promote dr_operation_token=hvs.example", north, token="", replaced=example)
        wait_until(lambda: north.client().health()["replication_dr_mode"] == "primary", 30, "the promotion")
        reader.finish()
        rows.finish()


if __name__ == "__main__":
    sys.exit(main())
