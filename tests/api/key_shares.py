"""Operations with key shares, without a token. Each leaves a log line. A wrong share does not remove the right ones. After a member was revoked as
compromised, the shares need a token as well.

The class: an operation outside the request pipeline that nobody can see afterwards, or that a stranger can undo. Looked at: generate-root, DR
operation tokens, rekey and its verification, unseal, seal, changes of role; on a primary and on a DR secondary.
"""

import json
import sys

from harness import ApiError, Workspace, wait_in_sync, wait_until
from topologies import attach, root_token

DR = "sys/replication/dr/secondary/generate-operation-token"


def refused(work, status, text):
    try:
        work()
    except ApiError as error:
        assert error.status == status and text in str(error.body), error
        return
    raise AssertionError(f"not refused: {text}")


def log_of(server):
    return (server.directory / "server.log").read_text(errors="replace")


def lines(server, *words):
    return [line for line in log_of(server).splitlines() if all(word in line for word in words)]


def generate(server, path, keys):
    client = server.client("none")
    begun = client.write(f"{path}/attempt", {})
    for key in keys:
        done = client.write(f"{path}/update", {"key": key, "nonce": begun["nonce"]})
    assert done["complete"], done


def traces(primary, audit):
    client = primary.client("none")
    generate(primary, "sys/generate-root", primary.keys[:2])
    for words in (("generation of a root token: started",), ("generation of a root token: a key share was given", "1 of 2"),
                  ("generation of a root token: the token was generated",)):
        assert lines(primary, *words, "remote_address=127.0.0.1:"), words
    client.write("sys/generate-root/attempt", {})
    client.raw("DELETE", "sys/generate-root/attempt")
    assert lines(primary, "generation of a root token: cancelled", "remote_address="), "a cancellation"
    entries = [json.loads(line) for line in audit.read_text().splitlines()]
    for kind in ("request", "response"):
        found = [entry for entry in entries if entry["type"] == kind and entry["request"]["path"].startswith("sys/generate-root/")]
        assert len(found) == 5, (kind, len(found))
        assert all(entry["request"]["remote_address"] == "127.0.0.1" for entry in found)
    assert not any(key in audit.read_text() or key in log_of(primary) for key in primary.keys), "a share in clear"


def single_shares(primary, other):
    client = primary.client("none")
    begun = client.write("sys/generate-root/attempt", {})
    client.write("sys/generate-root/update", {"key": primary.keys[0], "nonce": begun["nonce"]})
    refused(lambda: client.write("sys/generate-root/update", {"key": other.keys[0], "nonce": begun["nonce"]}), 400,
            "invalid key share; progress stays at 1 of 2")
    done = client.write("sys/generate-root/update", {"key": primary.keys[2], "nonce": begun["nonce"]})
    assert done["complete"], done
    begun = client.write("sys/rekey/init", {"secret_shares": 3, "secret_threshold": 2})
    client.write("sys/rekey/update", {"key": primary.keys[1], "nonce": begun["nonce"]})
    refused(lambda: client.write("sys/rekey/update", {"key": other.keys[1], "nonce": begun["nonce"]}), 400,
            "invalid key share; progress stays at 1 of 2")
    refused(lambda: client.call("DELETE", "sys/rekey/init"), 400, "invalid request")
    refused(lambda: client.call("DELETE", "sys/rekey/init", {"nonce": "x"}), 400, "invalid request")
    assert client.read("sys/rekey/init")["progress"] == 1
    client.call("DELETE", "sys/rekey/init", {"nonce": begun["nonce"]})
    assert not client.read("sys/rekey/init")["started"]
    assert lines(primary, "a rekey was started", "remote_address=") and lines(primary, "a rekey was cancelled", "remote_address=")


def on_a_dr_secondary(primary, copy, foreign_keys):
    client = copy.client("none")
    refused(lambda: client.write(f"{DR}/update", {"key": foreign_keys[0], "nonce": client.write(f"{DR}/attempt", {})["nonce"]}), 400,
            "progress stays at 0 of 2; the primary's key shares are wanted here")
    assert client.read(f"{DR}/attempt")["key_shares"] == "the primary's key shares are wanted here"
    assert client.read("sys/seal-status")["key_shares"] == "the primary's key shares are wanted here"
    client.raw("DELETE", f"{DR}/attempt")
    generate(copy, DR, primary.keys[:2])
    for word in ("started", "the token was generated", "cancelled", "refused"):
        assert lines(copy, f"generation of a DR operation token: {word}", "remote_address="), word


def compromised(primary, secondary):
    root, stranger = primary.client(), primary.client("none")
    assert "rekey_required" not in root.replication("performance")
    root.write("sys/mounts/own", {"type": "kv", "local": True})
    term = root.read("sys/key-status")["data"]["term"]
    answer = root.write("sys/replication/performance/primary/revoke-secondary", {"id": secondary.name, "compromised": True})
    assert answer["data"]["rekey_required"] and any("rekey required" in text for text in answer["warnings"]), answer
    known = answer["data"]["known_to_it"]
    mounts = {each["path"]: each for each in known["mounts"]}
    assert "secret/" in mounts and mounts["secret/"]["holds"] == "secrets with all their versions", known
    assert "own/" not in mounts and "cubbyhole/" not in mounts, "what is local to the primary never left it"
    assert "root key" in known["keys"] and secondary.name in known["forwarded_requests"], known
    assert root.replication("performance")["rekey_required"] == "rekey required: the revoked member knows the root key"
    assert root.read("sys/key-status")["data"]["term"] == term + 1, "a new term at once"
    for path in ("sys/generate-root/attempt", "sys/rekey/init"):
        body = {"secret_shares": 3, "secret_threshold": 2} if "rekey" in path else {}
        refused(lambda: stranger.write(path, body), 403, "")
    begun = root.write("sys/rekey/init", {"secret_shares": 3, "secret_threshold": 2})
    for key in primary.keys[:2]:
        done = root.write("sys/rekey/update", {"key": key, "nonce": begun["nonce"]})
    assert done["complete"], done
    primary.keys = done["keys_base64"]
    assert "rekey_required" not in root.replication("performance")
    generate(primary, "sys/generate-root", primary.keys[:2])


def batch_tokens(primary, secondary):
    """A batch token of each cluster counts at the other one, within the bound of its maker. A token of a revoked member counts nowhere."""
    root, edge = primary.client(), secondary.client(secondary.root_token)
    root.write("sys/policies/acl/reader", {"policy": 'path "secret/*" { capabilities = ["read", "list"] }'})
    root.write("sys/policies/acl/narrow", {"policy": 'path "secret/other" { capabilities = ["read"] }'})
    root.write("secret/shown", {"a": "b"})
    wait_in_sync(primary, secondary, "performance")
    made = {"type": "batch", "policies": ["reader"], "no_parent": True, "ttl": "1h"}
    own = root.write("auth/token/create-orphan", made)["auth"]["client_token"]
    theirs = edge.write("auth/token/create-orphan", made)["auth"]["client_token"]
    reads = lambda server, token: server.client(token).raw("GET", "secret/shown")[0] == 200
    assert reads(primary, own) and reads(secondary, theirs)
    wait_until(lambda: reads(secondary, own), 10, "the primary's token to count at the secondary")
    wait_until(lambda: reads(primary, theirs), 10, "the secondary's token to count at the primary")
    root.write(f"sys/replication/performance/primary/forwarding/{secondary.name}", {"policies": ["narrow"]})
    assert not reads(primary, theirs) and reads(primary, own), "the bound of the cluster that made it holds"
    root.raw("DELETE", f"sys/replication/performance/primary/forwarding/{secondary.name}")
    assert reads(primary, theirs)
    return theirs, reads


def main():
    with Workspace() as space:
        primary = space.server("primary").initialize()
        secondary = space.server("edge").initialize()
        copy = space.server("copy").initialize()
        foreign = copy.keys
        other = space.server("other").initialize()
        audit = primary.directory / "audit.log"
        primary.client().write("sys/audit/file", {"type": "file", "options": {"file_path": str(audit)}})
        traces(primary, audit)
        single_shares(primary, other)
        primary.client().write("sys/mounts/secret", {"type": "kv"})
        attach(primary, copy, "dr", "copy")
        on_a_dr_secondary(primary, copy, foreign)
        attach(primary, secondary, "performance", secondary.name)
        secondary.root_token = root_token(secondary, primary.keys)
        theirs, reads = batch_tokens(primary, secondary)
        compromised(primary, secondary)
        assert not reads(primary, theirs), "a token of a revoked member counts"
        assert lines(primary, "operation", "path=sys/replication/performance/primary/revoke-secondary", "remote_address=127.0.0.1:")


if __name__ == "__main__":
    sys.exit(main())
