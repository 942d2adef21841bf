"""Faults of the disk: damaged files, a full disk, and kill -9 in the middle of writes.

The server refuses damaged storage and names the part: at the start, at the unseal, or as the error of a request. Damage never makes the server
crash or serve a wrong value. On a full disk writes fail, reads do not, and writes succeed again when there is room.
"""

import argparse
import ctypes
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import time

from crash import Writers
from harness import Workspace, wait_until

SECRETS = 300


def populate(space):
    """A store with tables (from a clean stop) and newer records in the log (from a kill)."""
    server = space.server("whole").initialize()
    client = server.client()
    client.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    for at in range(SECRETS):
        client.write(f"secret/data/{at}", {"data": {"value": f"first-{at}" * 20}})
    server.stop()
    server.start().unseal()
    client = server.client()
    for at in range(0, SECRETS, 2):
        client.write(f"secret/data/{at}", {"data": {"value": f"second-{at}" * 20}})
    server.kill()
    return server


def expected(at):
    return f"{'first' if at % 2 else 'second'}-{at}" * 20


class Outcome:
    """What a server did with damaged storage: `kind` is refused, sealed, partly or whole; `text` is its message."""

    def __init__(self, kind, text):
        self.kind = kind
        self.text = text


def try_to_serve(server):
    """Starts, unseals and reads everything; fails on a crash and on any wrong value."""
    log_start = server.log_path.stat().st_size if server.log_path.exists() else 0
    said = lambda: server.log_path.read_bytes()[log_start:].decode(errors="replace")
    try:
        server.start()
    except AssertionError:
        code = server.process.poll()
        assert code == 1, f"ended with {code}: {said()}"
        return Outcome("refused", said())
    client = server.client()
    refusals = []
    for key in server.keys[:2]:
        status, text = client.raw("POST", "sys/unseal", {"key": key})
        if status >= 400:
            refusals.append(text.decode(errors="replace"))
    if refusals or client.read("sys/seal-status")["sealed"]:
        kind = Outcome("sealed", "\n".join(refusals) + said())
    else:
        errors = []
        for at in range(SECRETS):
            status, text = client.raw("GET", f"secret/data/{at}")
            if status == 200:
                assert f'"{expected(at)}"'.encode() in text, f"secret {at} reads as {text!r}"
            else:
                assert status == 500, f"secret {at}: {status} {text!r}; an answered write must not just be gone"
                errors.append(text.decode())
        kind = Outcome("partly" if errors else "whole", "\n".join(errors[:1]) + said())
    assert server.process.poll() is None, f"ended with {server.process.poll()}: {said()}"
    client.close()
    server.stop()
    assert server.process.returncode == 0, f"stopped with {server.process.returncode}: {said()}"
    return kind


def flip(path, position, mask=0x10):
    data = bytearray(path.read_bytes())
    data[position] ^= mask
    path.write_bytes(data)


def written_part(path):
    """The length of a segment without the zeros that are pre-written at its end."""
    return len(path.read_bytes().rstrip(b"\0"))


def damage_rows(space, whole, seed, sweeps):
    data = whole.directory / "data"
    copy = space.path / "whole-copy"
    chance = random.Random(seed)

    def fresh():
        shutil.rmtree(data)
        subprocess.run(["cp", "-r", "--sparse=always", str(copy), str(data)], check=True)

    subprocess.run(["cp", "-r", "--sparse=always", str(data), str(copy)], check=True)
    names = sorted(path.relative_to(copy) for path in copy.rglob("*") if path.is_file())
    tables = [name for name in names if name.suffix in (".ldb", ".sst")]
    segments = [name for name in names if name.suffix == ".log" and name.parts[0] == "log" and written_part(copy / name) > 8192]
    manifest = next(name for name in names if name.name.startswith("MANIFEST"))
    assert tables and segments, names
    print(f"{len(tables)} tables, {len(segments)} segments with records", flush=True)
    fresh()
    outcome = try_to_serve(whole)
    assert outcome.kind == "whole", outcome.text

    def case(name, change, kinds, part):
        fresh()
        change()
        outcome = try_to_serve(whole)
        assert outcome.kind in kinds, f"{name}: {outcome.kind}, not {kinds}: {outcome.text}"
        assert outcome.kind != "refused" or "damaged-storage.md" in outcome.text, f"{name}: no next step: {outcome.text}"
        assert part is None or outcome.kind == "whole" or part in outcome.text, f"{name}: {part!r} is not named: {outcome.text}"
        print(f"{name}: {outcome.kind}", flush=True)

    segment = data / segments[-1]
    stop_here = ("refused", "sealed")
    case("a byte in the middle of the log", lambda: flip(segment, written_part(segment) // 2), stop_here, segment.name)
    case("the head of a segment", lambda: flip(segment, 9), stop_here, segment.name)
    case("a segment is gone", segment.unlink, stop_here, "log")
    case("the checkpoint", lambda: flip(data / "log/checkpoint", 20), stop_here, "checkpoint")
    case("the checkpoint is gone", (data / "log/checkpoint").unlink, stop_here, "checkpoint")
    case("CURRENT is garbage", lambda: (data / "db/CURRENT").write_text("garbage\n"), stop_here, "CURRENT")
    case("CURRENT is gone", (data / "db/CURRENT").unlink, stop_here, "")
    case("the manifest", lambda: flip(data / manifest, 20), stop_here, "")
    case("the manifest is gone", (data / manifest).unlink, stop_here, "MANIFEST")
    case("the manifest is empty", lambda: (data / manifest).write_bytes(b""), stop_here, "")
    case("the whole database is gone", lambda: shutil.rmtree(data / "db"), stop_here, "")
    case("the whole log is gone", lambda: shutil.rmtree(data / "log"), stop_here, "log")
    for table in tables:
        case(f"table {table} is gone", (data / table).unlink, stop_here, "")
        case(f"table {table} is empty", lambda: (data / table).write_bytes(b""), stop_here, "")
    for at in range(sweeps):
        table = chance.choice(tables)
        position = chance.randrange((copy / table).stat().st_size)
        case(f"byte {position} of {table}", lambda: flip(data / table, position, 1 << chance.randrange(8)), ("refused", "sealed", "partly", "whole"), "")
    for at in range(sweeps):
        name = segments[-1]
        position = chance.randrange(4096, written_part(copy / name) * 9 // 10)
        case(f"byte {position} of {name}", lambda: flip(data / name, position, 1 << chance.randrange(8)), stop_here, pathlib.Path(name).name)
    shutil.rmtree(copy)


class SmallDisk:
    """A tmpfs if that is allowed, else a bound on the size of files. `fill` makes the disk full, `free` makes room."""

    def __init__(self, space, megabytes=120):
        self.path = space.path / "small"
        self.path.mkdir()
        libc = ctypes.CDLL(None, use_errno=True)
        self.is_mounted = libc.mount(b"tmpfs", bytes(self.path), b"tmpfs", 0, f"size={megabytes}m".encode()) == 0

    def __enter__(self):
        return self

    def fill(self, server):
        if not self.is_mounted:
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))
            return
        with open(self.path / "ballast", "ab", buffering=0) as ballast:
            try:
                while ballast.write(b"\0" * 65536):
                    pass
            except OSError:
                pass

    def free(self, server):
        if not self.is_mounted:
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            return
        (self.path / "ballast").unlink()

    def __exit__(self, *unused):
        if self.is_mounted:
            ctypes.CDLL(None).umount2(bytes(self.path), 2)


def full_disk(space):
    with SmallDisk(space) as disk:
        server = space.server("full", storage=disk.path / "data").initialize()
        client = server.client()
        client.write("sys/mounts/kv", {"type": "kv"})
        client.write("kv/kept", {"a": "b"})
        for turn in range(2):
            disk.fill(server)
            answered, refused = [], None
            for at in range(2000):  # pre-written segments take some more writes
                status, text = client.raw("PUT", f"kv/{turn}/{at}", {"value": f"{turn}-{at}-" + "x" * 500_000})
                if status != 204:
                    refused = (status, text)
                    break
                answered.append(at)
            assert refused and refused[0] == 500, f"{len(answered)} writes, then {refused}"
            print(f"full after {len(answered)} writes: {refused[1]!r}", flush=True)
            assert client.read("kv/kept")["data"] == {"a": "b"}
            for at in answered[:: max(1, len(answered) // 20)]:
                assert client.read(f"kv/{turn}/{at}")["data"]["value"].startswith(f"{turn}-{at}-")
            assert client.raw("PUT", "kv/small", {"a": "b"})[0] in (204, 500)
            disk.free(server)
            wait_until(lambda: client.raw("PUT", "kv/again", {"turn": turn})[0] == 204, 30, "writes to continue")
            assert client.read("kv/again")["data"] == {"turn": turn}
            for at in answered:
                client.call("DELETE", f"kv/{turn}/{at}")
        server.kill()
        server.start().unseal()
        client = server.client()
        assert client.read("kv/kept")["data"] == {"a": "b"} and client.read("kv/again")["data"] == {"turn": 1}
        server.stop()


def kill_cycles(space, cycles, seed):
    server = space.server("killed").initialize()
    client = server.client()
    client.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    chance = random.Random(seed)
    writers = Writers(server, server.root_token, "secret/data/load", threads=6)
    for cycle in range(cycles):
        before = writers.count
        deadline = time.monotonic() + chance.random()
        while time.monotonic() < deadline:  # the load must run until this moment
            time.sleep(0.005)
        server.kill()
        server.start().unseal()
        wait_until(lambda: writers.count > before, 30, "writes to continue")
    writers.stop()
    server.kill()
    server.start().unseal()
    print(f"{writers.count} writes answered in {cycles} cycles, {writers.check(server.client())} paths are as they were answered")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--sweeps", type=int, default=12)
    parser.add_argument("--cycles", type=int, default=10)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with Workspace() as space:
        print("damaged files")
        damage_rows(space, populate(space), options.seed, options.sweeps)
        print("a full disk")
        full_disk(space)
        print("kill -9 in a write load")
        kill_cycles(space, options.cycles, options.seed)
    print("all passed")


if __name__ == "__main__":
    sys.exit(main())
