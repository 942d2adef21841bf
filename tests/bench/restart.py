"""The restart of a whole server after kill -9: from the start of the process, with the unseal, to the first answered read (target S10).

Fills a kv mount over HTTP (32 connections, pipelined requests), kills the server in the middle of writes, starts and unseals it again. The floors are
the same for an empty server, and reading the bytes of the storage folder. Run it by hand on a quiet machine.
"""

import argparse
import concurrent.futures
import pathlib
import socket
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "api"))
from harness import Workspace

AHEAD = 64  # pipelined requests on a connection


def requests(server, first, last, value):
    head = f"HTTP/1.1\r\nHost: x\r\nX-Vault-Token: {server.root_token}\r\nContent-Length: {len(value)}\r\n\r\n"
    return "".join(f"POST /v1/kv/{at // 1000}/{at} {head}{value}" for at in range(first, last)).encode()


def fill(server, keys, connections=32):
    """Writes keys 0 to keys - 1. Returns the rate."""
    value = '{"value":"' + "x" * 200 + '"}'

    def part(start):
        with socket.create_connection(("127.0.0.1", server.api_port)) as connection:
            share = range(start * keys // connections, (start + 1) * keys // connections)
            for first in range(share.start, share.stop, AHEAD):
                last = min(first + AHEAD, share.stop)
                connection.sendall(requests(server, first, last, value))
                answers = b""
                while answers.count(b"HTTP/1.1 ") < last - first or not answers.endswith(b"\r\n\r\n"):
                    answers += connection.recv(65536)
                assert answers.count(b"HTTP/1.1 204") == last - first, answers[:300]

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        list(pool.map(part, range(connections)))
    return keys / (time.monotonic() - began)


def restart(server, path):
    """Kills and starts the server. Returns the seconds to the API's first answer, to the end of the unseal and to the first read, and the CPU seconds."""
    server.kill()
    began = time.monotonic()
    server.start()
    answers = time.monotonic()
    server.unseal()
    unsealed = time.monotonic()
    if path:
        assert server.client().raw("GET", path)[0] == 200
    read = time.monotonic()
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return answers - began, unsealed - began, read - began, (int(fields[11]) + int(fields[12])) / 100


def under_load(server, work):
    """Kills the server during writes, so that the end of the log is torn."""
    stopping = threading.Event()

    def write():
        serial = 0
        while not stopping.is_set():
            client = server.client()
            try:
                while not stopping.is_set():
                    client.raw("POST", f"kv/load/{serial % 1000}", {"value": serial})
                    serial += 1
            except Exception:  # noqa: BLE001 - the server dies under it
                stopping.wait(0.05)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        return work()
    finally:
        stopping.set()
        thread.join()


def read_folder(folder):
    began, count = time.monotonic(), 0
    for path in folder.rglob("*"):
        if path.is_file():
            count += len(path.read_bytes())
    return time.monotonic() - began, count


def show(name, rows):
    columns = [statistics.median(column) for column in zip(*rows)]
    print(f"{name}: API answers {columns[0]:.2f} s, unsealed {columns[1]:.2f} s, first read {columns[2]:.2f} s (slowest {max(row[2] for row in rows):.2f}), CPU {columns[3]:.2f} s", flush=True)
    return columns[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with Workspace() as space:
        empty = space.server("empty").initialize(shares=1, threshold=1)
        floor = show("a server that holds nothing", [restart(empty, None) for _ in range(options.rounds)])
        server = space.server("full").initialize(shares=1, threshold=1)
        server.client().write("sys/mounts/kv", {"type": "kv"})
        rate = fill(server, options.keys)
        rss = next(line for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
        print(f"{options.keys} keys of 210 bytes written at {rate:,.0f} a second; {rss}", flush=True)
        last = options.keys - 1
        whole = show(f"after kill -9 at {options.keys} keys", under_load(server, lambda: [restart(server, f"kv/{last // 1000}/{last}") for _ in range(options.rounds)]))
        seconds, count = read_folder(server.directory / "data")
        print(f"reading the storage folder: {seconds:.2f} s for {count / 1e6:,.0f} MB")
        print(f"S10: {whole:.2f} s (target 2), {whole - floor:.2f} s more than with nothing, {whole / seconds:.1f} times a reading of the folder")


if __name__ == "__main__":
    main()
