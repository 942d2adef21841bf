"""Bad input over the wire: the server refuses each with the API's envelope and status, changes nothing, and continues serving."""

import gzip
import io
import json
import os
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time

import harness
from harness import Workspace, wait_until
from rows import ANY, NOTHING, NO_TOKEN, Rows, error

HOST = b"Host: holdfast\r\n"
MALFORMED = b'{"errors":["malformed HTTP request"]}\n'


def exchange(server, data, timeout=20):
    """Sends the bytes unchanged and returns everything that the server sends until it closes."""
    with socket.create_connection(("127.0.0.1", server.api_port), timeout=timeout) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def post(headers, body=b"", version=b"1.1"):
    return b"POST /v1/sys/wrapping/lookup HTTP/" + version + b"\r\n" + HOST + headers + b"\r\n" + body


def http_rows(server, rows):
    hidden = b"GET /v1/sys/seal-status HTTP/1.1\r\n" + HOST + b"\r\n"  # must never be answered
    cases = {
        "no host": b"GET /v1/sys/health HTTP/1.1\r\n\r\n",
        "two hosts": b"GET /v1/sys/health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "length and chunks": post(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + hidden),
        "chunks and length": post(b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"0\r\n\r\n" + hidden),
        "two lengths": post(b"Content-Length: 4\r\nContent-Length: 5\r\n", b"null" + hidden),
        "negative length": post(b"Content-Length: -1\r\n", hidden),
        "signed length": post(b"Content-Length: +4\r\n", b"null" + hidden),
        "hexadecimal length": post(b"Content-Length: 0x4\r\n", b"null" + hidden),
        "endless length": post(b"Content-Length: 99999999999999999999999\r\n", hidden),
        "unknown coding": post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + hidden),
        "two codings": post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n" + hidden),
        "coding after chunked": post(b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n" + hidden),
        "chunked twice": post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + hidden),
        "blank before the colon": post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + hidden),
        "chunks in HTTP/1.0": post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n" + hidden, b"1.0"),
        "bad chunk size": post(b"Transfer-Encoding: chunked\r\n", b"zz\r\nnull\r\n0\r\n\r\n" + hidden),
        "overflowing chunk size": post(b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffffff\r\nnull\r\n0\r\n\r\n" + hidden),
        "chunk without its end": post(b"Transfer-Encoding: chunked\r\n", b"4\r\nnullXX0\r\n\r\n" + hidden),
        "bare line feeds": b"GET /v1/sys/health HTTP/1.1\nHost: x\n\n",
        "NUL in a header": b"GET /v1/sys/health HTTP/1.1\r\n" + HOST + b"A: b\0c\r\n\r\n",
        "carriage return in a header": b"GET /v1/sys/health HTTP/1.1\r\n" + HOST + b"A: b\rc: d\r\n\r\n",
        "no version": b"GET /v1/sys/health\r\n\r\n",
        "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/3.0": b"GET /v1/sys/health HTTP/3.0\r\n" + HOST + b"\r\n",
        "TLS to a plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)),
    }
    for name, data in cases.items():
        answer = exchange(server, data)
        rows.check(name, answer.count(b"HTTP/1.1 ") == 1 and answer.startswith(b"HTTP/1.1 400 ") and answer.endswith(MALFORMED), answer)
    for name, data, status in (
            ("many headers", b"GET /v1/sys/health HTTP/1.1\r\n" + HOST + b"X-A: b\r\n" * 300 + b"\r\n", b"431"),
            ("a long header", b"GET /v1/sys/health HTTP/1.1\r\n" + HOST + b"A: " + b"a" * 100_000 + b"\r\n\r\n", b"431"),
            ("a long target", b"GET /v1/" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", b"431"),
            ("announced too large", post(b"Content-Length: 40000000\r\n"), b"413"),
            ("announced too large, asking first", post(b"Expect: 100-continue\r\nContent-Length: 40000000\r\n"), b"413"),
            ("a large body", post(b"Content-Length: 40000000\r\n", b" " * 40_000_000), b"413"),
            ("large in chunks", post(b"Transfer-Encoding: chunked\r\n", b"".join(b"100000\r\n" + b" " * 0x100000 + b"\r\n" for _ in range(40)) + b"0\r\n\r\n"), b"413")):
        answer = exchange(server, data)
        rows.check(name, answer.startswith(b"HTTP/1.1 " + status) and answer.count(b"HTTP/1.1 ") == 1, answer[:300])
    answer = exchange(server, (b"GET /v1/sys/seal-status HTTP/1.1\r\n" + HOST + b"\r\n") * 3 + b"\x00\x01 garbage\r\n\r\n")
    rows.check("garbage behind good requests", answer.count(b"HTTP/1.1 200 ") == 3 and answer.count(b"HTTP/1.1 400 ") == 1, answer[-300:])
    answer = exchange(server, b"GET /v1/sys/seal-status HTTP/1.1\r\n" + HOST + b"Content-Le")
    rows.check("a head that is cut off gets no answer", answer == b"", answer)
    for method in ("OPTIONS", "TRACE", "CONNECT", "BREW", "get"):
        answer = exchange(server, method.encode() + b" /v1/sys/health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        rows.check(f"method {method}", re.match(rb"HTTP/1.1 (405|400) ", answer), answer)
    chance = random.Random(1)
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", server.api_port), timeout=20) as connection:
            connection.sendall(chance.randbytes(chance.randrange(1, 300)))
    rows.row("GET sys/seal-status", 200, {"sealed": False}, name="after 200 connections of noise")


class SlowLoris:
    """Sends a head byte by byte, in the background; the server must end that after its 30 seconds."""

    def __init__(self, server):
        self.seconds = None
        self._connection = socket.create_connection(("127.0.0.1", server.api_port), timeout=60)
        self._connection.settimeout(0.5)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        started = time.monotonic()
        try:
            self._connection.sendall(b"GET /v1/sys/health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            while time.monotonic() - started < 60:
                self._connection.sendall(b"a")
                try:
                    if self._connection.recv(100) == b"":
                        break
                except socket.timeout:
                    pass
        except OSError:
            pass
        self.seconds = time.monotonic() - started

    def finish(self, rows):
        self._thread.join()
        self._connection.close()
        rows.check("a head sent slowly is cut off", self.seconds < 45, f"after {self.seconds:.0f} s")


def json_rows(rows):
    row = rows.row
    row("PUT kv/kept", 204, None, {"a": "b"})
    deep = b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    for name, body in (("cut off", b'{"a":'), ("not JSON", b"{a:1}"), ("two values", b'{"a":1}{"b":2}'), ("trailing comma", b'{"a":1,}'),
                       ("an array", b"[1,2]"), ("a number", b"17"), ("a string", b'"text"'), ("bare UTF-8 damage", b'{"a":"\xff\xfe"}'),
                       ("control character", b'{"a":"\x01"}'), ("too deep", deep), ("comment", b'{"a":1 /* x */}'), ("NaN", b'{"a":NaN}'),
                       ("NUL", b'{"a":1}\0'), ("byte order mark", b'\xef\xbb\xbf{"a":1}'), ("deep objects", b'{"a":' * 5_000 + b"1" + b"}" * 5_000)):
        row("PUT kv/kept", 400, error(re.compile("(error|failed to) pars(ing|e) JSON.*", re.S)), body, name=name)
        row("PUT sys/policies/acl/x", 400, ANY, body, name=name)
    row("PUT kv/kept", 400, ANY, b"a=%zz", headers={"Content-Type": "application/x-www-form-urlencoded"})
    row("PUT kv/kept", 400, ANY, b"<a>b</a>", headers={"Content-Type": "application/xml"})
    row("PUT kv/kept", 413, error("http: request body too large"), b'{"a":"' + b"x" * 34_000_000 + b'"}')
    row("GET kv/kept", 200, {"data": {"a": "b"}}, name="nothing has changed")
    row("GET sys/policies/acl/x", 404, NOTHING)
    status, text = rows.server.client().raw("PUT", "kv/large", b'{"a":"' + b"x" * 20_000_000 + b'"}')
    rows.check("a string beyond its limit is refused", status == 400 and b"max_json_string_value_length = 1048576" in text, (status, text[:200]))


def token_and_path_rows(rows):
    row = rows.row
    for token in ("x", "hvs.", "hvb.", "hvb.!!!", "hvs." + "A" * 10_000, "s.aaaaaaaaaaaaaaaaaaaaaaaa", "hvb." + "A" * 200, "ey.ey.ey", "a\tb",
                  "'; drop table", "../../x", "hvs.\u00e9", "null", "0"):
        row("GET kv/kept", 403, ANY, token=token.encode("latin-1").decode("latin-1"))
        row("POST auth/token/lookup", 403, error("bad token"), {"token": token})
        row("POST sys/wrapping/unwrap", 400, error("wrapping token is not valid or does not exist"), {"token": token})
    for path in ("kv/%00", "kv/%0a", "kv/%7f", "kv/a%2f..%2f..%2fsys", "kv/..", "../sys/health", "kv/%zz", "kv/%", "kv/%2", "kv//a", "%2e%2e/x"):
        row(f"GET {path}", 400 if path not in ("kv//a",) else 404, ANY)
        row(f"PUT {path}", 400 if path not in ("kv//a",) else 404, ANY, {"a": "b"})
    for path in ("kv/" + "a/" * 200 + "b", "kv/%F0%9F%94%92", "kv/%25", "kv/a%20b", "kv/*", "kv/+"):
        row(f"PUT {path}", 204, None, {"a": path})
        row(f"GET {path}", 200, {"data": {"a": path}})
    row("GET kv/kept?list=perhaps", 400, NOTHING)
    row("GET kv/kept", 400, ANY, headers={"X-Vault-Wrap-TTL": "1 fortnight"})
    row("GET kv/kept", 403, ANY, headers={"X-Vault-Namespace": "a/../b"})
    for body in ({"policies": {"a": {"b": 1}}}, {"ttl": [1]}, {"meta": "x"}, {"num_uses": "1.5"}, {"num_uses": 10 ** 30}, {"ttl": 10 ** 30},
                 {"renewable": "perhaps"}, {"ttl": "1h1"}, {"ttl": "\u0661h"}, {"period": "9" * 100 + "h"}):
        row("POST auth/token/create", 400, error(ANY), body)


WRONG_VALUES = (None, True, 0, -1, 1.5, 2 ** 63, -(2 ** 63), 2 ** 64, 10 ** 40, "", "x", "\u0000", "9" * 400, [], [1, None, {}], [[]], {}, {"a": {"b": []}})
FIELDS = {
    "sys/init": ("secret_shares", "secret_threshold", "stored_shares", "pgp_keys", "root_token_pgp_key"),
    "sys/rekey/init": ("secret_shares", "secret_threshold", "pgp_keys", "backup", "require_verification"), "sys/rekey/update": ("key", "nonce"),
    "sys/rekey/verify": ("key", "nonce"), "sys/unseal": ("key", "reset", "migrate"), "sys/generate-root/attempt": ("otp", "pgp_key"), "sys/generate-root/update": ("key", "nonce"),
    "sys/replication/dr/secondary/generate-operation-token/attempt": ("otp",), "sys/replication/dr/secondary/generate-operation-token/update": ("key", "nonce"),
    "sys/mounts/odd": ("type", "description", "config", "options", "local", "seal_wrap", "plugin_name"),
    "sys/mounts/kv/tune": ("default_lease_ttl", "max_lease_ttl", "description", "listing_visibility", "options", "audit_non_hmac_request_keys", "token_type"),
    "sys/auth/odd": ("type", "description", "config", "local"), "sys/remount": ("from", "to"),
    "sys/audit/odd": ("type", "description", "options", "local"), "sys/audit-hash/odd": ("input",),
    "sys/policies/acl/odd": ("policy",), "sys/policy/odd": ("policy", "rules"), "sys/capabilities": ("token", "path", "paths"),
    "sys/capabilities-self": ("path", "paths"), "sys/capabilities-accessor": ("accessor", "paths"), "sys/wrapping/lookup": ("token",),
    "sys/wrapping/unwrap": ("token",), "sys/wrapping/rewrap": ("token",), "sys/leases/lookup": ("lease_id",), "sys/leases/renew": ("lease_id", "increment"),
    "sys/leases/revoke": ("lease_id", "sync"), "sys/tools/random": ("bytes", "format", "source"), "sys/tools/hash": ("input", "algorithm", "format"),
    "sys/storage/raft/snapshot-auto/config/odd": ("interval", "retain", "path_prefix", "file_prefix", "storage_type", "local_max_space"),
    "sys/config/auditing/request-headers/x-odd": ("hmac",), "auth/token/create": (
        "id", "policies", "meta", "no_parent", "no_default_policy", "renewable", "ttl", "type", "explicit_max_ttl", "display_name", "num_uses", "period",
        "entity_alias"),
    "auth/token/lookup": ("token",), "auth/token/lookup-accessor": ("accessor",), "auth/token/renew": ("token", "increment"),
    "auth/token/renew-accessor": ("accessor", "increment"), "auth/token/revoke": ("token",), "auth/token/revoke-accessor": ("accessor",),
    "auth/token/revoke-orphan": ("token",), "auth/token/roles/odd": (
        "allowed_policies", "disallowed_policies", "orphan", "renewable", "path_suffix", "token_type", "token_period", "token_explicit_max_ttl",
        "token_bound_cidrs", "token_num_uses", "token_no_default_policy", "period"),
    "auth/people/users/odd": ("password", "token_policies", "token_ttl", "token_max_ttl", "token_bound_cidrs", "token_num_uses", "token_type", "policies"),
    "auth/people/login/odd": ("password",), "auth/people/users/odd/password": ("password",), "kv/odd": ("ttl", "lease"),
    "versions/data/odd": ("data", "options"), "versions/metadata/odd": ("max_versions", "cas_required", "delete_version_after", "custom_metadata"),
    "versions/config": ("max_versions", "cas_required", "delete_version_after"), "versions/delete/odd": ("versions",),
    "versions/undelete/odd": ("versions",), "versions/destroy/odd": ("versions",), "cubbyhole/odd": ("x",),
    **{f"sys/replication/{kind}/{call}": fields for kind in ("dr", "performance") for call, fields in {
        "primary/secondary-token": ("id", "ttl", "secondary_public_key"), "primary/revoke-secondary": ("id",),
        "secondary/enable": ("token", "primary_api_addr", "ca_file", "ca_path"), "secondary/update-primary": ("token", "dr_operation_token", "ca_file"),
        "secondary/promote": ("dr_operation_token", "primary_cluster_addr", "force")}.items()},
}


def confusion_rows(rows):
    """Every field of every call, with values of every wrong type: each call gets an answer, and none is an internal error."""
    client = rows.server.client()
    rows.row("POST sys/mounts/versions", 204, None, {"type": "kv-v2"})
    rows.row("POST sys/auth/people", 204, None, {"type": "userpass"})
    for path, fields in FIELDS.items():
        for name in fields:
            for value in WRONG_VALUES:
                others = {} if "replication" in path else {"password": "x"} if path == "auth/people/users/odd" else {"type": "kv"} if path == "sys/mounts/odd" else {}
                try:
                    status, text = client.raw("POST", path, {**others, name: value})
                    is_right = status in (200, 202, 204, 400, 403, 404, 405, 412) and (not text or isinstance(json.loads(text), dict))
                    rows.check(f"POST {path} {name}={value!r}"[:200], is_right, (status, text[:300]))
                except (OSError, ValueError) as problem:
                    rows.check(f"POST {path} {name}={value!r}"[:200], False, repr(problem))
                    client = rows.server.client()
    for path in ("sys/generate-root/attempt", "sys/mounts/odd", "sys/auth/odd", "sys/auth/people", "sys/storage/raft/snapshot-auto/config/odd"):
        client.raw("DELETE", path)
    rows.row("POST auth/token/create", 200, ANY, {"policies": ["default"]})


def policy_rows(rows):
    row = rows.row
    for text in ('path "a" {', 'path "a" { capabilities = "read }', "\0", '{"path": [', 'path "x" { capabilities = [1] }',
                 'path "x" { min_wrapping_ttl = "soon" }', 'path "x" { min_wrapping_ttl = "2h" max_wrapping_ttl = "1h" }', "}" * 1000,
                 'path "{{identity.entity.id" { capabilities = ["read"] }', "x = " + "[" * 10_000, '"' * 999, "path \"a\" {" * 3000):
        row("PUT sys/policies/acl/bad", 400, error(re.compile("failed to parse policy: .*", re.S)), {"policy": text}, name=text[:40])
    row("PUT sys/policies/acl/bad", 400, ANY, {"policy": ["a"]})
    row("GET sys/policies/acl/bad", 404, NOTHING)


def snapshot_rows(server, rows):
    """Damaged, cut and absurd snapshots: each gets 400, and the old data stays."""
    client = server.client()
    rows.row("PUT kv/before", 204, None, {"is": "there"})
    status, good = client.raw("GET", "sys/storage/raft/snapshot")
    rows.check("a snapshot", status == 200 and good[:2] == b"\x1f\x8b", (status, good[:100]))
    rows.row("PUT kv/after", 204, None, {"is": "there, too"})

    def tar(*members):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for name, data in members:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return out.getvalue()

    chance = random.Random(7)
    cases = {"empty": b"", "text": b"not a snapshot", "gzip of nothing": gzip.compress(b""), "half": good[: len(good) // 2],
             "without its end": good[:-20], "garbage of 40 MB": chance.randbytes(1 << 20) * 40, "an empty tar": tar(),
             "a stranger's tar": tar(("a.txt", b"x")), "no sums": tar(("meta.json", b"{}"), ("state.bin", b"x")),
             "wrong sums": tar(("meta.json", b"{}"), ("state.bin", b"x"), ("SHA256SUMS", b"00  state.bin\n")),
             "a path that leads out": tar(("../../../../tmp/holdfast-escaped", b"x")), "much from little": gzip.compress(b"\0" * (256 << 20), 9)}
    for at in range(12):
        position = len(good) * (at + 1) // 13
        cases[f"byte {position} of {len(good)} flipped"] = good[:position] + bytes([good[position] ^ 0x40]) + good[position + 1:]
    for name, data in cases.items():
        for path in ("sys/storage/raft/snapshot", "sys/storage/raft/snapshot-force"):
            status, text = client.raw("POST", path, data)
            is_envelope = text.startswith(b'{"errors":[') and b"[]" not in text
            rows.check(f"{path}: {name}", status == 400 and is_envelope, (status, text[:300]))
    rows.check("nothing got out of the archive", not os.path.exists("/tmp/holdfast-escaped"))
    rows.row("GET kv/before", 200, {"data": {"is": "there"}})
    rows.row("GET kv/after", 200, {"data": {"is": "there, too"}})
    rows.row("POST sys/storage/raft/snapshot", 403, NO_TOKEN, good, token="")
    answer = exchange(server, b"POST /v1/sys/storage/raft/snapshot HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000000000\r\n\r\n" + good)
    rows.check("a stranger's upload is not waited for", answer.startswith(b"HTTP/1.1 403 ") and answer.count(b"HTTP/1.1") == 1, answer[:300])
    ordinary = client.write("auth/token/create", {"policies": ["default"]})["auth"]["client_token"]
    answer = exchange(server, b"POST /v1/sys/storage/raft/snapshot HTTP/1.1\r\n" + HOST + b"X-Vault-Token: " + ordinary.encode()
                      + b"\r\nContent-Length: 1000000000000\r\n\r\n" + good)
    rows.check("an upload that no policy allows is not waited for", answer.startswith(b"HTTP/1.1 403 ") and answer.count(b"HTTP/1.1") == 1,
               answer[:300])
    status, text = client.raw("POST", "sys/storage/raft/snapshot", good)
    rows.check("the good one is taken", status == 204, (status, text))
    rows.check("and is what is served", wait_until(lambda: client.raw("GET", "kv/before")[0] == 200 and client.raw("GET", "kv/after")[0] == 404, 20,
                                                   "the restored data"))


def audit_rows(server, rows, space):
    """While no audit device can write, the server answers and executes nothing. Afterwards it continues."""
    row = rows.row
    log = space.path / "audit.log"
    row("PUT sys/audit/full", 400, ANY, {"type": "file", "options": {"file_path": "/dev/full"}}, name="a device that cannot write")
    row("PUT sys/audit/file", 204, None, {"type": "file", "options": {"file_path": str(log)}})
    row("PUT kv/audited", 204, None, {"a": "before"})
    log.rename(space.path / "audit.old")
    log.symlink_to("/dev/full")
    server.process.send_signal(signal.SIGHUP)
    client = server.client()
    rows.check("requests are blocked", wait_until(lambda: client.raw("GET", "kv/audited")[0] == 500, 20, "the device to fail"))
    row("GET kv/audited", 500, error("internal error"))
    row("PUT kv/audited", 500, error("internal error"), {"a": "blocked"})
    row("DELETE sys/audit/file", 500, error("internal error"))
    row("GET sys/health", 200, ANY, name="health is not audited")
    log.unlink()
    server.process.send_signal(signal.SIGHUP)
    rows.check("and continue", wait_until(lambda: client.raw("GET", "kv/audited")[0] == 200, 20, "the device to work"))
    row("GET kv/audited", 200, {"data": {"a": "before"}}, name="what was blocked was not done")
    for line in log.read_text().splitlines():
        json.loads(line)
    row("DELETE sys/audit/file", 204, None)


def config_rows(rows, space):
    """A wrong configuration: the server says what is wrong and where, and does not start."""
    good = (space.path / "server" / "holdfast.hcl").read_text()
    data = space.path / "unused"
    for name, text, part in (("cut off", 'storage "leveldb" {', "bad.hcl"), ("not HCL", "}{", "bad.hcl"),
                             ("no listener", f'storage "leveldb" {{ path = "{data}" }}', "listener"),
                             ("unknown storage", good.replace('"leveldb"', '"floppy"'), "floppy"),
                             ("no such certificate", good.replace("tls_disable = true", 'tls_cert_file = "/none.pem"\ntls_key_file = "/none.key"'), "/none.pem"),
                             ("bad duration", good + '\ndefault_lease_ttl = "soon"', "default_lease_ttl"),
                             ("port taken", good.replace("/data", "/other"), "cannot listen"),
                             ("storage in use", good, "in use")):
        path = space.path / "bad.hcl"
        path.write_text(text)
        result = subprocess.run([harness.BINARY, "server", f"-config={path}"], capture_output=True, text=True, timeout=30)
        said = result.stdout + result.stderr
        rows.check(f"configuration: {name}", result.returncode == 1 and part in said, (result.returncode, said))


def canaries(server, rows, space):
    """Secrets, tokens and keys are neither in the log, nor in the storage, nor in a core file."""
    canary = "canary-value-8d1f7c"
    rows.row("PUT kv/canary-name-55aa", 204, None, {"secret": canary})
    rows.row("POST sys/auth/userpass", 204, None, {"type": "userpass"})
    rows.row("POST auth/userpass/users/u", 204, None, {"password": "canary-password-3b"})
    rows.row("POST auth/userpass/login/u", 200, ANY, {"password": "canary-password-3b"}, token="")
    made = rows.row("POST auth/token/create", 200, ANY, {"policies": ["default"]})["auth"]
    wrapped = rows.row("POST sys/wrapping/wrap", 200, ANY, {"secret": canary}, headers={"X-Vault-Wrap-TTL": "60s"})["wrap_info"]["token"]
    rows.row("GET kv/canary-name-55aa", 403, ANY, token="canary-bad-token-77")
    rows.row("PUT kv/x", 400, ANY, f'{{"canary-json-99": "{canary}'.encode())
    os.kill(server.process.pid, signal.SIGABRT)  # as a crash would end it
    server.process.wait()
    canaries_all = [canary, "canary-password-3b", made["client_token"], wrapped, server.root_token, "canary-bad-token-77", "canary-json-99",
                    *server.keys, made["client_token"][4:], server.root_token[4:]]
    cores = [path for path in server.directory.rglob("*") if path.name.startswith("core")]
    rows.check("no core file", not cores, cores)
    for path in [path for path in server.directory.rglob("*") if path.is_file()]:
        data = path.read_bytes()
        found = [one for one in canaries_all if one.encode() in data]
        rows.check(f"no secret in {path.relative_to(server.directory)}", not found, found)
    server.start()
    server.unseal()
    rows.row("GET kv/canary-name-55aa", 200, {"data": {"secret": canary}})


def main():
    with Workspace() as space:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)  # a core file where one would be written
        server = space.server("server").initialize()
        rows = Rows(server)
        rows.row("POST sys/mounts/kv", 204, None, {"type": "kv"})
        slow = SlowLoris(server)
        try:
            http_rows(server, rows)
            json_rows(rows)
            token_and_path_rows(rows)
            policy_rows(rows)
            confusion_rows(rows)
            snapshot_rows(server, rows)
            audit_rows(server, rows, space)
            config_rows(rows, space)
        finally:
            slow.finish(rows)
        canaries(server, rows, space)
        rows.finish()


if __name__ == "__main__":
    sys.exit(main())
