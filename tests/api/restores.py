"""Restores through the API and the command line: the checks before anything is replaced, the way back, and the rules for replication sets. The class of
fault: after a restore nobody can unseal the cluster, a stranger can initialise it, or there is a second primary.
"""

import gzip
import hashlib
import io
import json
import os
import random
import struct
import sys
import tarfile
import threading
import time

from harness import ApiError, Cli, Client, Workspace, wait_in_sync, wait_until

SNAPSHOT, FORCE = "sys/storage/raft/snapshot", "sys/storage/raft/snapshot-force"


def parts_of(archive):
    with tarfile.open(fileobj=io.BytesIO(archive)) as parts:
        meta, state = (parts.extractfile(name).read() for name in ("meta.json", "state.bin"))
    entries, at = [], 0
    while at < len(state):
        key, value = struct.unpack("<II", state[at:at + 8])
        begin = at + 40
        entries.append((state[begin:begin + key], state[begin + key:begin + key + value], state[at + 8:at + 40]))
        at = begin + key + value
    return json.loads(meta), entries


def archive_of(meta, entries):
    """With right checksums, which anybody can compute, and a wrong seal, because only the key holder can make a right one."""
    state = b"".join(struct.pack("<II", len(key), len(value)) + leaf + key + value for key, value, leaf in entries)
    text = json.dumps({**meta, "key_count": len(entries), "state_bytes": len(state)}).encode()
    sums = f"{hashlib.sha256(text).hexdigest()}  meta.json\n{hashlib.sha256(state).hexdigest()}  state.bin\n".encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as parts:
        for name, data in (("meta.json", text), ("state.bin", state), ("SHA256SUMS", sums), ("SHA256SUMS.sealed", b"x")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            parts.addfile(info, io.BytesIO(data))
    return out.getvalue()


def save(server):
    status, archive = server.client().raw("GET", SNAPSHOT)
    assert status == 200, status
    return archive


def post(server, path, body, headers=None):
    status, text = server.client().raw("POST", path, body, headers)
    return status, json.loads(text) if text else {}


def refused(server, path, body, *texts, headers=None, status=400):
    code, answer = post(server, path, body, headers)
    assert code == status and answer.get("errors"), (code, answer)
    for text in texts:
        assert text in answer["errors"][0], (text, answer)


def form_of(fields):
    parts = b""
    for name, data in fields:
        extra = b'; filename="s.snap"\r\nContent-Type: application/octet-stream' if name == b"snapshot" else b""
        parts += b'--line\r\nContent-Disposition: form-data; name="' + name + b'"' + extra + b"\r\n\r\n" + data + b"\r\n"
    return parts + b"--line--\r\n"


def serves(server, path, value):
    def fits():
        status, text = server.client().raw("GET", path)
        return status == 200 and json.loads(text)["data"] == value
    wait_until(fits, 30, f"{path} to be {value}")


def unseal_restored(server, keys, token):
    """The server seals itself soon after the answer. Only then the keys of the snapshot count."""
    wait_until(lambda: server.client().read("sys/seal-status")["sealed"], 30, f"{server.name} to be sealed")
    server.unseal(keys)
    server.root_token = token


def check_refusals(space):
    """A refused forced restore changes nothing on the cluster, and no stranger can initialise it."""
    server = space.server("refusals").initialize()
    client = server.client()
    client.write("sys/mounts/kv", {"type": "kv"})
    client.write("kv/a", {"a": "1"})
    meta, entries = parts_of(save(server))
    names = [key for key, _, _ in entries]
    data = next(at for at, key in enumerate(names) if key.startswith(b"s/logical/"))
    key, value, leaf = entries[data]
    altered = entries[:data] + [(key, value[:-1] + bytes([value[-1] ^ 1]), leaf)] + entries[data + 1:]
    for what, archive in {
            "nothing": archive_of(meta, []),
            "no keyring": archive_of(meta, [each for each in entries if each[0] != b"s/core/keyring"]),
            "no seal": archive_of(meta, [each for each in entries if not each[0].startswith(b"i/")]),
            "a value lost": archive_of(meta, entries[:data] + entries[data + 1:]),
            "a value altered": archive_of(meta, altered),
            "a key twice": archive_of(meta, entries[:data] + [entries[data]] + entries[data:]),
            "a key of this cluster alone": archive_of(meta, entries + [(b"i/core/trust/member", value, leaf)]),
            "empty parts": gzip.compress(tarfile.TarInfo("meta.json").tobuf() * 300_000, 6),
            "global headers": gzip.compress(b"".join([tarfile.TarInfo.create_pax_global_header({"a": "b"})] * 20_000), 6),
    }.items():
        began = time.monotonic()
        refused(server, FORCE, archive)
        assert time.monotonic() - began < 5, what
        assert client.read("kv/a")["data"] == {"a": "1"}, what
        status, _ = Client(server.address).raw("PUT", "sys/init", b'{"secret_shares":1,"secret_threshold":1}')
        assert status == 400, (what, status)
    assert not (server.directory / "data" / "safety").exists(), "a safety snapshot without a restore"
    # An archive that was built from existing parts without a key: every value opens, and the answer says what could not be checked.
    status, answer = post(server, FORCE, archive_of(meta, entries))
    assert status == 200 and "entries can be missing" in answer["warnings"][0], (status, answer)
    serves(server, "kv/a", {"a": "1"})


def check_signers(space):
    """A former member has the keys and could build an archive. So in a set the archive needs a signature of a present member."""
    server = space.server("signed").initialize()
    client = server.client()
    client.write("sys/mounts/kv", {"type": "kv"})
    client.write("kv/a", {"v": "before"})
    archive = save(server)
    unsigned = archive_of(*parts_of(archive))
    client.write("sys/replication/performance/primary/enable")
    refused(server, FORCE, unsigned, "the snapshot is not signed", "accept_unsigned=true")
    client.write("kv/a", {"v": "after"})
    assert post(server, SNAPSHOT, archive)[0] == 204, "its own signature counts"
    serves(server, "kv/a", {"v": "before"})
    status, answer = post(server, FORCE + "?accept_unsigned=true", unsigned)
    assert status == 200 and "entries can be missing" in answer["warnings"][0], (status, answer)


def check_lost_watches(space):
    """The class: what watches over a cluster is part of what a restore replaces, and ends without a word. Here automatic snapshots and audit devices that
    are younger than the snapshot. It could occur with each setting that nobody looks at while all is well. What holds: the answer names them."""
    server = space.server("watched").initialize()
    client = server.client()
    config = {"interval": "24h", "storage_type": "local", "path_prefix": str(server.directory / "data"), "local_max_space": 1 << 20}
    client.write("sys/storage/raft/snapshot-auto/config/early", config)
    client.write("sys/audit/early", {"type": "file", "options": {"file_path": str(server.directory / "early.log")}})
    archive = save(server)
    assert post(server, SNAPSHOT, archive)[0] == 204, "nothing is lost"
    wait_until(lambda: client.raw("GET", "sys/storage/raft/snapshot-auto/config/early")[0] == 200, 30, "the restored contents")
    for name in ("late", "later"):
        client.write(f"sys/storage/raft/snapshot-auto/config/{name}", config)
        client.write(f"sys/audit/{name}", {"type": "file", "options": {"file_path": str(server.directory / f"{name}.log")}})
    file = space.path / "watched.snap"
    file.write_bytes(archive)
    cli = Cli(server, space.path / "home")
    cli.run(f"vault operator raft snapshot restore {file}", token=server.root_token)
    said = " ".join(cli.last_error.split())
    assert "are made no more: late, later." in said and "take no entries any more: late/, later/." in said and "early" not in said, said
    wait_until(lambda: client.raw("GET", "sys/storage/raft/snapshot-auto/config/late")[0] == 404, 30, "the restored contents")
    # Under the keys of another cluster every schedule of this one goes.
    other = space.server("watched-other").initialize()
    status, answer = post(server, FORCE, save(other))
    assert status == 200 and any("are made no more: early." in each for each in answer["warnings"]), (status, answer)


def check_way_back(space):
    """A restore with the present keys: the answer, and the command that undoes it, which works."""
    server = space.server("back").initialize()
    client = server.client()
    client.write("sys/mounts/kv", {"type": "kv"})
    client.write("kv/a", {"a": "old"})
    file = space.path / "old.snap"
    file.write_bytes(save(server))
    client.write("kv/a", {"a": "new"})
    status, _ = client.raw("POST", SNAPSHOT, file.read_bytes())
    assert status == 204, status  # as Vault answers
    serves(server, "kv/a", {"a": "old"})
    client.write("kv/a", {"a": "newer"})
    cli = Cli(server, space.path / "home-back")
    out = cli.run(f"vault operator raft snapshot restore {file}")
    undo = next(line.strip() for line in out.splitlines() if line.strip().startswith("holdfast replication safety-snapshot restore "))
    serves(server, "kv/a", {"a": "old"})
    cli.run(undo.replace("holdfast", "vault", 1))
    serves(server, "kv/a", {"a": "newer"})


def check_other_keys(space):
    """A snapshot with other keys: with its shares the server checks everything, without them it warns."""
    one, other = space.server("one").initialize(), space.server("other-keys").initialize()
    for server, value in ((one, "one"), (other, "other")):
        server.client().write("sys/mounts/kv", {"type": "kv"})
        server.client().write("kv/a", {"a": value})
    archive = save(one)
    meta, entries = parts_of(archive)
    data = next(at for at, each in enumerate(entries) if each[0].startswith(b"s/logical/"))
    key, value, leaf = entries[data]
    altered = archive_of(meta, entries[:data] + [(key, value[:-1] + bytes([value[-1] ^ 1]), leaf)] + entries[data + 1:])
    shares = ",".join(one.keys[:2])
    refused(other, SNAPSHOT, archive, "snapshot-force API")
    refused(other, FORCE, altered, "does not open", headers={"key": shares})
    refused(other, FORCE, archive, "key shares", headers={"key": one.keys[0]})
    refused(other, FORCE, archive, "not those of the snapshot", headers={"key": ",".join(other.keys[:2])})
    refused(other, FORCE, archive, "'key' must be", headers={"key": "?"})
    form = {"Content-Type": "multipart/form-data; boundary=line"}
    keys = [(b"key", share.encode()) for share in one.keys[:2]]
    for body, text in ((form_of(keys), "no snapshot"), (form_of([(b"snapshot", archive)] * 2), "more than one"),
                       (form_of(keys + [(b"snapshot", archive)])[:-200], "cut off"), (b"no form", "cut off"),
                       (form_of([(b"key", b"x" * 2000), (b"snapshot", archive)]), "too long")):
        refused(other, FORCE, body, text, headers=form)
    assert other.client().read("kv/a")["data"] == {"a": "other"}

    other_keys, other_token = list(other.keys), other.root_token
    file = space.path / "one.snap"
    file.write_bytes(archive)
    cli = Cli(other, space.path / "home-other")
    out = cli.run(f"vault operator raft snapshot restore -force -key={one.keys[0]} -key={one.keys[1]} {file}")
    assert "every value was opened" in out and "safety-snapshot restore" in out and "no value could be opened" not in cli.last_error, (out, cli.last_error)
    unseal_restored(other, one.keys, one.root_token)
    serves(other, "kv/a", {"a": "one"})
    # And back, with the earlier keys.
    undo = next(line.strip() for line in out.splitlines() if line.strip().startswith("holdfast replication safety-snapshot restore "))
    cli.run(undo.replace("holdfast", "vault", 1))
    unseal_restored(other, other_keys, other_token)
    serves(other, "kv/a", {"a": "other"})
    # In a form, and without shares.
    status, answer = post(other, FORCE + "?report=true", form_of(keys + [(b"snapshot", archive)]), form)
    assert status == 200 and answer["data"]["proven"] == "contents" and answer["data"]["is_sealed"], (status, answer)
    unseal_restored(other, one.keys, one.root_token)
    third = space.server("third").initialize()
    status, answer = post(third, FORCE, archive)
    assert status == 200 and "no value could be opened" in answer["warnings"][0], (status, answer)
    for server in (other, third):
        assert not os.listdir(server.directory / "data" / "uploads"), "an upload is left"


def check_sets(space):
    """A secondary's own snapshot, and a snapshot of a primary while that primary is alive."""
    primary, secondary, node = (space.server(name).initialize() for name in ("p", "s", "n"))
    p = primary.client()
    p.write("sys/replication/performance/primary/enable", {})
    wrapped = p.write("sys/replication/performance/primary/secondary-token", {"id": "s"})["wrap_info"]["token"]
    secondary.client().write("sys/replication/performance/secondary/enable", {"token": wrapped})
    secondary.keys = primary.keys
    wait_in_sync(primary, secondary, "performance")
    p.write("sys/mounts/kv", {"type": "kv"})
    p.write("kv/a", {"a": "shared"})
    p.write("sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
    p.write("sys/auth/userpass", {"type": "userpass"})
    p.write("auth/userpass/users/eve", {"password": "pw", "policies": "all"})
    wait_in_sync(primary, secondary, "performance")
    secondary.root_token = Client(secondary.address).write("auth/userpass/login/eve", {"password": "pw"})["auth"]["client_token"]
    s = secondary.client()
    s.write("sys/mounts/own", {"type": "kv", "local": True})
    s.write("own/a", {"a": "local"})
    of_secondary = save(secondary)
    s.write("own/a", {"a": "changed"})
    p.write("kv/a", {"a": "newer"})
    wait_in_sync(primary, secondary, "performance")
    refused(secondary, SNAPSHOT, save(primary), "only its own snapshot")
    status, answer = post(secondary, SNAPSHOT, of_secondary)
    assert status == 204, (status, answer)
    serves(secondary, "own/a", {"a": "local"})
    serves(secondary, "kv/a", {"a": "newer"})  # the primary's, and never what it was
    p.write("kv/a", {"a": "newest"})
    wait_in_sync(primary, secondary, "performance")
    serves(secondary, "kv/a", {"a": "newest"})

    # And back again, by the command that undoes it.
    (kept,) = s.read("sys/replication/safety-snapshot")["data"]["keys"]
    s.write("sys/replication/safety-snapshot/restore", {"name": kept})
    serves(secondary, "own/a", {"a": "changed"})
    serves(secondary, "kv/a", {"a": "newest"})
    wait_in_sync(primary, secondary, "performance")

    of_primary = save(primary)
    shares = {"key": ",".join(primary.keys[:2])}
    for headers in (shares, None):  # the server finds it without the shares as well
        refused(node, FORCE, of_primary, "answers as primary", "p", "new_identity=true", headers=headers)
    status, answer = post(node, FORCE + "?new_identity=true", of_primary, shares)
    assert status in (200, 204), (status, answer)
    unseal_restored(node, primary.keys, primary.root_token)
    serves(node, "kv/a", {"a": "newest"})
    made, old = node.client().replication("performance"), p.replication("performance")
    assert made["mode"] == "primary" and made["cluster_id"] != old["cluster_id"] and not made.get("known_secondaries"), made
    node.stop()
    node.start()
    node.unseal(primary.keys)
    assert node.client().replication("performance")["cluster_id"] == made["cluster_id"]
    assert p.replication("performance")["mode"] == "primary"

    # The primary is lost: another node takes its place, and says how to bring the member back.
    primary.kill()
    last = space.server("last").initialize()
    wait_until(lambda: secondary.client().replication("performance")["primaries"][0]["connection_status"] == "disconnected", 60, "the link to be seen cut")
    status, answer = post(last, FORCE, of_primary, shares)
    assert status == 200 and any("Member s " in step and "update-primary" in step for step in answer["data"]["steps"]), (status, answer)
    unseal_restored(last, primary.keys, primary.root_token)
    serves(last, "kv/a", {"a": "newest"})
    role = last.client().replication("performance")
    assert role["mode"] == "primary" and role["cluster_id"] == secondary.client().replication("performance")["cluster_id"], role


def check_crashes(space):
    """A server that is killed during a restore has all old data or all new data, and the keys that open it."""
    one, other = space.server("crash-one").initialize(), space.server("crash-other").initialize()
    count, value = 150, "x" * 20_000
    for server, name in ((one, "one"), (other, "other")):
        client = server.client()
        client.write("sys/mounts/kv", {"type": "kv"})
        for number in range(count):
            client.write(f"kv/{number}", {"of": name, "value": value})
    archive = save(one)
    shares = {"key": ",".join(one.keys[:2])}
    keys = {"one": (list(one.keys), one.root_token), "other": (list(other.keys), other.root_token)}
    chance, ends = random.Random(5), []
    began = time.monotonic()
    assert post(one, SNAPSHOT, archive)[0] == 204
    duration = time.monotonic() - began
    wait_until(lambda: not one.client().read("sys/seal-status")["sealed"] and one.client().raw("GET", "kv/0")[0] == 200, 30, "the first restore")

    def generation(server):
        """The cluster whose data this is; all of it must be from the same one."""
        client = server.client()
        found = {client.read(f"kv/{number}")["data"]["of"] for number in range(count)}
        assert len(found) == 1 and len(client.call("LIST", "kv/")["data"]["keys"]) == count, found
        return found.pop()

    for turn in range(8):
        before = generation(other)
        outcome = []

        def restore():
            try:
                outcome.append(Client(other.address, other.root_token).raw("POST", FORCE, archive, shares)[0])
            except OSError:
                outcome.append(0)

        thread = threading.Thread(target=restore)
        thread.start()
        time.sleep(duration * chance.uniform(0.0, 1.1))
        other.kill()
        thread.join()
        other.start()
        status = other.client().read("sys/seal-status")
        assert status["initialized"] and status["sealed"], status
        for name in ("one", "other"):
            client = Client(other.address)
            client.write("sys/unseal", {"reset": True})
            try:
                for key in keys[name][0][:2]:
                    client.write("sys/unseal", {"key": key})
            except ApiError:
                continue
            wait_until(lambda: not client.read("sys/seal-status")["sealed"], 30, "it to unseal")
            other.keys, other.root_token = keys[name]
            break
        else:
            raise AssertionError("neither keys open it")
        ends.append(generation(other))
        assert ends[-1] == name and ends[-1] in (before, "one"), (before, name, ends)
        assert outcome[0] not in (200, 204) or ends[-1] == "one", (outcome, ends)
        if ends[-1] == "one":  # back to the other contents
            undo = sorted(file.stem for file in (other.directory / "data" / "safety").glob("*.snap"))
            for name in reversed(undo):
                about = json.loads((other.directory / "data" / "safety" / f"{name}.json").read_text())
                if about["cluster_name"] and about["inventory"] and about["reason"].startswith("before a snapshot of crash-one"):
                    other.client().write("sys/replication/safety-snapshot/restore", {"name": name})
                    break
            unseal_restored(other, *keys["other"])
            assert generation(other) == "other"
    print("crashes ended with", ends)


def main():
    with Workspace() as space:
        for check in (check_refusals, check_signers, check_lost_watches, check_way_back, check_other_keys, check_sets, check_crashes):
            began = time.monotonic()
            check(space)
            print(f"{check.__name__}: {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
