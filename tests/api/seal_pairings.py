"""The four pairs of seals between a primary and its secondaries. In each pair the secondary is activated, serves, restarts, is promoted and followed.

Operators' keys are replicated, seals are not (spec: replication-behaviour.md §8). The HSM is SoftHSM2, with one token for each cluster.
"""

import base64
import concurrent.futures
import sys

from harness import ApiError, Workspace, check_secrets, put_secrets, wait_in_sync, wait_until
from softhsm import SoftHsm

SECRETS = 30


class Cluster:
    """A server with a seal of either kind."""

    def __init__(self, space, hsm, name, is_automatic, shares, threshold):
        self.is_automatic = is_automatic
        if is_automatic:
            hsm.add_token(name)
        self.server = space.server(name, extra=hsm.stanza(name) if is_automatic else "")
        kind = "recovery" if is_automatic else "secret"
        answer = self.server.client().write("sys/init", {f"{kind}_shares": shares, f"{kind}_threshold": threshold})
        self.keys = answer["recovery_keys_base64" if is_automatic else "keys_base64"]
        self.threshold = threshold
        self.server.root_token = answer["root_token"]
        if not is_automatic:
            self.offer(self.keys)
        self.seal_type = "pkcs11" if is_automatic else "shamir"
        assert self.status()["type"] == self.seal_type and not self.status()["sealed"]

    def __getattr__(self, name):
        return getattr(self.server, name)

    def status(self):
        return self.client("none").read("sys/seal-status")

    def offer(self, keys):
        """Gives a threshold of keys. Returns whether they unsealed the server."""
        client = self.client("none")
        try:
            for key in keys[: self.threshold]:
                client.write("sys/unseal", {"key": key})
            is_open = not client.read("sys/seal-status")["sealed"]
        except ApiError as error:
            assert "invalid key" in str(error.body), error
            is_open = False
        if not is_open:
            client.raw("POST", "sys/unseal", {"reset": True})
        return is_open

    def restart(self, keys, old_keys):
        """Restarts, and unseals as its seal demands. Keys from before the activation must not unseal it."""
        self.kill()
        self.server.start()
        if self.is_automatic:
            wait_until(lambda: not self.status()["sealed"], 30, f"{self.name} to unseal itself")
        else:
            assert not self.offer(old_keys), f"{self.name} was opened by keys that were replaced"
            assert self.offer(keys), f"{self.name} was not opened by the set's keys"
        status = self.status()
        assert status["type"] == self.seal_type and status["recovery_seal"] == self.is_automatic, status

    def token(self, path, keys):
        """Makes a token with a threshold of keys. Returns None if the keys are not valid."""
        client = self.client("none")
        client.raw("DELETE", f"sys/{path}/attempt")
        started = client.call("PUT", f"sys/{path}/attempt", {})
        assert started["required"] == self.threshold, started
        try:
            for key in keys[: self.threshold]:
                done = client.call("PUT", f"sys/{path}/update", {"key": key, "nonce": started["nonce"]})
        except ApiError as error:
            assert error.status == 400 and "invalid key share; progress stays at 0 of" in str(error.body), error
            return None
        finally:
            client.raw("DELETE", f"sys/{path}/attempt")
        if not done["complete"]:  # fewer keys than are needed now
            return None
        return bytes(a ^ b for a, b in zip(base64.b64decode(done["encoded_token"] + "=="), started["otp"].encode())).decode()


def activate(primary, secondary, replication_type):
    """Makes the server a secondary. The primary's keys replace its own; its seal stays. Returns the keys from before, which must not be valid any more."""
    own = secondary.keys
    token = primary.client().write(f"sys/replication/{replication_type}/primary/secondary-token", {"id": secondary.name})["wrap_info"]["token"]
    warnings = secondary.client().write(f"sys/replication/{replication_type}/secondary/enable", {"token": token})["warnings"]
    is_warned = any("recovery keys unseal this cluster" in warning for warning in warnings)
    assert is_warned == (primary.is_automatic and not secondary.is_automatic), warnings
    wait_in_sync(primary, secondary, replication_type)
    secondary.keys, secondary.threshold = primary.keys, primary.threshold
    status = secondary.status()
    assert (status["type"], status["n"], status["t"]) == (secondary.seal_type, len(primary.keys), primary.threshold), status
    return own


def drill(secondary, token):
    """The copy in a drill needs neither shares nor the HSM."""
    path = "sys/replication/dr/secondary/drill"
    client = secondary.client("none")
    begun = client.write(path, {"dr_operation_token": token})["data"]

    def ended():
        data = client.read(path)["data"]
        return data if data["id"] == begun["id"] and data["state"] != "running" else None

    evidence = wait_until(ended, 60, "the drill to end")
    assert evidence["state"] == "succeeded" and evidence["reads_failed"] == 0 and evidence["reads"] > 0, evidence


def dr(primary, secondary):
    primary.client().write("sys/replication/dr/primary/enable")
    wait_until(lambda: primary.client().replication("dr")["mode"] == "primary", 30, "the primary")
    old_keys = activate(primary, secondary, "dr")
    secondary.restart(secondary.keys, old_keys)
    wait_in_sync(primary, secondary, "dr")
    put_secrets(primary, SECRETS, generation=1)
    wait_in_sync(primary, secondary, "dr")

    # The roles change: the old primary is demoted and follows the new one.
    root = primary.root_token
    operation = "replication/dr/secondary/generate-operation-token"
    assert secondary.token(operation, old_keys) is None
    token = secondary.token(operation, secondary.keys)
    drill(secondary, token)
    primary.client().write("sys/replication/dr/primary/demote")
    secondary.client("none").write("sys/replication/dr/secondary/promote", {"dr_operation_token": token})
    secondary.server.root_token = root
    wait_until(lambda: secondary.client().replication("dr")["mode"] == "primary", 30, "the promotion")
    check_secrets(secondary, SECRETS, generation=1)
    wrapped = wait_until(lambda: secondary.client().write("sys/replication/dr/primary/secondary-token", {"id": "back"}), 30, "a token")
    token = primary.token(operation, primary.keys)
    answer = primary.client("none").write("sys/replication/dr/secondary/update-primary",
                                          {"dr_operation_token": token, "token": wrapped["wrap_info"]["token"]})
    is_warned = any("recovery keys unseal this cluster" in warning for warning in answer["warnings"])
    assert is_warned == (secondary.is_automatic and not primary.is_automatic), answer
    wait_in_sync(secondary, primary, "dr")
    put_secrets(secondary, SECRETS, generation=2)
    for cluster in (primary, secondary):
        cluster.restart(primary.keys, old_keys)
    wait_in_sync(secondary, primary, "dr")
    check_secrets(secondary, SECRETS, generation=2)


def performance(primary, secondary):
    """In addition to DR: the new primary of the DR pair also leads a performance secondary with the other kind of seal."""
    primary.client().write("sys/replication/performance/primary/enable")
    wait_until(lambda: primary.client().replication("performance")["mode"] == "primary", 30, "the primary")
    old_keys = activate(primary, secondary, "performance")
    assert secondary.token("generate-root", old_keys) is None
    secondary.server.root_token = secondary.token("generate-root", secondary.keys)
    check_secrets(secondary, SECRETS, generation=2)
    secondary.client().write("secret/data/forwarded", {"data": {"through": secondary.name}})  # written by the primary
    secondary.restart(secondary.keys, old_keys)
    wait_in_sync(primary, secondary, "performance")
    assert secondary.client().read("secret/data/forwarded")["data"]["data"] == {"through": secondary.name}


def restore(cluster, snapshot):
    """Restores a snapshot that the first primary saved under the other kind of seal. This cluster keeps its own seal."""
    status, text = cluster.client().raw("POST", "sys/storage/raft/snapshot", snapshot)
    assert status == 204, (status, text)
    wait_until(lambda: cluster.client().read("secret/data/tutorial/0")["data"]["data"]["value"] == "secret-0-0", 30, "the snapshot")
    wait_until(lambda: check_secrets(cluster, SECRETS), 30, "the server to serve it")
    cluster.restart(cluster.keys, ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
    check_secrets(cluster, SECRETS)


def hsm_away_during_activation(primary, hsm, space):
    """The secondary tests its HSM before it uses the token and before it deletes anything."""
    # The snapshot is older than the performance role of this cluster. A restore keeps the present role.
    wait_until(lambda: primary.client().replication("performance")["mode"] == "primary", 30, "the primary")
    cluster = Cluster(space, hsm, "unlucky", True, 1, 1)
    cluster.client().write("sys/mounts/own", {"type": "kv"})
    cluster.client().write("own/one", {"value": 1})
    token = primary.client().write("sys/replication/performance/primary/secondary-token", {"id": "unlucky"})["wrap_info"]["token"]
    hsm.take_away()
    try:
        cluster.client().write("sys/replication/performance/secondary/enable", {"token": token})
        raise AssertionError("activated without its HSM")
    except ApiError as error:
        assert error.status == 500 and "this cluster's seal cannot store a key: there is no token" in error.body["errors"][0], error
    hsm.bring_back()
    assert cluster.client().read("own/one")["data"] == {"value": 1}
    cluster.client().write("sys/replication/performance/secondary/enable", {"token": token})
    wait_in_sync(primary, cluster, "performance")
    return cluster


def comes_back(cluster, primary):
    """Restores the safety snapshot. The node seals itself and unseals by its HSM with the old root key, so the old keys work again."""
    own_root, own_keys = cluster.root_token, cluster.keys
    cluster.keys, cluster.threshold = primary.keys, primary.threshold
    client = cluster.client(cluster.token("generate-root", cluster.keys))
    name = client.read("sys/replication/safety-snapshot")["data"]["keys"][0]
    client.write("sys/replication/safety-snapshot/restore", {"name": name})
    wait_until(lambda: cluster.client(own_root).read("own/one")["data"] == {"value": 1}, 40, "its own data")
    cluster.keys, cluster.threshold = own_keys, 1
    cluster.restart(own_keys, primary.keys)
    assert cluster.token("generate-root", own_keys) and cluster.client(own_root).read("own/one")["data"] == {"value": 1}


def name_of(is_primary_automatic, is_secondary_automatic):
    return "-".join("auto" if is_automatic else "shamir" for is_automatic in (is_primary_automatic, is_secondary_automatic))


def pair(space, hsm, is_primary_automatic, is_secondary_automatic):
    """One pair with DR, then a third cluster of the other kind as a performance secondary. Returns the new primary."""
    name = name_of(is_primary_automatic, is_secondary_automatic)
    primary = Cluster(space, hsm, name + "-a", is_primary_automatic, 3, 2)
    secondary = Cluster(space, hsm, name + "-b", is_secondary_automatic, 5, 3)
    primary.client().write("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    put_secrets(primary, SECRETS)
    snapshot = primary.client().raw("GET", "sys/storage/raft/snapshot")[1]
    dr(primary, secondary)
    performance(secondary, Cluster(space, hsm, name + "-c", not is_secondary_automatic, 1, 1))
    restore(secondary, snapshot)
    print(f"{name}: ok", flush=True)
    return secondary


def main():
    with Workspace() as space:
        hsm = SoftHsm(space.path)
        pairs = [(primary, secondary) for primary in (False, True) for secondary in (False, True)]
        for seals in pairs:
            for label in ("a", "b", "c"):
                hsm.add_token(f"{name_of(*seals)}-{label}")
        hsm.add_token("unlucky")
        with concurrent.futures.ThreadPoolExecutor(len(pairs)) as pool:
            primaries = list(pool.map(lambda seals: pair(space, hsm, *seals), pairs))
        comes_back(hsm_away_during_activation(primaries[-1], hsm, space), primaries[-1])


if __name__ == "__main__":
    sys.exit(main())
