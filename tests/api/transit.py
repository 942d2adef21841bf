"""The transit engine at a primary, at a performance secondary while its primary is off, and after the promotion of a DR secondary.

    north ── performance ──> west        north ── dr ──> standby

What each cluster answers is compared with the keys of the others: a ciphertext of one must open at another, and a signature of one must be right at another.
"""

import base64
import datetime
import json
import sys

from harness import Workspace, wait_in_sync, wait_until
from rows import Rows
from topologies import attach, promote, root_token

TYPES = ("aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "ed25519", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072", "rsa-4096", "hmac")
TEXT = base64.b64encode(b"the quick brown fox").decode()
OTHER = base64.b64encode(b"the lazy dog").decode()
CONTEXT = base64.b64encode(b"first context").decode()


def make_keys(client):
    for kind in TYPES:
        client.write(f"transit/keys/{kind}", {"type": kind, "exportable": True, "allow_plaintext_backup": True})
    client.write("transit/keys/derived", {"derived": True})
    client.write("transit/keys/convergent", {"derived": True, "convergent_encryption": True})
    client.write("transit/keys/derived-ed25519", {"derived": True, "type": "ed25519"})


def prove(client):
    """Ciphertexts, signatures and codes of the text, by key: for another cluster to open or verify."""
    out = {}
    for kind in TYPES:
        view = client.read(f"transit/keys/{kind}")["data"]
        made = {"hmac": client.write(f"transit/hmac/{kind}", {"input": TEXT})["data"]["hmac"]}
        if view["supports_encryption"]:
            made["ciphertext"] = client.write(f"transit/encrypt/{kind}", {"plaintext": TEXT})["data"]["ciphertext"]
        if view["supports_signing"]:
            made["signature"] = client.write(f"transit/sign/{kind}", {"input": TEXT})["data"]["signature"]
        out[kind] = made
    for kind in ("derived", "convergent"):
        out[kind] = {"ciphertext": client.write(f"transit/encrypt/{kind}", {"plaintext": TEXT, "context": CONTEXT})["data"]["ciphertext"]}
    out["derived-ed25519"] = {"signature": client.write("transit/sign/derived-ed25519", {"input": TEXT, "context": CONTEXT})["data"]["signature"]}
    return out


def check(rows, where, client, proofs):
    """Opens and verifies at `client` what another cluster has made."""
    for kind, made in proofs.items():
        context = {"context": CONTEXT} if kind.startswith(("derived", "convergent")) else {}
        if "ciphertext" in made:
            opened = client.write(f"transit/decrypt/{kind}", {"ciphertext": made["ciphertext"], **context})["data"]
            rows.check(f"{where}: {kind} decrypts", opened["plaintext"] == TEXT, opened)
        for proof in ("signature", "hmac"):
            if proof in made:
                for text, valid in ((TEXT, True), (OTHER, False)):
                    said = client.write(f"transit/verify/{kind}", {"input": text, proof: made[proof], **context})["data"]
                    rows.check(f"{where}: {kind} verifies a {proof}", said["valid"] is valid, said)


def served_alone(rows, where, client):
    """What changes no key."""
    proofs = prove(client)
    check(rows, where, client, proofs)
    wrapped = client.write("transit/datakey/wrapped/aes256-gcm96")["data"]
    rows.check(f"{where}: a wrapped data key", "plaintext" not in wrapped and wrapped["ciphertext"].startswith("vault:v"), wrapped)
    shown = client.write("transit/datakey/plaintext/aes256-gcm96", {"bits": 128})["data"]
    opened = client.write("transit/decrypt/aes256-gcm96", {"ciphertext": shown["ciphertext"]})["data"]
    rows.check(f"{where}: a data key", opened["plaintext"] == shown["plaintext"] and len(base64.b64decode(shown["plaintext"])) == 16, opened)
    rewrapped = client.write("transit/rewrap/aes256-gcm96", {"ciphertext": proofs["aes256-gcm96"]["ciphertext"]})["data"]
    rows.check(f"{where}: rewrap", client.write("transit/decrypt/aes256-gcm96", rewrapped)["data"]["plaintext"] == TEXT, rewrapped)
    batch = client.write("transit/encrypt/aes256-gcm96", {"batch_input": [{"plaintext": TEXT, "reference": str(n)} for n in range(200)]})["data"]["batch_results"]
    rows.check(f"{where}: a batch", [each["reference"] for each in batch] == [str(n) for n in range(200)], batch[:2])
    status, said = client.raw("POST", "transit/encrypt/aes256-gcm96", {"batch_input": [{"plaintext": TEXT}, {"plaintext": "!"}]})
    rows.check(f"{where}: a batch with a fault", status == 400 and "error" in json.loads(said)["data"]["batch_results"][1], said)
    same = {client.write("transit/encrypt/convergent", {"plaintext": TEXT, "context": CONTEXT})["data"]["ciphertext"] for _ in range(3)}
    rows.check(f"{where}: convergent encryption", len(same) == 1, same)
    rows.check(f"{where}: export", client.read("transit/export/encryption-key/aes256-gcm96")["data"]["keys"], None)
    rows.check(f"{where}: random", len(client.write("transit/random/16", {"format": "hex"})["data"]["random_bytes"]) == 32, None)
    hashed = client.write("transit/hash/sha2-256", {"input": ""})["data"]["sum"]  # FIPS 180-4: SHA-256 of nothing
    rows.check(f"{where}: hash", hashed == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hashed)
    rows.check(f"{where}: list", "derived" in client.call("LIST", "transit/keys")["data"]["keys"], None)
    return proofs


def changes(rows, where, client, name):
    """Each change of a key, with the status of its answer. At a performance secondary they go to the primary."""
    path = f"transit/keys/{name}"
    steps = [("create", "POST", path, {"exportable": True, "allow_plaintext_backup": True}, 200),
             ("upsert", "POST", f"transit/encrypt/{name}-upsert", {"plaintext": TEXT}, 200),
             ("rotate", "POST", f"{path}/rotate", {}, 200),
             ("config", "POST", f"{path}/config", {"min_decryption_version": 2, "min_encryption_version": 2, "deletion_allowed": True}, 200),
             ("trim", "POST", f"{path}/trim", {"min_available_version": 2}, 200),
             ("backup", "GET", f"transit/backup/{name}", None, 200),
             ("wrapping key", "GET", "transit/wrapping_key", None, 200),
             ("cache", "POST", "transit/cache-config", {"size": 0}, 200),
             ("delete", "DELETE", path, None, 204)]
    answers = {}
    for what, method, where_to, body, wanted in steps:
        status, said = client.raw(method, where_to, body)
        answers[what] = said
        rows.check(f"{where}: {what}", status == wanted, (status, said[:300]))
    backup = json.loads(answers["backup"])["data"]["backup"]
    status, said = client.raw("POST", f"transit/restore/{name}", {"backup": backup})
    rows.check(f"{where}: restore", status == 204, (status, said))
    public = json.loads(answers["wrapping key"])["data"]["public_key"]
    status, said = client.raw("POST", f"transit/keys/{name}-wrap/import", {"type": "rsa-4096", "public_key": public})
    rows.check(f"{where}: import of a public key", status == 204, (status, said))
    status, said = client.raw("GET", f"transit/byok-export/{name}-wrap/aes256-gcm96")
    rows.check(f"{where}: wrapped export", status == 200, (status, said[:300]))
    blob = json.loads(said)["data"]["keys"]["1"]
    status, said = client.raw("POST", f"transit/keys/{name}-imported/import", {"ciphertext": blob})
    rows.check(f"{where}: import", status == 204, (status, said))
    sealed = client.write("transit/encrypt/aes256-gcm96", {"plaintext": TEXT, "key_version": 1})["data"]
    rows.check(f"{where}: an imported key", client.write(f"transit/decrypt/{name}-imported", sealed)["data"]["plaintext"] == TEXT, None)


def rotates_by_itself(rows, client):
    """A restored key whose newest version is older than its period is rotated within seconds."""
    client.write("transit/keys/aged", {"exportable": True, "allow_plaintext_backup": True, "auto_rotate_period": "1h"})
    backup = json.loads(base64.b64decode(client.read("transit/backup/aged")["data"]["backup"]))
    long_ago = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for version in [*backup["policy"]["keys"].values(), *backup["archived_keys"]["keys"]]:
        version["time"] = long_ago
    client.write("transit/restore/aged", {"backup": base64.b64encode(json.dumps(backup).encode()).decode(), "force": True})
    wait_until(lambda: client.read("transit/keys/aged")["data"]["latest_version"] == 2, 60, "the rotation")
    rows.check("rotation by schedule", True, None)


def main():
    with Workspace() as space:
        north, west, standby = (space.server(name).initialize() for name in ("north", "west", "standby"))
        rows = Rows(north)
        root = north.client()
        root.write("sys/mounts/transit", {"type": "transit"})
        root.write("sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
        root.write("auth/token/roles/all", {"allowed_policies": "all", "orphan": True, "token_type": "batch", "renewable": False})
        token = root.write("auth/token/create/all", {"ttl": "1h"})["auth"]["client_token"]
        make_keys(root)
        changes(rows, "primary", root, "p")
        rotates_by_itself(rows, root)
        attach(north, west, "performance", "west")
        attach(north, standby, "dr", "standby")
        secondary = west.client(token)
        check(rows, "the secondary opens what the primary made", secondary, served_alone(rows, "primary", root))
        check(rows, "the primary opens what the secondary made", root, served_alone(rows, "secondary", secondary))
        changes(rows, "secondary", secondary, "s")

        # A rotation at the primary counts at the secondary, which has the key in memory.
        root.write("transit/keys/aes256-gcm96/rotate")
        wait_until(lambda: secondary.write("transit/encrypt/aes256-gcm96", {"plaintext": TEXT})["data"]["key_version"] == 2, 20, "the rotation at the secondary")
        rows.check("rotation reaches the secondary", True, None)
        mine = secondary.write("transit/keys/aes256-gcm96/rotate")["data"]
        sealed = secondary.write("transit/encrypt/aes256-gcm96", {"plaintext": TEXT})["data"]
        rows.check("a rotation through the secondary counts there at once", mine["latest_version"] == sealed["key_version"] == 3, (mine, sealed))

        wait_in_sync(north, west, "performance")
        wait_in_sync(north, standby, "dr")
        before = prove(root)
        north.kill()
        wait_until(lambda: secondary.replication("performance")["connection_state"] != "ready", 30, "the primary to be missed")
        check(rows, "the secondary alone opens what the primary made", secondary, before)
        alone = served_alone(rows, "secondary alone", secondary)
        for what, path in (("create", "transit/keys/late"), ("rotate", "transit/keys/aes256-gcm96/rotate"), ("upsert", "transit/encrypt/late")):
            status, said = secondary.raw("POST", path, {"plaintext": TEXT} if what == "upsert" else {})
            rows.check(f"secondary alone: {what} waits for the primary", status >= 500, (status, said[:300]))

        promote(standby, root_token(standby, north.keys, "operation"))
        promoted = standby.client(token)
        check(rows, "the promoted cluster opens what the primary made", promoted, before)
        check(rows, "the promoted cluster opens what the secondary made", promoted, alone)
        served_alone(rows, "promoted", promoted)
        changes(rows, "promoted", promoted, "d")
        rows.finish()


if __name__ == "__main__":
    sys.exit(main())
