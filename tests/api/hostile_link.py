"""An attacker between primary and secondary cuts, repeats, drops, swaps, enlarges and changes frames, of every type and in both directions, while
clusters write. And certificates that no cluster must accept.

Each time the link comes back without help, or it is refused with a reason in the log. In the end no answered write is lost, the roots are equal,
and no log contains a secret. The test makes `--count` changes, chosen by `--seed`; `--all` makes every change.
"""

import argparse
import concurrent.futures
import random
import struct
import sys
import time

from cluster_port import ALPN, is_refused
from crash import Writers
from harness import ApiError, Workspace, check_secrets, put_secrets, wait_in_sync, wait_until
from middleman import LATER, NAMES, Authority, Middleman

SECRETS = 60


def header(frame, length=None, kind=None):
    return struct.pack("<IB", len(frame) - 5 if length is None else length, frame[4] if kind is None else kind)


CHANGES = {
    "cut before it": lambda frame, chance: (b"",),
    "cut in its head": lambda frame, chance: (frame[:chance.randrange(1, 5)],),
    "cut behind its head": lambda frame, chance: (frame[:5],),
    "cut within": lambda frame, chance: (frame[:chance.randrange(5, len(frame) + 1)],),
    "cut behind it": lambda frame, chance: (frame,),
    "dropped": lambda frame, chance: b"",
    "sent twice": lambda frame, chance: frame + frame,
    "behind the next": lambda frame, chance: LATER,
    "a length of 4 GB": lambda frame, chance: header(frame, length=0xFFFFFFFF) + frame[5:],
    "a length beyond what comes": lambda frame, chance: header(frame, length=len(frame) + 3) + frame[5:],
    "a type that is none": lambda frame, chance: header(frame, kind=200) + frame[5:],
    "another type": lambda frame, chance: header(frame, kind=chance.choice(list(NAMES))) + frame[5:],
    "noise in its place": lambda frame, chance: frame[:5] + chance.randbytes(len(frame) - 5),
    "a bit turned": lambda frame, chance: turned(frame, chance),
    "its end is missing": lambda frame, chance: header(frame, length=(len(frame) - 5) // 2) + frame[5:5 + (len(frame) - 5) // 2],
    "empty": lambda frame, chance: header(frame, length=0),
}
# Only with --all, because of the time: the list of members comes every five seconds.
# If an end waits for a frame that never comes, only a timeout helps: ten seconds of silence, or fifteen without progress.
AWAITED = ("Hello", "Welcome", "PageDigestsEnd", "PageLeavesEnd", "ReconcileEnd")
SILENT = ("dropped", "behind the next", "a length beyond what comes", "another type")
STREAM = ["Hello", "Welcome", "Heartbeat", "Credit", "Records", "Marker", "Members"]
RECONCILE = ["PageDigests", "PageDigestsEnd", "PageLeaves", "PageLeavesEnd", "Entries", "AbsentLeaves", "ReconcileEnd"]
BOOTSTRAP = {"dr": [("BootstrapPackage", "cut within"), ("BootstrapPackage", "its end is missing"), ("BootstrapPackage", "a length of 4 GB")],
             "performance": [("BootstrapRequest", "a type that is none"), ("BootstrapPackage", "another type"), ("BootstrapPackage", "cut before it")]}
FORWARD = ["ForwardRequest", "ForwardAnswer"]


def turned(frame, chance):
    if len(frame) == 5:
        return frame
    at = chance.randrange(5, len(frame))
    return frame[:at] + bytes([frame[at] ^ 1 << chance.randrange(8)]) + frame[at + 1:]


def attach(space, primary, secondary, kind):
    middle = Middleman(space, primary, kind, secondary.name)
    client = secondary.client()

    # The first frames of a new secondary, cut in every way: the cluster keeps its role, and the same token still works.
    client.write("sys/mounts/own", {"type": "kv"})
    client.write("own/a", {"is": "precious"})
    # The token names the primary's key, so the secondary detects an attacker that answers in the primary's place.
    code, body = client.raw("POST", f"sys/replication/{kind}/secondary/enable", {"token": middle.token_as_made, "primary_api_addr": middle.api_address})
    assert code == 400 and b"names another primary than the token" in body, (code, body)
    for frame, change in BOOTSTRAP[kind]:
        made = middle.change(frame, lambda data, change=change: CHANGES[change](data, random.Random(1)))
        code, body = client.raw("POST", f"sys/replication/{kind}/secondary/enable", {"token": middle.token, "primary_api_addr": middle.api_address})
        assert made.fired.is_set() and code == 500 and b"error fetching secondary bootstrap package: " in body, (frame, change, code, body)
        assert client.read("own/a")["data"] == {"is": "precious"}, (frame, change)
        assert client.replication(kind) == {"mode": "disabled"}, (frame, change)

    certificates = {"of another authority": None, "that has expired": middle.authority.issue("late", dns="primary.replication.holdfast", days=-1),
                    "for another name": middle.authority.issue("named", dns="secondary.replication.holdfast"), "for no name": middle.authority.issue("nameless")}
    certificates["of another authority"] = Authority(space.path / f"stranger-{kind}").issue("primary", dns="primary.replication.holdfast")
    good = middle.authority.issue("true", dns="primary.replication.holdfast")
    for name, shown in certificates.items():
        middle.show(*shown)
        code, body = client.raw("POST", f"sys/replication/{kind}/secondary/enable", {"token": middle.token, "primary_api_addr": middle.api_address})
        assert code == 500 and b"certificate" in body, (name, code, body)
        assert client.read("own/a")["data"] == {"is": "precious"}, name
    middle.show(*good)
    client.write(f"sys/replication/{kind}/secondary/enable", {"token": middle.token, "primary_api_addr": middle.api_address})
    wait_in_sync(primary, secondary, kind)
    secondary.keys, secondary.threshold = primary.keys, primary.threshold
    return middle


def provoke(primary, secondary, middle, frame, number, user):
    """Makes the cluster send such a frame, if one write and one second are not enough."""
    client = primary.client()
    if frame in RECONCILE:  # the next marker shows that a record was lost, and the forest finds it
        lost = middle.change("Records", lambda data: b"")
        client.write(f"secret/data/lost-{number}", {"data": {"at": number}})
        wait_until(lambda: lost.fired.is_set(), 20, "a record to be dropped")
    elif frame in ("Hello", "Welcome"):
        middle.cut()
    elif frame in FORWARD:
        def forward(which):
            try:
                secondary.client(user).write(f"secret/data/forwarded-{number}-{which}", {"data": {"at": number}})
            except ApiError as error:
                assert error.status in (500, 503), (frame, error)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(forward, range(2)))
    client.write(f"secret/data/after-{number}", {"data": {"at": number}})
    client.close()


def disturb(primary, links, pair, chance, number, user, writers):
    """One change on each link, during writes; afterwards both ends must recover without help."""
    made = {kind: links[kind][1].change(frame, lambda data, change=change: CHANGES[change](data, chance)) for kind, (frame, change) in pair.items()}
    # The lost write must be a separate one: the load overwrites its own writes, so nothing would differ.
    for kind, (frame, _) in pair.items():
        if frame in RECONCILE:
            provoke(primary, *links[kind], frame, number, user)
    writers.start()
    for kind, (frame, _) in pair.items():
        if frame not in RECONCILE:
            provoke(primary, *links[kind], frame, number, user)
    for kind, (frame, change) in pair.items():
        # The secondary has nothing that the primary lacks, so these frames may never be sent.
        is_sent = made[kind].fired.wait(1 if frame == "AbsentLeaves" else 30)
        assert is_sent or frame == "AbsentLeaves", f"{kind}: no {frame} was sent"
    writers.stop()
    for kind, (frame, change) in pair.items():
        links[kind][1].forget()
        try:
            wait_in_sync(primary, links[kind][0], kind, 40)
        except AssertionError as error:
            raise AssertionError(f"{kind}, after {frame}, {change}: {error}") from None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    with Workspace() as space:
        primary = space.server("primary").initialize()
        root = primary.client()
        root.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        root.write("sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
        root.write("auth/token/roles/all", {"allowed_policies": "all", "orphan": True, "token_type": "batch", "renewable": False})
        put_secrets(primary, SECRETS, prefix="secret/data/kept")
        for kind in ("dr", "performance"):
            root.write(f"sys/replication/{kind}/primary/enable")
            wait_until(lambda: root.replication(kind)["mode"] == "primary", 20, "the primary")
        user = root.write("auth/token/create/all", {"ttl": "1h"})["auth"]["client_token"]

        print("activations and certificates", flush=True)
        links = {}
        for kind in ("dr", "performance"):
            server = space.server(kind, extra="replication {\n  resolver_discover_servers = false\n}").initialize()
            links[kind] = (server, attach(space, primary, server, kind))

        # The secondary gives up a lost forwarded request after a minute, if the connection stays. The test does not wait for that.
        cases = {kind: [(frame, change) for frame in STREAM + RECONCILE + (FORWARD if kind == "performance" else []) for change in CHANGES
                        if frame not in FORWARD or change not in ("dropped", "a length beyond what comes")] for kind in links}
        if not options.all:
            cases = {kind: [case for case in each if case[0] != "Members" and (case[0] not in AWAITED or case[1] not in SILENT)] for kind, each in cases.items()}
        for each in cases.values():
            chance.shuffle(each)
        count = max(len(each) for each in cases.values()) if options.all else options.count // 2
        writers = Writers(primary, primary.root_token, "secret/data/load", threads=1)
        writers.stop()
        for number in range(count):
            began = time.monotonic()
            pair = {kind: each[number] for kind, each in cases.items() if number < len(each)}
            disturb(primary, links, pair, chance, number, user, writers)
            print("; ".join(f"{kind}: {frame}: {change}" for kind, (frame, change) in pair.items()) + f" ({time.monotonic() - began:.1f} s)", flush=True)
        for kind, (server, middle) in links.items():
            wait_in_sync(primary, server, kind)
        reader = links["performance"][0].client(user)
        print(f"{writers.check(root)} paths are on the primary as they were answered, {writers.check(reader)} on the secondary")
        for name in root.call("LIST", "secret/metadata")["data"]["keys"]:
            version = root.read(f"secret/metadata/{name}")["data"]["current_version"] if name.startswith("forwarded-") else 1
            assert version == 1, f"{name} was forwarded once and written {version} times"
        check_secrets(links["performance"][0], SECRETS, prefix="secret/data/kept", token=user)

        print("an expired, an unknown and a revoked certificate of a secondary", flush=True)
        dr, middle = links["dr"]
        certificate, key = middle.authority.issue("stranger")
        both = space.path / "stranger.pem"
        both.write_text(open(certificate).read() + open(key).read())
        assert not is_refused(primary, protocol=ALPN["dr"], identity=middle.identity)
        assert is_refused(primary, protocol=ALPN["dr"], identity=str(both)), "an unknown authority's"
        root.write("sys/replication/dr/primary/revoke-secondary", {"id": dr.name})
        wait_until(lambda: dr.client().replication("dr")["connection_state"] != "ready", 20, "the link to be cut")
        before = dr.client().replication("dr")["merkle_root"]
        root.write("secret/data/behind", {"data": {"at": 0}})
        connections = middle.connections
        wait_until(lambda: middle.connections > connections and "revoked or was never known" in dr.log_path.read_text(), 20, "the refusal")
        assert dr.client().replication("dr")["merkle_root"] == before, "a revoked secondary got something"

        for server in (primary, dr, links["performance"][0]):
            said = server.log_path.read_text()
            for secret in (primary.root_token, user, *primary.keys, *links["dr"][1].secrets, *links["performance"][1].secrets):
                assert secret not in said, f"{server.name}'s log holds a secret"
            assert "PRIVATE KEY" not in said
        for _, middle in links.values():
            middle.close()
    print("all passed")


if __name__ == "__main__":
    sys.exit(main())
