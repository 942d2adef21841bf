"""Bad input to replication, between real servers:

- activation tokens that were used, altered or expired, or that are from another cluster or of another type
- a primary that hangs, or that belongs to another set
- frames that a secondary with the right certificate must not send
- a restore on a secondary

Each gets its error. The log says what happened, without a secret. No answered write is lost. (Peers without the right certificate, noise
and oversized frames: cluster_port.py. A wipe that is killed: crash_roles.py. Cut and repeated frames: unit tests.)
"""

import base64
import concurrent.futures
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time

import harness
from cluster_port import ALPN, connect, frame, identity_of
from harness import Workspace, free_port, wait_in_sync, wait_until
from protobuf import field, fields
from rows import Rows

UNWRAP_400 = 'error response unwrapping secondary token; status code is 400, message is "400 Bad Request"'


def unwrapped(why):
    return re.compile("^" + re.escape(UNWRAP_400) + r": https?://\S+ says: wrapping token is not valid or does not exist: it (was |has |)" + why.replace("has been", "been"))
HELLO, WELCOME, REFUSAL, RECORDS, MARKER, BOOTSTRAP, PACKAGE = 1, 2, 3, 6, 7, 15, 16
CODES = {"version": 1, "set": 2, "identity": 3, "protocol": 7}


def message(**fields):
    """A protobuf message: f1=…, f2=…, numbers and texts."""
    return b"".join(field(int(name[1:]), value) for name, value in fields.items())


def parse(data):
    """Top-level fields by number: numbers and bytes."""
    return dict(fields(data))


class Peer:
    """A connection to a cluster port that speaks whole frames."""

    def __init__(self, server, kind, identity):
        self.connection = connect(server, ALPN[kind], identity)
        self.connection.settimeout(20)
        self.buffer = b""

    def send(self, kind, payload):
        self.connection.sendall(frame(kind, payload))

    def receive(self, wanted=None):
        """The next frame, or the next of one kind; None when the server has closed."""
        while True:
            if len(self.buffer) >= 5:
                length, kind = struct.unpack("<IB", self.buffer[:5])
                if len(self.buffer) >= 5 + length:
                    payload, self.buffer = self.buffer[5:5 + length], self.buffer[5 + length:]
                    if wanted is None or kind in wanted:
                        return kind, payload
                    continue
            part = self.connection.recv(65536)
            if not part:
                return None
            self.buffer += part

    def close(self):
        self.connection.close()


def refused(rows, name, peer, code):
    answer = peer.receive(wanted=(REFUSAL,))
    fields = parse(answer[1]) if answer else {}
    rows.check(f"refused: {name}", fields.get(1) == CODES[code] and fields.get(2), (answer, fields))
    peer.close()


def frames(rows, space, server, set_id):
    client = server.client()
    identity = identity_of(space, client, "dr", "odd")
    hello = dict(f1=2, f2=set_id, f3=1, f4="odd", f8=1 << 22)

    for name, code, change in (("another version", "version", dict(f1=9)), ("another set", "set", dict(f2="another")),
                               ("another secondary's name", "identity", dict(f4="somebody else"))):
        peer = Peer(server, "dr", identity)
        peer.send(HELLO, message(**{**hello, **change}))
        refused(rows, name, peer, code)

    peer = Peer(server, "dr", identity)
    peer.send(HELLO, message(**hello))
    welcome = parse(peer.receive(wanted=(WELCOME,))[1])
    log_id = welcome[2].decode()
    rows.check("a new secondary is reconciled", 3 not in welcome, welcome)
    peer.send(HELLO, message(**hello))
    refused(rows, "a second hello", peer, "protocol")

    for index in (welcome[4] + 100_000, (1 << 64) - 1):
        peer = Peer(server, "dr", identity)
        peer.send(HELLO, message(**hello, f5=log_id, f6=index))
        answer = parse(peer.receive(wanted=(WELCOME,))[1])
        rows.check(f"index {index} from the future is reconciled, not streamed", 3 not in answer and answer[4] < index, answer)
        peer.send(RECORDS, struct.pack("<Q", 1))
        refused(rows, "records from a secondary", peer, "protocol")

    peer = Peer(server, "dr", identity)
    peer.send(BOOTSTRAP, message(f1=2, f2="another", f3="odd"))
    refused(rows, "a bootstrap request for another set", peer, "set")
    peer = Peer(server, "dr", identity)
    peer.send(BOOTSTRAP, message(f1=2, f2=set_id, f3="somebody else"))
    refused(rows, "a bootstrap request in another's name", peer, "set")
    peer = Peer(server, "dr", identity)
    whole = frame(BOOTSTRAP, message(f1=2, f2=set_id, f3="odd"))
    peer.connection.sendall(whole[:-3])  # and never the rest
    peer.close()
    client.write("sys/replication/dr/primary/revoke-secondary", {"id": "odd"})
    peer = Peer(server, "dr", identity)
    peer.send(BOOTSTRAP, message(f1=2, f2=set_id, f3="odd"))
    answer = peer.receive(wanted=(REFUSAL, PACKAGE))
    rows.check("a revoked certificate gets no keys", answer[0] == REFUSAL and parse(answer[1])[1] == CODES["identity"], answer)
    peer.close()


def hanging():
    """An address that accepts connections and never answers."""
    listener = socket.create_server(("127.0.0.1", free_port()))
    return listener, "http://127.0.0.1:%d" % listener.getsockname()[1]


class Doorman(threading.Thread):
    """A TLS server that accepts clients with a certificate and then refuses the token. Counts these clients."""

    def __init__(self, tls):
        super().__init__(daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(tls["cert"], tls["key"])
        self.context.load_verify_locations(tls["ca"])
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", free_port()))
        self.address = "https://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.admitted = 0

    def run(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(raw, server_side=True) as peer:
                    peer.recv(65536)
                    self.admitted += 1
                    peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}")
            except OSError:
                pass


def main():
    with Workspace() as space:
        p = space.server("primary").initialize()
        s = space.server("secondary").initialize()
        other = space.server("other").initialize()
        idle = space.server("idle").initialize()
        rows = Rows(s)
        primary, secondary = p.client(), s.client()
        for client in (primary, secondary, other.client()):
            client.write("sys/mounts/kv", {"type": "kv"})
            client.write("kv/own", {"is": "precious"})
        for kind in ("dr", "performance"):
            primary.write(f"sys/replication/{kind}/primary/enable")
            other.client().write(f"sys/replication/{kind}/primary/enable")
        set_id = primary.replication("dr")["cluster_id"]
        secrets = [p.root_token, s.root_token, *p.keys]

        def token(kind="dr", name="x", on=primary, **more):
            wrapped = on.write(f"sys/replication/{kind}/primary/secondary-token", {"id": name, **more})
            made = wrapped["wrap_info"]["token"] if wrapped["wrap_info"] else wrapped["data"]["token"]
            secrets.append(made)
            return made

        def enable(status, text, given, kind="dr", name="", **more):
            code, body = s.client().raw("POST", f"sys/replication/{kind}/secondary/enable", {"token": given, **more})
            said = (json.loads(body).get("errors") or [""])[0] if body else ""
            fits = text.search(said) if isinstance(text, re.Pattern) else said == text
            rows.check(f"enable: {name}", code == status and fits, (code, body))
            rows.check(f"nothing was wiped: {name}", secondary.read("kv/own")["data"] == {"is": "precious"})

        print("tokens")
        listener, address = hanging()
        pool = concurrent.futures.ThreadPoolExecutor(1)
        began = time.monotonic()
        slow = pool.submit(idle.client().raw, "POST", "sys/replication/dr/secondary/enable", {"token": token(name="hang"), "primary_api_addr": address})
        held = listener.accept()  # and never answered
        code, body = idle.client().raw("POST", "sys/replication/performance/secondary/enable", {"token": "a.b.c"})
        rows.check("a second activation does not wait", code == 503 and b"asking a primary for an activation already" in body, (code, body))
        idle.client().write("sys/mounts/kv", {"type": "kv"})

        enable(400, "missing secondary token", "", name="no token")
        enable(400, "the token is not an activation token", "nonsense", name="no token of any kind")
        enable(400, "the token is not an activation token", "a.b.c", name="no JWT")
        used = token(name="used")
        primary.write("sys/wrapping/unwrap", {"token": used})
        # The class: every unusable token gets the same sentence. A token can be used already (or revoked), expired, altered in its claims or its
        # signature, or made by another cluster. This concerns performance and DR, enable and update-primary, which all unwrap with one function.
        # What holds: each error says the reason, after the text that clients know.
        enable(500, unwrapped("used already, or revoked"), used, name="used already")
        good = token(name="good")
        head, claims, signature = good.split(".")
        padded = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        padded["exp"] += 3600
        altered = base64.urlsafe_b64encode(json.dumps(padded).encode()).decode().rstrip("=")
        enable(500, unwrapped("has been altered"), f"{head}.{altered}.{signature}", name="altered claims")
        enable(500, unwrapped("has been altered"), good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"), name="altered signature")
        enable(400, re.compile("altered or cut"), f"{head}.{claims[:-8]}.{signature}", name="cut claims")
        enable(500, unwrapped("made by another cluster"), good, primary_api_addr=other.address, name="asked of another cluster")
        enable(500, unwrapped("made by another cluster"), token(name="foreign", on=other.client()), primary_api_addr=p.address, name="of another cluster")
        for wrong in ("127.0.0.1:8200", f"{p.address}/v1", f"http://user@127.0.0.1:{p.api_port}", f"{p.address}?x=1", f"{p.address}\r\nX: y", "ftp://127.0.0.1:1"):
            enable(400, re.compile(r'^primary_api_addr: ".*" is not an address such as'), good, primary_api_addr=wrong, name=f"at {wrong!r}")
        padded["exp"] -= 3600
        padded["addr"] = f"{p.address}/v1/sys"
        altered = base64.urlsafe_b64encode(json.dumps(padded).encode()).decode().rstrip("=")
        enable(400, re.compile("the token's address of the primary .*is not an address such as"), f"{head}.{altered}.{signature}", name="claims with a path")
        for field, path in (("ca_file", "/nonexistent/ca.pem"), ("ca_path", "/nonexistent"), ("ca_path", str(p.config)), ("ca_file", str(p.config))):
            enable(400, re.compile(f'^{field} "{path}" '), good, **{field: path}, name=f"{field} {path}")
        enable(400, re.compile("the token is for dr replication"), token(name="type"), kind="performance", name="of another type")
        enable(500, re.compile(r"dial tcp 127\.0\.0\.1:\d+: "), token(name="away"), primary_api_addr=f"http://127.0.0.1:{free_port()}", name="nobody there")
        short = token(name="short", ttl="1s")
        wait_until(lambda: primary.raw("POST", "sys/wrapping/lookup", {"token": short})[0] == 400, 20, "a token to expire")
        enable(500, unwrapped("expired at "), short, name="expired")
        gone = token(name="gone")
        primary.write("sys/replication/dr/primary/revoke-secondary", {"id": "gone"})
        enable(500, re.compile("error fetching secondary bootstrap package: .*(revoked|never known)"), gone, name="revoked before its use")
        for body in ({"id": "good"}, {"id": ""}, {}, {"id": "k", "secondary_public_key": "AAAA"}, {"id": "k", "ttl": "-1s"}):
            code = primary.raw("POST", "sys/replication/dr/primary/secondary-token", body)[0]
            rows.check(f"secondary-token {body}", code == 400, code)

        print("a primary that asks for a client certificate")
        tls = space.tls()
        doorman = Doorman(tls)
        doorman.start()
        own = {name: open(tls[file]).read() for name, file in (("client_cert_pem", "cert"), ("client_key_pem", "key"))}
        there = {"primary_api_addr": doorman.address, "ca_file": tls["ca"]}
        enable(500, re.compile(r"error unwrapping secondary token: .*dial tcp"), token(name="c1"), **there, name="without one")
        enable(500, re.compile("x509: certificate signed by unknown authority"), token(name="c2"), primary_api_addr=doorman.address, name="of an unknown authority")
        enable(400, "client_cert_pem and client_key_pem are no certificate with its key", token(name="c3"), **there, client_cert_pem="x", client_key_pem="y", name="with none that is one")
        rows.check("nobody was let in", doorman.admitted == 0, doorman.admitted)
        enable(500, re.compile("^" + re.escape(UNWRAP_400) + " from http"), token(name="c4"), **there, **own, name="with it")
        rows.check("the certificate was shown", doorman.admitted == 1, doorman.admitted)
        secrets.append(own["client_key_pem"].splitlines()[1])
        doorman.listener.close()

        print("tokens for a public key")
        key = secondary.write("sys/replication/performance/secondary/generate-public-key")["data"]["secondary_public_key"]
        sealed = token("performance", "by key", secondary_public_key=key)
        bundle = json.loads(base64.b64decode(sealed))
        rows.check("the bundle holds no key in the clear", bundle["client_key"] is None and bundle["encrypted_client_key"] and bundle["nonce"] and bundle["primary_public_key"], bundle)
        bundle["primary_cluster_addr"] = other.cluster_address
        enable(400, re.compile("altered"), base64.b64encode(json.dumps(bundle).encode()).decode(), kind="performance", name="another address in the bundle")
        enable(400, re.compile("no.*generate-public-key|generated none"), sealed, kind="dr", name="the other type's key")
        other_key = other.client().raw("POST", "sys/replication/performance/secondary/generate-public-key", {})
        rows.check("a primary makes no key", other_key[0] == 400, other_key)

        print("frames")
        frames(rows, space, p, set_id)

        print("a true secondary, by public key, without the primary's API")
        secondary.write("sys/replication/performance/secondary/enable", {"token": sealed, "primary_api_addr": f"http://127.0.0.1:{free_port()}"})
        wait_in_sync(p, s, "performance")
        primary.write("sys/policies/acl/all", {"policy": 'path "*" { capabilities = ["create", "read", "update", "list", "sudo"] }'})
        primary.write("auth/token/roles/all", {"allowed_policies": "all", "orphan": True, "token_type": "batch", "renewable": False})
        batch = primary.write("auth/token/create/all", {"ttl": "1h"})["auth"]["client_token"]
        secrets.append(batch)
        user = s.client(batch)
        wait_until(lambda: user.read("kv/own")["data"] == {"is": "precious"}, 20, "the token to work on the secondary")
        code, body = user.raw("POST", "sys/replication/performance/secondary/update-primary", {"token": sealed})
        rows.check("the key was good for one activation", code == 400 and b"generated none" in body, (code, body))

        print("a primary of another set")
        primary.write("kv/late", {"is": "answered"})
        user.write("sys/replication/performance/secondary/update-primary", {"update_primary_addrs": [other.cluster_address]})
        # It is back at its own primary within milliseconds, so only the log shows the attempt.
        wait_until(lambda: "the authority of the other end's certificate comes from another authority than this end knows" in s.log_path.read_text(), 20, "the refusal")
        rows.check("it is not followed", user.read("kv/own")["data"] == {"is": "precious"} and s.client().replication("performance")["cluster_id"] == primary.replication("performance")["cluster_id"])
        other_token = token("performance", "lost", on=other.client())
        code, body = user.raw("POST", "sys/replication/performance/secondary/update-primary", {"token": other_token})
        rows.check("nor by a token", code == 400 and b"another replication set" in body, (code, body))
        user.write("sys/replication/performance/secondary/update-primary", {"update_primary_addrs": [p.cluster_address]})
        wait_in_sync(p, s, "performance")
        rows.check("nothing that was answered is lost", user.read("kv/late")["data"] == {"is": "answered"})

        print("a restore on a secondary")
        snapshot = primary.raw("GET", "sys/storage/raft/snapshot")[1]
        for path in ("sys/storage/raft/snapshot", "sys/storage/raft/snapshot-force"):
            code, body = user.raw("POST", path, snapshot)
            rows.check(f"POST {path}", code == 400 and b"secondary" in body, (code, body))
        rows.check("it still follows", user.read("kv/late")["data"] == {"is": "answered"})
        wait_in_sync(p, s, "performance")

        code, body = slow.result()
        rows.check("a hanging primary", code == 500 and re.fullmatch(r'error unwrapping secondary token: Post "http://127.0.0.1:\d+/v1/sys/wrapping/unwrap": dial tcp 127.0.0.1:\d+: i/o timeout\. "holdfast replication preflight http://127.0.0.1:\d+", .*', json.loads(body)["errors"][0]), (code, body))
        print(f"a hanging primary was given up within {time.monotonic() - began:.1f} s")
        rows.check("and nothing has happened", idle.client().replication("dr") == {"mode": "disabled"})
        held[0].close()
        try:
            pool.submit(idle.client().raw, "POST", "sys/replication/dr/secondary/enable", {"token": token(name="hang2"), "primary_api_addr": address})
            held = listener.accept()
            idle.stop()  # which does not wait for the primary
            rows.check("a stop ends the asking", "the server is stopping" in idle.log_path.read_text(), idle.log_path.read_text()[-500:])
        finally:
            held[0].close()
            listener.close()

        for text in (UNWRAP_400, "revoked", "has been altered", "is not an activation token", "certificate verify failed", "another replication set"):
            rows.check(f"the secondary's log tells: {text}", text.replace('"', '\\"') in s.log_path.read_text() or text in s.log_path.read_text())
        for text in ("another replication set", "the certificate is another secondary's", "protocol version 9", "a frame that only a primary sends", "revoked or was never known"):
            rows.check(f"the primary's log tells: {text}", text in p.log_path.read_text())
        for server in (p, s, other, idle):
            said = server.log_path.read_text()
            for secret in secrets:
                rows.check(f"{server.name}'s log holds no secret", secret not in said)
            rows.check(f"{server.name}'s log holds no key", "PRIVATE KEY" not in said and "encrypted_client_key" not in said)
        pool.shutdown()
        rows.finish()


if __name__ == "__main__":
    main()
