"""A disk that is full at the worst moment: during a safety snapshot, a first sync, an automatic snapshot.

Nothing is wiped, no answered write is lost, no incomplete file stays, and the error names the next step. When there is room again, the work continues
without help or with the same call. The test has two kinds of full disks: a device without room (if it can mount a tmpfs) and a file that cannot grow.
"""

import base64
import os
import re
import resource
import shutil
import sys

from damage import SmallDisk
from harness import Workspace, check_secrets, put_secrets, wait_in_sync, wait_until

SECRETS = 60
CONFIG, STATUS = "sys/storage/raft/snapshot-auto/config/", "sys/storage/raft/snapshot-auto/status/"


class FilesCannotGrow:
    """The other kind of full disk: each opened file can hold 64 KB."""

    def __init__(self, path):
        self.path = path

    def fill(self, server):
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))

    def free(self, server):
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def leftovers(server):
    folder = server.directory.parent / "small" / server.name if server.is_small else server.directory / "data"
    return [str(path) for path in folder.rglob("*") if path.suffix in (".unproven", ".partial", ".unfinished") or path.parent.name == "scratch"]


def large_values(client):
    """More than a small file holds."""
    client.write("sys/mounts/own", {"type": "kv", "options": {"version": "2"}})
    for at in range(12):
        client.write(f"own/data/large-{at}", {"data": {"value": base64.b64encode(os.urandom(15_000)).decode()}})


def safety_snapshot(primary, server, disk, kind):
    client = server.client()
    large_values(client)
    put_secrets(server, SECRETS, prefix="own/data/it")
    token = primary.client().write(f"sys/replication/{kind}/primary/secondary-token", {"id": server.name})["wrap_info"]["token"]
    disk.fill(server)
    code, body = client.raw("POST", f"sys/replication/{kind}/secondary/enable", {"token": token})
    text = body.decode()
    print(f"{server.name}: {text.strip()}", flush=True)
    assert code == 500 and "nothing was changed" in text and "skip_safety_snapshot" in text and re.search("space|room|free|large", text), (code, text)
    assert client.replication(kind) == {"mode": "disabled"}
    check_secrets(server, SECRETS, prefix="own/data/it")
    assert not leftovers(server), leftovers(server)
    disk.free(server)
    warnings = client.write(f"sys/replication/{kind}/secondary/enable", {"token": token})["warnings"]
    assert len(warnings) == 3 and "was taken and proven" in warnings[2], warnings
    wait_in_sync(primary, server, kind)
    server.keys, server.threshold, server.root_token = primary.keys, primary.threshold, primary.root_token
    primary.client().write(f"sys/replication/{kind}/primary/revoke-secondary", {"id": server.name})


def wait_for_broken(client, kind):
    seen = []

    def is_broken():
        seen[:] = [client.replication(kind)]
        return seen[0].get("verdict") == "broken" and seen[0]

    try:
        return wait_until(is_broken, 30, "the full disk to be shown")
    except AssertionError as error:
        raise AssertionError(f"{error}: {seen}") from None


def first_sync(primary, server, disk, kind):
    """The disk is full when the first entries arrive."""
    client = server.client()
    token = primary.client().write(f"sys/replication/{kind}/primary/secondary-token", {"id": server.name})["wrap_info"]["token"]
    if server.is_small:
        disk.fill(server)
        code, body = client.raw("POST", f"sys/replication/{kind}/secondary/enable", {"token": token})
        print(f"{server.name}: {body.decode().strip()}", flush=True)
        assert code == 500 and b"the token is still good" in body, (code, body)
        disk.free(server)
    client.write(f"sys/replication/{kind}/secondary/enable", {"token": token})
    wait_until(lambda: client.replication(kind)["mode"] == "secondary", 30, "the new role")
    server.keys, server.threshold, server.root_token = primary.keys, primary.threshold, primary.root_token
    disk.fill(server)
    for at in range(20):  # in case everything has arrived already
        primary.client().write(f"secret/data/during-{at}", {"data": {"is": "answered", "value": "x" * 400_000}})
    seen = wait_for_broken(client, kind)
    print(f"{server.name}: {seen['verdict_cause']}", flush=True)
    assert re.search("space|room|large", seen["verdict_cause"]), seen
    disk.free(server)
    wait_in_sync(primary, server, kind)
    assert server.log_path.read_text().count("does not take writes yet") < 5


def automatic(server, disk, folder):
    client = server.client()
    large_values(client)
    folder.mkdir(exist_ok=True)
    client.write(CONFIG + "often", {"interval": 1, "retain": 3, "path_prefix": str(folder), "storage_type": "local", "local_max_space": 1 << 30})
    status = lambda: client.read(STATUS + "often")["data"]
    wait_until(lambda: status()["last_snapshot_url"], 30, "a first snapshot")

    def failed():
        disk.fill(server)  # again, because the former run has freed room
        data = status()
        return data["last_snapshot_error"] and data

    seen = wait_until(failed, 30, "a snapshot to fail, or its proof")
    print(f"{server.name}: {seen['last_snapshot_error']}", flush=True)
    assert re.search("space|room|large", seen["last_snapshot_error"]), seen
    kept = sorted(folder.glob("*.snap"))
    assert kept, list(folder.iterdir())
    assert client.raw("GET", "sys/health")[0] == 200
    disk.free(server)
    wait_until(lambda: not status()["last_snapshot_error"] and status()["last_snapshot_url"] != seen["last_snapshot_url"], 30, "snapshots to continue")
    client.call("DELETE", CONFIG + "often")
    wait_until(lambda: {path.suffix for path in folder.iterdir()} == {".snap"}, 30, "what is unfinished to be gone")


def main():
    with Workspace() as space:
        primary = space.server("primary").initialize()
        root = primary.client()
        root.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        for at in range(30):
            root.write(f"secret/data/{at}", {"data": {"value": f"{at}-" + "x" * 400_000}})
        for kind in ("dr", "performance"):
            root.write(f"sys/replication/{kind}/primary/enable")
        with SmallDisk(space, megabytes=200) as small:
            for name, disk in (("files", FilesCannotGrow(space.path)), ("device", small)):
                if name == "device" and not small.is_mounted:
                    break  # mounting is not allowed here; the bound on files has shown the same
                def run(job, work):
                    server = space.server(f"{job}-{name}", storage=small.path / f"{job}-{name}" if name == "device" else None)
                    server.is_small = name == "device"
                    work(server.initialize())
                    server.stop()
                    if server.is_small:
                        shutil.rmtree(small.path / server.name)

                run("guard", lambda server: safety_snapshot(primary, server, disk, "dr"))
                run("auto", lambda server: automatic(server, disk, (small.path if server.is_small else space.path) / "snapshots"))
                run("sync", lambda server: first_sync(primary, server, disk, "performance"))
                primary.client().write("sys/replication/performance/primary/revoke-secondary", {"id": f"sync-{name}"})
    print("all passed")


if __name__ == "__main__":
    sys.exit(main())
