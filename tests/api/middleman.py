"""An attacker between two clusters who reads and changes a link, frame by frame.

A link is TLS with certificates on both ends, so an attacker on the network cannot do that. This one first replaces the contents of the activation
token and adds its own authority. Then the secondary believes that it is the primary, and the primary believes that it is the secondary.

Member keys prevent that: each end proves its key, bound to its connection. So the attacker removes these proofs from token and frames, as between
clusters of an older version. A secondary accepts that as long as it has never seen a proof.
"""

import base64
import http.server
import json
import re
import select
import socket
import ssl
import struct
import subprocess
import threading

from harness import free_port, wait_until
from protobuf import field, fields

PROTOCOLS = ["replication_v1", "replication_dr_v1", "hf_forward_v1"]
NAMES = {1: "Hello", 2: "Welcome", 3: "Refusal", 4: "Heartbeat", 5: "Credit", 6: "Records", 7: "Marker", 8: "PageDigests", 9: "PageDigestsEnd", 10: "PageLeaves",
         11: "PageLeavesEnd", 12: "Entries", 13: "AbsentLeaves", 14: "ReconcileEnd", 15: "BootstrapRequest", 16: "BootstrapPackage", 17: "ForwardRequest",
         18: "ForwardAnswer", 32: "Members"}
PROOFS = {1: {45, 46}, 2: {40}, 3: {40, 43}, 4: {43, 46}, 15: {40, 41}, 16: {50, 51}}  # fields of these frames
LATER = object()  # a change's answer: send this frame after the next one
TYPES = {name: number for number, name in NAMES.items()}


def without_authority(token):
    """The activation token as an older primary would have made it. Only its primary can check its signature."""
    head, claims, signature = token.split(".")
    known = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    known.pop("authority", None)
    return ".".join((head, base64.urlsafe_b64encode(json.dumps(known).encode()).decode().rstrip("="), signature))


def without_proofs(frame):
    kind = frame[4]
    if kind not in PROOFS:
        return frame
    payload = b"".join(field(number, value) for number, value in fields(frame[5:]) if number not in PROOFS[kind])
    return struct.pack("<IB", len(payload), kind) + payload


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, **options)


class Authority:
    """Makes certificates with the openssl program, into files."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=between",
            "-keyout", "ca.key", "-out", "ca.pem", cwd=directory)

    def issue(self, name, dns=None, days=2):
        """Paths of a certificate and its key; `days` below 0: it has expired."""
        extensions = self.directory / f"{name}.ext"
        extensions.write_text("basicConstraints=CA:FALSE\n" + (f"subjectAltName=DNS:{dns}\n" if dns else ""))
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.csr", cwd=self.directory)
        run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", str(days),
            "-extfile", extensions, "-out", f"{name}.pem", cwd=self.directory)
        return str(self.directory / f"{name}.pem"), str(self.directory / f"{name}.key")

    def der(self, path=None):
        text = open(path or self.directory / "ca.pem").read()
        return re.search(r"-----BEGIN CERTIFICATE-----(.*?)-----END", text, re.S).group(1).replace("\n", "")


class Change:
    """A change of the next frame of a type. `act` gets the frame's bytes and returns the bytes to send instead, LATER, or (bytes,) to send them and
    cut both connections. `fired` is set then."""

    def __init__(self, kind, act):
        self.kind, self.act = kind, act
        self.fired = threading.Event()


class Middleman:
    def __init__(self, space, primary, kind, name):
        self.primary, self.kind, self.name = primary, kind, name
        self.authority = Authority(space.path / f"between-{kind}-{name}")
        self.port = free_port()
        self.address = f"https://127.0.0.1:{self.port}"
        self._changes, self._lock = [], threading.Lock()
        self._pairs = []
        self.seen = set()
        self.connections = 0

        client = primary.client()
        wrapped = wait_until(lambda: client.write(f"sys/replication/{kind}/primary/secondary-token", {"id": name}), 20, "a token")
        self.token = wrapped["wrap_info"]["token"]
        bundle = client.write("sys/wrapping/unwrap", {"token": self.token})["data"]
        own = self.authority.directory / "secondary.pem"  # the certificate that the secondary would have had
        certificate = "\n".join(bundle["client_cert"][at:at + 64] for at in range(0, len(bundle["client_cert"]), 64))
        own.write_text(f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n{bundle['client_key']['pem']}")
        self.identity = str(own)
        self.secrets = [self.token, bundle["client_key"]["pem"].splitlines()[1]]

        certificate, key = self.authority.issue("of-the-secondary")
        bundle.update(ca_cert=self.authority.der(), client_cert=self.authority.der(certificate), primary_cluster_addr=self.address)
        bundle["client_key"]["pem"] = open(key).read()
        bundle.pop("authority", None)
        self.token_as_made, self.token = self.token, without_authority(self.token)
        self.bundle = bundle
        self.show(*self.authority.issue("primary", dns="primary.replication.holdfast"))

        self._api = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), self._handler())
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        self.api_address = "http://127.0.0.1:%d" % self._api.server_address[1]
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def show(self, certificate, key):
        """The certificate that the secondary sees from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(PROTOCOLS)
        self._context = context

    def _handler(self):
        bundle = self.bundle

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.dumps({"data": bundle}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def change(self, kind, act):
        one = Change(TYPES[kind], act)
        with self._lock:
            self._changes.append(one)
        return one

    def forget(self):
        with self._lock:
            self._changes.clear()

    def cut(self):
        """Ends every connection; new ones pass."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            self._end(*pair)

    def close(self):
        self._listener.close()
        self._api.shutdown()
        self._api.server_close()
        self.cut()

    @staticmethod
    def _end(*sockets):
        for each in sockets:
            try:
                socket.socket.shutdown(each, socket.SHUT_RDWR)  # an SSLSocket's own shutdown would continue without encryption
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        upper = None
        try:
            raw.settimeout(20)
            lower = self._context.wrap_socket(raw, server_side=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols([lower.selected_alpn_protocol() or PROTOCOLS[0]])
            context.load_cert_chain(self.identity)
            upper = context.wrap_socket(socket.create_connection(("127.0.0.1", self.primary.cluster_port), timeout=20))
        except OSError:
            self._end(raw)
            return
        with self._lock:
            self._pairs.append((lower, upper))
        ways = (Way(self, lower, upper), Way(self, upper, lower))
        for each in (lower, upper):
            each.setblocking(False)
        try:
            while not any(way.is_ending and not way.outgoing for way in ways):
                select.select([lower, upper], [way.target for way in ways if way.outgoing], [], 1)
                is_open = all([way.read() for way in ways])
                for way in ways:
                    way.write()
                if not is_open:
                    break
        except (OSError, ValueError):
            pass
        self._end(lower, upper)
        lower.close()
        upper.close()

    def take(self, frame):
        """The change for this frame, if any."""
        kind = frame[4]
        with self._lock:
            self.seen.add(kind)
            for one in self._changes:
                if one.kind == kind:
                    self._changes.remove(one)
                    return one
        return None


class Way:
    """Passes data from `source` to `target` in whole frames, unless a change says otherwise."""

    def __init__(self, middleman, source, target):
        self.middleman, self.source, self.target = middleman, source, target
        self.buffer, self.outgoing = b"", b""
        self.held = b""  # the frame that a change sends after the next one
        self.is_ending = False

    def read(self):
        """False when the source has closed."""
        try:
            while part := self.source.recv(65536):
                self.buffer += part
                self._frames()
            return False
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True

    def _frames(self):
        while len(self.buffer) >= 5 and not self.is_ending:
            end = 5 + struct.unpack("<I", self.buffer[:4])[0]
            if len(self.buffer) < end:
                return
            frame, self.buffer = self.buffer[:end], self.buffer[end:]
            frame = without_proofs(frame)
            one = self.middleman.take(frame)
            if not one:
                self.outgoing += frame + self.held
                self.held = b""
                continue
            result = one.act(frame)
            if result is LATER:
                self.held = frame
            elif isinstance(result, tuple):
                self.outgoing += result[0]
                self.is_ending = True
            else:
                self.outgoing += result
            one.fired.set()

    def write(self):
        try:
            while self.outgoing:
                self.outgoing = self.outgoing[self.target.send(self.outgoing):]
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
