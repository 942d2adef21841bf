"""After a member was revoked as compromised, every other member makes new keys, one after another, and no member is lost.

The class: a key that a bad member knows, or may have used, stays valid. It could be a member key or a token key. Its owner could be the primary, a
performance secondary, a DR copy of either, a secondary of a relay, or a member that was away at that time. What holds now:

- Each member makes a new pair when it receives the demand, which is shared data.
- The lists of both sets name the new keys and revoke the old ones.
- Links, forwarded requests and batch tokens go on.
- Answer, status and verdict name the members that have not made new keys yet.
"""

import base64
import signal
import socket
import ssl
import sys
import time

import harness
from harness import Workspace, wait_in_sync, wait_until
from topologies import attach, root_token


def trust(server, kind):
    return server.client().read(f"sys/replication/{kind}/trust")["data"]


def member_keys(server, kind):
    found = {}
    for seat in trust(server, kind)["seats"]:
        found[seat["id"] or "leader"] = seat["member_key"]
        for copy in seat["stand_ins"]:
            found[f"copy of {seat['id'] or 'leader'}"] = copy["member_key"]
    return found


def waiting(server, kind="performance"):
    return server.client().replication(kind).get("without_new_keys", [])


def writes(server, value):
    try:
        return server.client().raw("POST", "kv/a", {"v": value})[0] == 204
    except (OSError, harness.http.client.HTTPException):
        return False


def batch_token(server):
    body = {"type": "batch", "policies": ["root-like"], "no_parent": True, "ttl": "1h"}
    return server.client().write("auth/token/create-orphan", body)["auth"]["client_token"]


def reads(server, token):
    return server.client(token).raw("GET", "kv/a")[0] == 200


def identity_of(token_answer, server, folder):
    """Certificate and key files of a secondary whose activation token is opened and never used."""
    bundle = server.client().write("sys/wrapping/unwrap", {"token": token_answer["wrap_info"]["token"]})["data"]
    folder.mkdir()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_text(ssl.DER_cert_to_PEM_cert(base64.b64decode(bundle["client_cert"])))
    key.write_text(bundle["client_key"]["pem"])
    return certificate, key


def refusal_of(server, identity, protocol):
    """Why the cluster port ends the handshake with this certificate; empty: it does not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(*identity)
    context.set_alpn_protocols([protocol])
    try:
        with socket.create_connection(("127.0.0.1", server.cluster_port), timeout=5) as plain, context.wrap_socket(plain) as connection:
            connection.settimeout(1)
            connection.recv(1)  # in TLS 1.3 a client learns of a refusal behind its handshake
    except ssl.SSLError as error:
        return str(error)
    except OSError:
        pass  # it waits for the client's first words
    return ""


def follows(member, leader, bad, value):
    """Whether a write at the member reaches this leader, and not the bad cluster."""
    if not writes(member, value) or leader.client().read("kv/a")["data"] != {"v": value}:
        return False
    assert trust(member, "performance")["leader"]["cluster_address"] == leader.cluster_address, trust(member, "performance")
    assert bad.client().read("kv/a")["data"] == {"v": "x"}, "the revoked copy received a write"
    return True


def contests(member, bad):
    """Whether the takeover of the bad cluster waits for an operator at the member."""
    return [entry["kind"] for entry in trust(member, "performance")["contested"] if entry["leader"]["cluster_address"] == bad.cluster_address]


def a_copy_held_the_authority(space):
    """The key of the transport CA is in each DR copy of a primary. After one of them was revoked as compromised, the CA is another one. TLS refuses
    certificates of the former CA on every protocol. A member that was there goes on. One that was away comes back without a new token.

    The copy runs all the time and calls itself the primary. A member that was away has only the list that gives the copy the right, and the
    former CA. In each order of events the test checks whom it follows: the primary answers; only another member does; the primary is
    lost, and the other copy leads. Where else such a key is: tests/core/cluster/tst_new_authority.cpp."""
    p = space.server("p2").initialize()
    s, d, x = (space.server(name).initialize() for name in ("s2", "d2", "x2"))
    away = [space.server(name).initialize() for name in ("away1", "away2", "away3")]
    root = p.client()
    root.write("sys/mounts/kv", {"type": "kv"})
    for member, name in [(s, "s")] + [(one, one.name) for one in away]:
        attach(p, member, "performance", name)
        member.root_token = root_token(member, p.keys)
    attach(p, d, "dr", "d")
    attach(p, x, "dr", "x")
    for member in [s] + away:
        wait_until(lambda: member_keys(member, "performance") == member_keys(p, "performance"), 30, "the list at every member")
    leader = next(seat for seat in trust(p, "performance")["seats"] if seat["leads"])
    assert len(leader["stand_ins"]) == 2, leader
    folder = space.server("files").directory
    token = root.write("sys/replication/performance/primary/secondary-token", {"id": "never-used"})
    former = identity_of(token, p, folder / "former")
    links = ("replication_v1", "hf_forward_v1")
    for protocol in links:
        assert refusal_of(p, former, protocol) == "", "before the revocation TLS lets a certificate of the CA in"

    operation_of_x = root_token(x, p.keys, "operation")
    for server in away + [x]:
        server.kill()
    answer = root.write("sys/replication/dr/primary/revoke-secondary", {"id": "x", "compromised": True})
    assert answer["data"]["new_transport_ca"] == ["performance"], answer
    assert {one.name for one in away} <= set(answer["data"]["without_new_transport_ca"]), answer
    assert any("activation token of \"never-used\"" in text for text in answer["warnings"]), answer
    # What the revoked copy makes with the CA that it has. It must not learn of its revocation first, so no other member answers now.
    p.process.send_signal(signal.SIGSTOP)
    s.process.send_signal(signal.SIGSTOP)
    d.process.send_signal(signal.SIGSTOP)
    x.start()
    x.unseal()
    x.client("none").write("sys/replication/dr/secondary/promote", {"dr_operation_token": operation_of_x, "force": True})
    x.root_token = p.root_token
    wait_until(lambda: writes(x, "x"), 30, "the revoked copy to call itself the primary")
    assert trust(x, "performance")["kind"] in ("takeover", "roster"), trust(x, "performance")
    for server in (p, s, d):
        server.process.send_signal(signal.SIGCONT)
    forged = identity_of(x.client().write("sys/replication/performance/primary/secondary-token", {"id": "forged"}), x, folder / "forged")
    for protocol in links + ("replication_dr_v1", "hf_peer_v1"):
        for identity in (former, forged):
            why = refusal_of(p, identity, protocol)
            assert "alert" in why.lower(), (protocol, why)
    token = root.write("sys/replication/performance/primary/secondary-token", {"id": "of-now"})
    of_now = identity_of(token, p, folder / "of-now")
    for protocol in links:
        assert refusal_of(p, of_now, protocol) == "", "a certificate of the new CA"

    def without_new_ca(server):
        return set(server.client().replication("performance").get("without_new_transport_ca", []))

    wait_until(lambda: without_new_ca(p) == {one.name for one in away}, 30, "the members that are there to know the new CA")
    named = next(one for one in p.client().replication("performance")["secondaries"] if one["node_id"] == "away1")
    assert "away1 does not know the new transport CA yet" in named["verdict_cause"], named
    s.kill()
    s.start()
    s.unseal()
    wait_until(lambda: follows(s, p, x, "s"), 40, "a write forwarded by a member that was there, over a restart")
    wait_in_sync(p, d, "dr")

    # The primary answers.
    away[0].start()
    away[0].unseal()
    wait_until(lambda: follows(away[0], p, x, "away1"), 60, "the first member that was away to follow the primary")
    wait_until(lambda: contests(away[0], x), 60, "the copy's takeover to be contested there")
    assert follows(away[0], p, x, "away1 still"), "the first member follows the primary"
    # The primary does not answer, the copy does, and so does a member with the list.
    p.process.send_signal(signal.SIGSTOP)
    away[1].start()
    away[1].unseal()
    wait_until(lambda: contests(away[1], x), 60, "the copy's takeover to be contested at the second member")
    assert trust(away[1], "performance")["leader"]["cluster_address"] == p.cluster_address, trust(away[1], "performance")
    assert not writes(away[1], "away2"), "no leader can be reached"
    p.process.send_signal(signal.SIGCONT)
    wait_until(lambda: follows(away[1], p, x, "away2 again"), 60, "the second member that was away to follow the primary")
    wait_until(lambda: without_new_ca(p) == {"away3"}, 30, "all except the last member to know the new CA")

    # The other copy is promoted before the last member has come back.
    begun = root.write("sys/rekey/init", {"secret_shares": 3, "secret_threshold": 2})
    for key in p.keys[:2]:
        done = root.write("sys/rekey/update", {"key": key, "nonce": begun["nonce"]})
    p.keys = d.keys = done["keys_base64"]
    wait_until(lambda: p.client().replication("dr")["rekey"]["complete"], 60, "the copy to have the new root key")
    wait_in_sync(p, d, "dr")
    operation = root_token(d, p.keys, "operation")
    p.kill()
    d.client("none").write("sys/replication/dr/secondary/promote", {"dr_operation_token": operation, "force": True})
    d.root_token = p.root_token
    wait_until(lambda: writes(d, "d"), 30, "the promoted copy to write")
    for member in (s, away[0], away[1]):
        wait_until(lambda: follows(member, d, x, f"{member.name} follows"), 60, f"{member.name} to follow the promoted copy")
    assert "away3" in without_new_ca(d)
    away[2].start()
    away[2].unseal()
    wait_until(lambda: follows(away[2], d, x, "away3"), 60, "the last member that was away to follow the promoted copy")
    wait_until(lambda: without_new_ca(d) == set(), 30, "all members to know the new CA")


def main():
    with Workspace() as space:
        a_copy_held_the_authority(space)
    with Workspace() as space:
        p = space.server("p").initialize()
        s, x, d, c, below = (space.server(name).initialize() for name in ("s", "x", "d", "c", "below"))
        root = p.client()
        root.write("sys/mounts/kv", {"type": "kv"})
        root.write("sys/policies/acl/root-like", {"policy": 'path "*" { capabilities = ["create", "read", "update"] }'})
        attach(p, s, "performance", "s")
        s.root_token = root_token(s, p.keys)
        attach(p, x, "performance", "x")
        attach(p, d, "dr", "d")
        attach(s, c, "dr", "c")
        s.client().write("sys/replication/performance/secondary/relay/enable")
        token = s.client().write("sys/replication/performance/secondary/relay/secondary-token", {"id": "below"})["wrap_info"]["token"]
        below.client().write("sys/replication/performance/secondary/enable", {"token": token})
        wait_until(lambda: below.client().replication("performance").get("is_in_sync"), 40, "the secondary of the relay")
        below.keys, below.threshold = p.keys, p.threshold
        below.root_token = root_token(below, p.keys)
        wait_until(lambda: "copy of s" in member_keys(p, "performance") and "copy of leader" in member_keys(p, "performance"), 30, "the copies in the list")
        before = {kind: member_keys(p, kind) for kind in ("performance", "dr")}
        before_below = trust(s, "dr")
        theirs, own = batch_token(s), batch_token(p)
        wait_until(lambda: reads(s, own) and reads(p, theirs) or not writes(p, "0"), 20, "batch tokens to count at both")

        # Some of them are away: they make new keys when they come back. The primary has no link with one of them, whose relay tells of it.
        d.kill()
        below.kill()
        try:  # a name in place of an id must not look like a success
            root.write("sys/replication/performance/primary/revoke-secondary", {"id": "nobody", "compromised": True})
            raise AssertionError("an unknown id was revoked")
        except harness.ApiError as error:
            assert error.status == 400 and "known are:" in str(error.body), error
        answer = root.write("sys/replication/performance/primary/revoke-secondary", {"id": "x", "compromised": True})
        assert "d" in answer["data"]["without_new_keys"] and "s" in answer["data"]["without_new_keys"], answer
        assert "d has not made new keys yet" in answer["warnings"], answer
        wait_until(lambda: set(waiting(p)) == {"d", "below below s"}, 40, "all members that are there to make new keys")
        status = p.client().replication("dr")
        assert any("d has not made new keys yet" in each.get("verdict_cause", "") for each in status["secondaries"]), status
        during = member_keys(p, "performance")
        assert "x" not in during and not set(during.values()) - {before["dr"]["d"]} & set(before["performance"].values()), (before, during)
        for server in (d, below):
            server.start()
            server.unseal()
        wait_until(lambda: waiting(p) == [] and waiting(p, "dr") == [], 60, "the member that was away to make new keys")
        after = {kind: member_keys(p, kind) for kind in ("performance", "dr")}
        for kind in before:
            assert set(after[kind]) == set(before[kind]) - {"x"}, (kind, before, after)
            assert not set(after[kind].values()) & set(before[kind].values()), (kind, before, after)

        # Nobody was lost on the way.
        for server in (s, below):
            wait_until(lambda: writes(server, server.name), 40, f"a write forwarded by {server.name}")
            wait_until(lambda: p.client().read("kv/a")["data"] == {"v": server.name}, 10, "the forwarded write")
        wait_in_sync(p, d, "dr")
        wait_in_sync(s, c, "dr")
        assert reads(p, theirs) and reads(s, own), "batch tokens of a former token key count until they end"
        newer = batch_token(s)
        wait_until(lambda: reads(p, newer), 20, "a batch token of the new token key to count at the primary")
        wait_until(lambda: member_keys(s, "performance") == after["performance"], 20, "the secondary to have the same list")
        assert not set(each["member_key"] for each in trust(s, "dr")["seats"]) & set(each["member_key"] for each in before_below["seats"])

        # The revocation demands a new root key. Until then key shares need a token as well.
        begun = root.write("sys/rekey/init", {"secret_shares": 3, "secret_threshold": 2})
        for key in p.keys[:2]:
            done = root.write("sys/rekey/update", {"key": key, "nonce": begun["nonce"]})
        p.keys = done["keys_base64"]
        for server in (s, d, c, below):
            server.keys = p.keys
        for kind in ("performance", "dr"):
            wait_until(lambda: p.client().replication(kind)["rekey"]["complete"], 60, "all members to have the new root key")
        wait_until(lambda: s.client().replication("dr")["rekey"]["complete"], 60, "the copy of the secondary to have it")
        time.sleep(3)

        # All start again with the new keys, and the copy still has the right to take the primary's place.
        for server in (p, s, below):
            server.kill()
            server.start()
            server.unseal()
        for server in (s, below):
            wait_until(lambda: writes(server, server.name + " again"), 60, f"a write forwarded by {server.name} after the restart")
        wait_in_sync(p, d, "dr")
        operation = root_token(d, p.keys, "operation")
        p.kill()
        d.client("none").write("sys/replication/dr/secondary/promote", {"dr_operation_token": operation, "force": True})
        d.root_token = p.root_token
        wait_until(lambda: writes(d, "d"), 30, "the promoted copy to write")
        wait_until(lambda: writes(s, "s follows"), 60, "the secondary to follow the promoted copy by itself")
        assert trust(d, "performance")["contested"] == []
    print("compromised members leave no key behind")


if __name__ == "__main__":
    sys.exit(main())
