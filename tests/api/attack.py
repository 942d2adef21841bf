"""Attacks and mistakes of clients, against real processes. Each of them worked once, or nearly worked.

- A client gets no more than its policies allow by writing a path in another way.
- No request of one client breaks the link between clusters for the others.
- Sealing at a bad moment neither hangs nor kills a server.
"""

import concurrent.futures
import http.client
import json
import sys
import threading
import time

from harness import ApiError, Workspace, wait_in_sync, wait_until

MERGE = {"Content-Type": "application/merge-patch+json"}


def nested(levels):
    value = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def status(client, method, path, body=None, headers=None):
    return client.raw(method, path, body, headers)[0]


def set_up(space):
    """A primary, a performance secondary and a DR secondary, and a user with all rights on each."""
    primary, performance, dr = (space.server(name).initialize() for name in ("primary", "performance", "dr"))
    root = primary.client()
    root.write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    root.write("sys/mounts/plain", {"type": "kv"})
    root.write("sys/auth/userpass", {"type": "userpass"})
    every = '["create", "read", "update", "delete", "list", "patch", "sudo"]'
    root.write("sys/policies/acl/all", {"policy": f'path "*" {{ capabilities = {every} }}'})
    root.write("auth/userpass/users/u", {"password": "p", "token_policies": "all"})
    for kind, server in (("performance", performance), ("dr", dr)):
        root.write(f"sys/replication/{kind}/primary/enable")
        token = root.write(f"sys/replication/{kind}/primary/secondary-token", {"id": server.name})
        server.client().write(f"sys/replication/{kind}/secondary/enable", {"token": token["wrap_info"]["token"]})
    for kind, server in (("performance", performance), ("dr", dr)):
        wait_in_sync(primary, server, kind)
        server.keys, server.threshold = primary.keys, primary.threshold
    return primary, performance, dr


def log_in(server, method="userpass", user="u"):
    login = lambda: server.client("none").call("POST", f"auth/{method}/login/{user}", {"password": "p"})
    return server.client(wait_until(login, 30, "a login")["auth"]["client_token"])


def paths_mean_one_thing(primary):
    """A slash, an escape or a dot in a path does not bypass sudo or a deny rule."""
    root = primary.client()
    folder = str(primary.directory)
    root.write("sys/storage/raft/snapshot-auto/config/daily",
               {"interval": "24h", "path_prefix": folder, "storage_type": "local", "local_max_space": 1000000})
    root.write("sys/policies/acl/system", {"policy": 'path "sys/*" { capabilities = ["create", "read", "update", "delete", "list"] }'})
    operator = primary.client(root.write("auth/token/create", {"policies": ["system"]})["auth"]["client_token"])
    config = "sys/storage/raft/snapshot-auto/config"
    for method, path in (("GET", f"{config}/daily"), ("LIST", config), ("GET", f"{config}?list=true"), ("DELETE", f"{config}/daily"),
                         ("LIST", "sys/leases/lookup/auth"), ("GET", "sys/auth/userpass/"), ("GET", "sys/auth/userpass/tune/"),
                         ("DELETE", "sys/auth/userpass/"), ("GET", "sys/audit"), ("POST", "sys/seal"), ("POST", "sys/rotate")):
        assert status(operator, method, path, {} if method == "POST" else None) == 403, (method, path)
    for method, path in (("GET", f"{config}/daily/"), ("GET", f"{config}/daily%2f"), ("DELETE", f"{config}/daily/"), ("GET", "sys/audit/"),
                         ("GET", "sys/config/auditing/request-headers/")):
        assert status(operator, method, path) in (403, 404), (method, path)
    assert status(root, "GET", f"{config}/daily") == 200, "the configuration was deleted without sudo"

    root.write("sys/policies/acl/hidden", {"policy": 'path "x" { capabilities = ["read"] } # CANARY'})
    root.write("secret/data/hidden", {"data": {"a": "CANARY"}})
    root.write("plain/hidden", {"a": "CANARY"})
    denied = ("secret/data/hidden", "plain/hidden", "sys/policies/acl/hidden")
    rules = "".join(f'path "{path}" {{ capabilities = ["deny"] }}\n' for path in denied)
    root.write("sys/policies/acl/most", {"policy": 'path "*" { capabilities = ["read", "list"] }\n' + rules})
    client = primary.client(root.write("auth/token/create", {"policies": ["most"]})["auth"]["client_token"])
    for path in denied:
        first, _, rest = path.partition("/")
        for form in (path, path + "/", path + "%2f", f"{first}//{rest}", f"{first}%2f{rest}", f"/{path}", f"{first}/./{rest}",
                     f"{first}/x/../{rest}", f"{first}/x/%2e%2e/{rest}", path + "%00", path + "%20", path + "?version=1"):
            code, text = client.raw("GET", form)
            assert code in (400, 403, 404) and b"CANARY" not in text, (form, code, text)


def uses_are_counted(primary):
    """A token with one use allows one request within its policies, even if many requests arrive at once."""
    root = primary.client()

    def at_once(token, method, path, body=None):
        with concurrent.futures.ThreadPoolExecutor(30) as pool:
            return list(pool.map(lambda _: status(primary.client(token), method, path, body), range(60)))

    for _ in range(4):
        make = lambda uses: root.write("auth/token/create", {"num_uses": uses, "policies": ["default"]})["auth"]["client_token"]
        assert at_once(make(10), "GET", "auth/token/lookup-self").count(200) == 10
        assert set(at_once(make(1), "POST", "plain/stolen", {"a": 1})) == {403}
        wrapped = root.call("GET", "sys/mounts", headers={"X-Vault-Wrap-TTL": "60"})["wrap_info"]["token"]
        assert at_once(wrapped, "POST", "sys/wrapping/unwrap", {}).count(200) == 1
    assert status(root, "GET", "plain/stolen") == 404


def last_uses_meet_revocations(primary):
    """The last use of a token, on a path without a mount, while the token is revoked: each request gets an answer."""
    root = primary.client()
    root.write("sys/policies/acl/nowhere", {"policy": 'path "nowhere/*" { capabilities = ["read"] }'})
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for _ in range(100):
            token = root.write("auth/token/create", {"num_uses": 1, "policies": ["nowhere"]})["auth"]["client_token"]
            asked = pool.submit(status, primary.client(token), "GET", "nowhere/x")
            revoked = [pool.submit(status, primary.client(), "POST", "auth/token/revoke", {"token": token}) for _ in range(2)]
            assert asked.result() in (403, 404) and [done.result() for done in revoked] == [204, 204]


def times_do_not_turn_over(primary):
    """A deadline with the longest possible duration is in the future, not in the past."""
    root = primary.client()
    longest = "9223372036s"
    root.write("sys/auth/long", {"type": "userpass"})
    root.write("auth/long/users/u", {"password": "p", "token_policies": "all"})
    root.write("sys/mounts/auth/long/tune", {"max_lease_ttl": longest, "default_lease_ttl": longest})
    assert log_in(primary, "long").read("auth/token/lookup-self")["data"]["ttl"] > 10**9
    wrapped = root.call("GET", "sys/mounts", headers={"X-Vault-Wrap-TTL": longest})["wrap_info"]["token"]
    assert status(primary.client(wrapped), "POST", "sys/wrapping/unwrap", {}) == 200
    root.write("secret/config", {"delete_version_after": longest})
    root.write("secret/data/kept", {"data": {"a": 1}})
    assert root.read("secret/data/kept")["data"]["data"] == {"a": 1}
    root.write("secret/config", {"delete_version_after": "0s"})


def hostile_requests_do_not_cut_the_link(performance):
    """Forwarded requests of one client never harm the others."""
    stop = threading.Event()
    failures = []

    def bystander():
        client = log_in(performance)
        serial = 0
        while not stop.is_set():
            code, text = client.raw("POST", "secret/data/bystander", {"data": {"n": serial}})
            if code != 200:
                failures.append((code, text))
            serial += 1
        client.close()

    client = log_in(performance)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        done = pool.submit(bystander)
        for _ in range(20):
            assert status(client, "POST", "secret/data/deep", {"data": nested(60)}) == 200
            assert status(client, "POST", "secret/data/%ff%fe", {"data": {"a": 1}}) == 400
            assert status(client, "POST", "secret/data/x", {"data": {"a": 1}}, {"User-Agent": b"\xff\xfe"}) == 200
            assert status(client, "DELETE", "secret/data/x?versions=%ff%fe") == 400
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            assert status(client, "POST", "plain/form", b"a=%ff%fe", form) == 400
            assert status(client, "PATCH", "secret/data/deep", json.dumps({"data": {"b": nested(50)}}), MERGE) == 200
        stop.set()
        done.result()
    assert not failures, failures[:3]
    assert client.read("secret/data/deep")["data"]["data"]["a"] == nested(59)
    json.loads(client.raw("LIST", "secret/metadata/")[1])


def dr_answers_its_operation_token_only(primary, dr):
    root, operator = primary.client(), dr.client("none")
    root.write("sys/policies/acl/dr", {"policy": 'path "sys/storage/raft/configuration" { capabilities = ["update"] }'})
    root.write("auth/token/roles/dr", {"token_type": "batch", "orphan": True, "renewable": False, "allowed_policies": "dr"})
    batch = root.write("auth/token/create/dr", {"policies": ["dr"]})["auth"]["client_token"]
    question = "sys/storage/raft/configuration"
    wait_in_sync(primary, dr, "dr")
    servers = operator.write(question, {"dr_operation_token": batch})["data"]["config"]["servers"]
    assert len(servers) == 1 and servers[0]["leader"], servers
    altered = batch[:30] + ("B" if batch[30] == "A" else "A") + batch[31:] # not the last digit, because some of its bits do not count
    for body, code in (({}, 400), ({"dr_operation_token": primary.root_token}, 403), ({"dr_operation_token": altered}, 403)):
        assert status(operator, "POST", question, body) == code, body
    assert status(operator, "POST", "sys/storage/raft/autopilot/state", {"dr_operation_token": batch}) == 403, "not in its policy"
    assert status(dr.client(primary.root_token), "GET", question) == 400
    assert status(root, "POST", question, {"dr_operation_token": batch}) == 400, "not a DR secondary"
    for path in ("secret/data/x", "auth/token/lookup-self", "sys/mounts", "sys/seal", "cubbyhole/x", "sys/wrapping/lookup"):
        for method in ("GET", "POST", "LIST", "DELETE"):
            assert status(dr.client(primary.root_token), method, path, {} if method == "POST" else None) == 400, (method, path)


def tokens_end_with_their_method(primary, performance):
    """Also for tokens that a secondary issued and that the primary does not know."""
    root = primary.client()
    root.write("sys/auth/gone", {"type": "userpass"})
    root.write("auth/gone/users/u", {"password": "p", "token_policies": "all"})
    client, other = log_in(performance, "gone"), log_in(performance)
    assert status(client, "GET", "auth/token/lookup-self") == 200
    root.call("DELETE", "sys/auth/gone")
    wait_until(lambda: status(client, "GET", "auth/token/lookup-self") == 403, 30, "the token to end")
    assert status(other, "GET", "auth/token/lookup-self") == 200


def seal_under_load(primary, performance, seconds):
    """Sealing and unsealing while requests run, wait and are forwarded: each request ends, and no server dies."""
    stop = threading.Event()
    slowest = [0.0]

    def load(server, index):
        client, serial = server.client("none"), 0
        while not stop.is_set():
            began = time.monotonic()
            try:
                if client.token == "none":
                    client.token = client.call("POST", "auth/userpass/login/u", {"password": "p"})["auth"]["client_token"]
                code = status(client, "POST", f"secret/data/load/{index}-{serial % 20}", {"data": {"v": serial}})
                if code == 200 and serial % 7 == 0:  # a slow one: bcrypt, on a worker, of the primary for both
                    code = status(client, "POST", f"auth/userpass/users/load{index}", {"password": "p"})
                if code == 403:
                    client.token = "none"
            except ApiError:
                stop.wait(0.01)
            except (OSError, http.client.HTTPException):
                client.close()
            slowest[0] = max(slowest[0], time.monotonic() - began)
            serial += 1
        client.close()

    def unseal(server):
        client = server.client("none")
        for key in server.keys[: server.threshold]:
            status(client, "POST", "sys/unseal", {"key": key})
        client.close()

    def is_open(server):
        assert server.process.poll() is None, f"{server.name} has died"
        unseal(server)
        return not server.client("none").read("sys/seal-status")["sealed"]

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        loads = [pool.submit(load, server, index) for index, server in enumerate([primary] * 3 + [performance] * 3)]
        until, count = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            server = (primary, performance)[count % 2]
            sealer = log_in(server)
            seals = [pool.submit(status, server.client(sealer.token), "PUT", "sys/seal", {}) for _ in range(4)]
            assert all(seal.result() in (204, 403, 503) for seal in seals)
            for done in [pool.submit(unseal, server) for _ in range(2)]:
                done.result()
            wait_until(lambda: is_open(server), 30, f"{server.name} to unseal")
            count += 1
        stop.set()
        for done in loads:
            done.result()
    wait_in_sync(primary, performance, "performance")
    print(f"sealed {count} times; the slowest request took {slowest[0]:.1f} s")
    assert slowest[0] < 30, "a request was forgotten"


def activation_met_by_a_seal(space, primary):
    """A seal directly after the answer of an activation: afterwards the cluster has its old role or is a secondary, and it serves."""
    root = primary.client()
    for round in range(3):
        name = f"late{round}"
        server = space.server(name).initialize()
        own = list(server.keys)
        token = root.write("sys/replication/performance/primary/secondary-token", {"id": name})["wrap_info"]["token"]
        client, sealer = server.client(), server.client()
        client.write("sys/replication/performance/secondary/enable", {"token": token})
        status(sealer, "PUT", "sys/seal", {})
        assert server.process.poll() is None, f"{name} has died"

        def is_open():
            opener = server.client("none")
            for key in own[:2] + [None] + primary.keys[:2]:
                status(opener, "POST", "sys/unseal", {"key": key} if key else {"reset": True})
            return not opener.read("sys/seal-status")["sealed"]

        wait_until(is_open, 30, f"{name} to unseal")
        mode = wait_until(lambda: server.client().replication("performance")["mode"], 30, "a mode")
        assert mode in ("disabled", "secondary"), mode
        if mode == "secondary":
            wait_in_sync(primary, server, "performance")
        server.stop()
        root.write("sys/replication/performance/primary/revoke-secondary", {"id": name})


def main():
    with Workspace() as space:
        primary, performance, dr = set_up(space)
        paths_mean_one_thing(primary)
        uses_are_counted(primary)
        last_uses_meet_revocations(primary)
        times_do_not_turn_over(primary)
        hostile_requests_do_not_cut_the_link(performance)
        dr_answers_its_operation_token_only(primary, dr)
        tokens_end_with_their_method(primary, performance)
        activation_met_by_a_seal(space, primary)
        seal_under_load(primary, performance, 8)
        for server in (primary, performance, dr):
            assert server.process.poll() is None, f"{server.name} has died"


if __name__ == "__main__":
    sys.exit(main())
