"""Bad input on the cluster port: noise, TLS without a certificate or with a wrong one, and frames of a peer with the right one.

In each case the primary continues serving, replicates and forwards nothing of the input, and a true secondary still follows it.
"""

import argparse
import base64
import random
import re
import socket
import ssl
import struct
import subprocess
import sys
import textwrap
import time

from harness import Workspace, wait_in_sync, wait_until

ALPN = {"performance": "replication_v1", "dr": "replication_dr_v1", "forward": "hf_forward_v1"}
FRAME_TYPES = range(0, 24)


def connect(server, protocol=None, identity=None, version=None):
    """A TLS connection as the given peer; raises OSError if the server refuses at once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        context.maximum_version = version
    if protocol:
        context.set_alpn_protocols([protocol])
    if identity:
        context.load_cert_chain(identity)
    raw = socket.create_connection(("127.0.0.1", server.cluster_port), timeout=20)
    try:
        return context.wrap_socket(raw)
    except BaseException:
        raw.close()
        raise


def answer_of(connection, data, waits=True):
    """Sends data and returns the answer until the server closes or is silent; b"" for a refusal."""
    received = b""
    try:
        connection.sendall(data)
        connection.settimeout(20 if waits else 0.01)
        while part := connection.recv(65536):
            received += part
            connection.settimeout(0.2)
    except OSError:
        pass
    connection.close()
    return received


def is_refused(server, **options):
    """Whether the server refuses the connection. With TLS 1.3 a client learns that only when it reads."""
    try:
        return answer_of(connect(server, **options), frame(1, b"")) == b""
    except OSError:
        return True


def frame(kind, payload):
    return struct.pack("<IB", len(payload), kind) + payload


def identity_of(space, client, kind, name):
    """A secondary's certificate and key, taken from its activation token as a secondary does."""
    wrapped = wait_until(lambda: client.write(f"sys/replication/{kind}/primary/secondary-token", {"id": name}), 20, "a token")
    data = client.write("sys/wrapping/unwrap", {"token": wrapped["wrap_info"]["token"]})["data"]
    certificate = "\n".join(textwrap.wrap(data["client_cert"], 64))
    path = space.path / f"{kind}-{name}.pem"
    path.write_text(f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n{data['client_key']['pem']}")
    return str(path)


def stranger(space):
    path = space.path / "stranger.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=stranger", "-keyout", f"{path}.key", "-out", str(path)], check=True, capture_output=True)
    path.write_text(path.read_text() + (space.path / "stranger.pem.key").read_text())
    return str(path)


def bad_peers(space, server, identities):
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", server.cluster_port), timeout=20) as raw:
            raw.sendall(random.randbytes(random.randrange(1, 400)))
    with socket.create_connection(("127.0.0.1", server.cluster_port), timeout=20) as raw:
        raw.sendall(b"GET /v1/sys/health HTTP/1.1\r\nHost: x\r\n\r\n")
        raw.settimeout(20)
        assert b"HTTP/1.1" not in raw.recv(1000)
    for kind in ("dr", "performance"):
        assert not is_refused(server, protocol=ALPN[kind], identity=identities[kind]), f"{kind}: the right certificate"
    unknown = stranger(space)
    for protocol in ALPN.values():
        assert is_refused(server, protocol=protocol), f"{protocol} without a certificate"
        assert is_refused(server, protocol=protocol, identity=unknown), f"{protocol} with a stranger's certificate"
        own = identities["dr" if "dr" in protocol else "performance"]
        other = identities["performance" if "dr" in protocol else "dr"]
        assert is_refused(server, protocol=protocol, identity=other), f"{protocol} with the other type's certificate"
        assert is_refused(server, protocol=protocol, identity=own, version=ssl.TLSVersion.TLSv1_2), f"{protocol} over TLS 1.2"
    for protocol in (None, "h2", "http/1.1"):
        assert is_refused(server, protocol=protocol, identity=identities["dr"]), f"protocol {protocol}"


def bad_frames(server, identities, chance, count):
    """Wrong frames from a peer with a secondary's certificate."""
    odd = [b"\0" * 3, b"\xff" * 9, struct.pack("<IB", 0xFFFFFFFF, 1), struct.pack("<IB", 0x7FFFFFFF, 6) + b"x" * 1000, b"GET / HTTP/1.1\r\n\r\n"]
    odd += [frame(kind, b"") for kind in FRAME_TYPES]
    odd += [frame(kind, b"\x08\x96\x01" * 50) for kind in FRAME_TYPES]
    for _ in range(count):
        odd.append(b"".join(frame(chance.choice(FRAME_TYPES), chance.randbytes(chance.choice((1, 8, 40, 300, 5000)))) for _ in range(chance.randrange(1, 4))))
    for protocol in ALPN.values():
        identity = identities["dr" if "dr" in protocol else "performance"]
        for data in odd:
            answer_of(connect(server, protocol, identity), data, waits=False)
    slow = connect(server, ALPN["dr"], identities["dr"])
    for byte in frame(1, b"\x08")[:-1]:
        slow.sendall(bytes([byte]))
    slow.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    with Workspace() as space:
        primary, true = space.server("primary").initialize(), space.server("true").initialize()
        client = primary.client()
        client.write("sys/mounts/kv", {"type": "kv"})
        client.write("kv/a", {"is": "kept"})
        identities = {}
        for kind in ("dr", "performance"):
            client.write(f"sys/replication/{kind}/primary/enable")
            identities[kind] = identity_of(space, client, kind, "odd")
        index = client.health()["last_wal"]

        print("peers that are none", flush=True)
        bad_peers(space, primary, identities)
        print("frames that are none", flush=True)
        bad_frames(primary, identities, chance, options.count)
        for kind in ("dr", "performance"):
            status = client.replication(kind)
            assert status["mode"] == "primary" and status["known_secondaries"] == ["odd"], status
        assert client.read("kv/a")["data"] == {"is": "kept"}
        mounts = set(client.read("sys/mounts")["data"])
        assert mounts == {"kv/", "cubbyhole/", "sys/"} | (mounts & {"identity/"}), mounts
        print(f"the log went from {index} to {client.health()['last_wal']}")

        print("a revoked certificate", flush=True)
        client.write("sys/replication/dr/primary/revoke-secondary", {"id": "odd"})
        answer = answer_of(connect(primary, ALPN["dr"], identities["dr"]), frame(1, b""))
        assert b"revoked" in answer, answer

        print("a true secondary", flush=True)
        token = client.write("sys/replication/dr/primary/secondary-token", {"id": "true"})["wrap_info"]["token"]
        true.client().write("sys/replication/dr/secondary/enable", {"token": token})
        wait_in_sync(primary, true, "dr")
        said = primary.log_path.read_text()
        for secret in (primary.root_token, token):
            assert secret not in said
        assert not re.search(r"PRIVATE KEY", said)
    print("all passed")


if __name__ == "__main__":
    sys.exit(main())
