"""Snapshots through the API and the command line: automatic ones to a folder and to an object store, and what happens on failures."""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from harness import ApiError, Cli, Workspace, put_secrets, wait_until

HERE = pathlib.Path(__file__).resolve().parent
S3_PYTHON = os.environ.get("HOLDFAST_S3_PYTHON", str(HERE.parent.parent / "build/s3/bin/python"))
CONFIG = "sys/storage/raft/snapshot-auto/config/"
STATUS = "sys/storage/raft/snapshot-auto/status/"


class ObjectStore:
    """s3_server.py as a process."""

    def __init__(self, bucket, tls=None):
        assert os.path.exists(S3_PYTHON), f"{S3_PYTHON} is missing: run installer/test, which installs the object store"
        words = [S3_PYTHON, str(HERE / "s3_server.py"), bucket] + ([tls["cert"], tls["key"]] if tls else [])
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = json.loads(self.process.stdout.readline())
        self.bucket = bucket

    def config(self, **more):
        config = {"interval": "1s", "retain": 2, "storage_type": "aws-s3", "path_prefix": "clusters/a", "file_prefix": "s3-test",
                  "aws_s3_bucket": self.bucket, "aws_s3_region": "eu-central-1", "aws_s3_endpoint": self.said["endpoint"],
                  "aws_s3_force_path_style": True, "aws_access_key_id": self.said["access_key"],
                  "aws_secret_access_key": self.said["secret_key"]}
        config.update(more)
        return config

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(10)


def refused(client, name, config, text):
    try:
        client.write(CONFIG + name, config)
    except ApiError as error:
        assert error.status == 400 and text in str(error.body), (error, text)
        return
    raise AssertionError(f"{config} was taken")


def status_of(client, name):
    return client.read(STATUS + name)["data"]


def wait_status(client, name, condition, what):
    """The first status that fits. A failure shows the server's last status."""
    last = {}

    def fits():
        last.update(status_of(client, name))
        return condition(last) and dict(last)

    try:
        return wait_until(fits, 30, what)
    except AssertionError as error:
        raise AssertionError(f"{error}: {last}") from None


def check_configurations(space, client):
    folder = str(space.path / "daily")
    local = {"interval": "24h", "storage_type": "local", "path_prefix": folder, "local_max_space": 1000}
    refused(client, "x", {**local, "interval": 0}, "interval")
    refused(client, "x", {**local, "retain": 0}, "retain")
    refused(client, "x", {**local, "path_prefix": "relative"}, "path_prefix")
    refused(client, "x", {**local, "local_max_space": None}, "local_max_space")
    refused(client, "x", {**local, "storage_type": "azure-blob"}, "not supported")
    refused(client, "x", {**local, "storage_type": "google-gcs"}, "not supported")
    refused(client, "x", {**local, "storage_type": "tape"}, "storage_type")
    refused(client, "x", {**local, "storage_type": "aws-s3"}, "aws_s3_bucket")
    refused(client, "x", {**local, "storage_type": "aws-s3", "aws_s3_bucket": "b"}, "aws_s3_region")
    refused(client, "x", {**local, "storage_type": "aws-s3", "aws_s3_bucket": "b", "aws_s3_region": "r",
                          "aws_access_key_id": "only"}, "given together")
    # The server tests the destination when it is configured.
    (space.path / "no folder").write_text("")
    for impossible in ("/proc/nope", f"{space.path}/no folder", f"{space.path}/no folder/below"):
        refused(client, "x", {**local, "path_prefix": impossible}, "cannot be kept in path_prefix")
    assert client.raw("GET", CONFIG + "x")[0] == 404
    client.write(CONFIG + "x", {**local, "path_prefix": "/proc/nope", "skip_destination_test": True})
    client.call("DELETE", CONFIG + "x")
    client.write(CONFIG + "daily", {**local, "retain": 7})
    assert os.listdir(folder) == [], "what was put there to try it is left"
    data = client.read(CONFIG + "daily")["data"]
    assert data == {"interval": 86400, "retain": 7, "path_prefix": folder, "file_prefix": "vault-snapshot",
                    "storage_type": "local", "local_max_space": 1000}, data
    refused(client, "daily", {"storage_type": "aws-s3", "aws_s3_bucket": "b", "aws_s3_region": "r"}, "cannot be changed")
    assert client.call("LIST", CONFIG.rstrip("/"))["data"]["keys"] == ["daily"]
    status = status_of(client, "daily")
    assert status["last_snapshot_start"] == "" and status["next_snapshot_start"] > "20", status
    client.call("DELETE", CONFIG + "daily")
    for path in (CONFIG, STATUS):
        assert client.raw("GET", path + "daily")[0] == 404


def check_local(space, server, client):
    folder = space.path / "kept"
    client.write(CONFIG + "often", {"interval": 1, "retain": 2, "path_prefix": str(folder), "storage_type": "local",
                                    "local_max_space": 100_000_000})
    status = wait_status(client, "often", lambda s: s["success_count"] >= 3, "three snapshots")
    assert status["last_snapshot_error"] == "" and status["consecutive_errors"] == 0, status
    assert re.fullmatch(rf"file://{folder}/vault-snapshot-\d{{19}}\.snap", status["last_snapshot_url"]), status
    assert status["last_proven_snapshot_url"] == status["last_snapshot_url"] and len(status["last_proven_root"]) == 40, status
    assert status["snapshots_in_storage"] == 2 and status["total_snapshot_bytes"] >= status["snapshot_bytes"] > 0, status
    names = sorted(file.name for file in folder.iterdir())
    assert len([name for name in names if name.endswith(".snap")]) in (2, 3), names  # the third one will be deleted soon
    # Each run starts at a full second, even if the one before took long.
    starts = [int(name.split("-")[2].split(".")[0]) for name in names if name.endswith(".snap")]
    assert starts == sorted(starts), starts

    metrics = client.raw("GET", "sys/metrics?format=prometheus")[1].decode()
    for name in ("total_snapshot_size", "percent_maxspace_used", "save_errors", "save_duration", "last_success_time", "snapshot_size",
                 "rotate_duration", "snapshots_in_storage"):
        assert f'vault_autosnapshots_{name}{{snapshot_config_name="often"}}' in metrics, (name, metrics)

    client.write(CONFIG + "often", {"local_max_space": status["snapshot_bytes"] // 2})
    status = wait_status(client, "often", lambda s: s["consecutive_errors"] >= 1, "the room to be used up")
    assert "not enough space" in status["last_snapshot_error"], status
    assert status["success_count"] >= 3 and status["last_snapshot_url"], status

    (space.path / "file").write_text("")
    client.write(CONFIG + "often", {"local_max_space": 10**9, "path_prefix": str(space.path / "file" / "below"), "skip_destination_test": True})
    status = wait_status(client, "often", lambda s: "Not a directory" in s["last_snapshot_error"], "the error")

    client.write(CONFIG + "often", {"path_prefix": str(folder)})
    before = wait_status(client, "often", lambda s: s["consecutive_errors"] == 0, "a good run")
    server.kill()
    until = time.time() + 2.5  # two runs are due during the outage
    wait_until(lambda: time.time() > until, what="the outage")
    server.start()
    server.unseal()
    client.close()
    status = wait_status(client, "often", lambda s: s["missed_runs"] > before["missed_runs"], "the missed runs to be counted")
    assert status["last_missed_run"] > before["last_snapshot_start"], (before, status)
    wait_status(client, "often", lambda s: s["success_count"] > before["success_count"], "the cadence to continue")
    client.call("DELETE", CONFIG + "often")
    wait_until(lambda: not os.listdir(server.directory / "data" / "scratch"), what="the stores of trials to be gone")


def check_s3(space, server, client):
    store = ObjectStore("holdfast-api")
    try:
        client.write(CONFIG + "cloud", store.config())
        status = wait_status(client, "cloud", lambda s: s["success_count"] >= 3, "three snapshots in the bucket")
        assert status["last_snapshot_error"] == "", status
        url = store.said["endpoint"] + "/holdfast-api/clusters/a/s3-test-"
        assert status["last_snapshot_url"].startswith(url) and status["last_proven_snapshot_url"] == status["last_snapshot_url"], status
        assert status["snapshots_in_storage"] == 2, status

        config, text = client.read(CONFIG + "cloud")["data"], json.dumps(client.read(CONFIG + "cloud"))
        assert config["aws_s3_bucket"] == "holdfast-api" and config["aws_credentials"] == "configured", config
        assert store.said["secret_key"] not in text and store.said["access_key"] not in text, text

        answer = client.write(CONFIG + "cloud", {"aws_access_key_id": store.said["access_key"], "aws_secret_access_key": "canary-wrong-canary"})
        assert "SignatureDoesNotMatch" in answer["warnings"][0] and "canary" not in str(answer), answer
        status = wait_status(client, "cloud", lambda s: s["consecutive_errors"] >= 1, "the refusal")
        assert "403 SignatureDoesNotMatch" in status["last_snapshot_error"], status
        assert status["last_snapshot_url"].startswith(url), status
        client.write(CONFIG + "cloud", store.config(aws_s3_bucket="another"))
        wait_status(client, "cloud", lambda s: "AccessDenied" in s["last_snapshot_error"], "the other bucket to be refused")
        client.write(CONFIG + "cloud", store.config())
        wait_status(client, "cloud", lambda s: s["consecutive_errors"] == 0, "it to work again")
    finally:
        store.stop()

    status = wait_status(client, "cloud", lambda s: s["consecutive_errors"] >= 1, "the error")
    assert store.said["endpoint"] in status["last_snapshot_error"] and "3 attempts" in status["last_snapshot_error"], status
    client.call("DELETE", CONFIG + "cloud")
    for canary in ("canary-wrong-canary", store.said["secret_key"]):
        assert canary not in server.log_path.read_text(), "a credential is in the log"


def check_tls(space, server, client):
    """Over TLS, with its own authority."""
    tls = space.tls()
    store = ObjectStore("holdfast-tls", tls)
    try:
        client.write(CONFIG + "tls", store.config())
        status = wait_status(client, "tls", lambda s: s["consecutive_errors"] >= 1, "the certificate to be refused")
        assert "certificate" in status["last_snapshot_error"].lower(), status
        client.write(CONFIG + "tls", {"aws_s3_ca_file": tls["ca"]})
        wait_status(client, "tls", lambda s: s["success_count"] >= 1, "a snapshot over TLS")
    finally:
        store.stop()


def check_inspection(space, server, client):
    """The contents of a file, whether it can be restored, how files differ, and a restore with the keys of another cluster."""
    cli = Cli(server, space.path / "inspecting")
    first, second = space.path / "first.snap", space.path / "second.snap"
    cli.run("vault kv put secret/kept value=canary-one && vault kv put secret/dropped value=canary-two")
    cli.run(f"vault operator raft snapshot save -verify {first}")
    cli.run("vault kv put secret/kept value=canary-three && vault kv metadata delete secret/dropped && vault kv put secret/new value=x")
    cli.run("vault secrets enable -path=more kv")
    cli.run(f"vault operator raft snapshot save {second}")

    about = cli.json(f"vault operator raft snapshot inspect -contents -format=json {first}")["data"]
    assert about["opens_here"] and about["cluster_name"] == "check_inspection" and about["file_bytes"] == first.stat().st_size, about
    (mount,) = about["contents"]["mounts"]
    assert (mount["path"], mount["secret_count"]) == ("secret/", 102), mount
    assert "secret/" in cli.run(f"vault operator raft snapshot inspect -contents {first}")
    # Without a server and without a token: only what anybody can see.
    alone = cli.json(f"vault operator raft snapshot inspect -format=json {first}", VAULT_ADDR="http://127.0.0.1:1", VAULT_TOKEN="")
    assert (alone["root"], alone["cluster_name"]) == (about["root"], "check_inspection") and "secret/" not in json.dumps(alone), alone
    assert alone["stored"]["i/core/"]["count"] == 2, alone
    proof = cli.json(f"vault operator raft snapshot verify -format=json {first}")["data"]
    assert proof["proven_root"] == about["root"] and proof["proven_keys"] > 100, proof
    assert "it is complete and unchanged" in cli.run(f"vault operator raft snapshot verify {first}")

    both = cli.json(f"vault operator raft snapshot diff -format=json {first} {second}")["data"]
    now = cli.json(f"vault operator raft snapshot diff -format=json {first}")["data"]
    assert both["entries"] == now["entries"] and both["before"]["root"] == about["root"] and now["after"] == "now", (both, now)
    found = {(each["change"], each["path"]): each for each in both["entries"] if each["area"] == "secrets"}
    assert set(found) == {("changed", "secret/kept"), ("removed", "secret/dropped"), ("added", "secret/new")}, found
    kept = found["changed", "secret/kept"]
    assert (kept["versions_before"], kept["versions_after"]) == ([1], [1, 2]), kept
    assert [each["path"] for each in both["entries"] if each["area"] == "mounts"] == ["more/"], both
    assert "canary" not in json.dumps(both) + json.dumps(about), "a value"
    table = cli.run(f"vault operator raft snapshot diff {first}")
    assert "secret/kept" in table and "1,2" in table, table
    assert "Nothing differs." in cli.run(f"vault operator raft snapshot diff {second} {second}")
    limited = cli.json(f"vault operator raft snapshot diff -format=json -limit=1 {first}")["data"]
    assert len(limited["entries"]) == 1 and limited["truncated"] and limited["summary"] == now["summary"], limited

    # Bad input: a damaged file, a wrong place to cut, no rights.
    damaged = space.path / "damaged.snap"
    bytes_ = bytearray(first.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    damaged.write_bytes(bytes_)
    for command in ("inspect", "verify", "diff"):
        cli.run(f"vault operator raft snapshot {command} {damaged}", expect=1 if command == "inspect" else 2)
        cli.run(f"vault operator raft snapshot {command} {space.path}/none", expect=1 if command == "inspect" else 2)
        status, body = client.raw("POST", f"sys/storage/raft/snapshot/{command}", b"")
        assert status == 400, (status, body)
        status, body = client.raw("POST", f"sys/storage/raft/snapshot/{command}", b"not an archive")
        assert status == 400 and b"archive" in body, (status, body)
    for query in ("first_bytes=999999999", "first_bytes=-1", "limit=-1", "limit=x"):
        status, body = client.raw("POST", f"sys/storage/raft/snapshot/diff?{query}", first.read_bytes())
        assert status == 400, (query, status, body)
    weak = client.write("auth/token/create", {"policies": ["default"]})["auth"]["client_token"]
    for command in ("inspect", "verify", "diff"):
        assert server.client(weak).raw("POST", f"sys/storage/raft/snapshot/{command}", first.read_bytes())[0] == 403

    # The other cluster cannot look into it. It accepts it with -force, and then has the keys of the first cluster.
    other = space.server("other").initialize()
    on_other = Cli(other, space.path / "other-home")
    assert not on_other.json(f"vault operator raft snapshot inspect -contents -format=json {first}")["data"]["opens_here"]
    on_other.run(f"vault operator raft snapshot verify {first}", expect=2)
    assert "other keys" in on_other.last_error, on_other.last_error
    on_other.run(f"vault operator raft snapshot restore {first}", expect=2)
    identity = other.client().health()
    on_other.run(f"vault operator raft snapshot restore -force {first}")
    wait_until(lambda: other.client().read("sys/seal-status")["sealed"], 30, "the other cluster to be sealed")
    other.unseal(server.keys)
    health = other.client().health()
    assert (health["cluster_name"], health["cluster_id"]) == (identity["cluster_name"], identity["cluster_id"]), health
    other.root_token = server.root_token
    assert other.client().read("secret/data/dropped")["data"]["data"] == {"value": "canary-two"}
    other.stop()
    other.start()
    other.unseal(server.keys)
    assert other.client().health()["cluster_id"] == identity["cluster_id"]
    assert not os.listdir(server.directory / "data" / "scratch")


def main():
    with Workspace() as space:
        servers = []
        for check in (check_local, check_s3, check_tls, check_inspection):
            server = space.server(check.__name__).initialize()
            Cli(server, space.path / "home").run("vault secrets enable -path=secret -version=2 kv")
            put_secrets(server, 100)
            servers.append((check, server))
        check_configurations(space, servers[0][1].client())

        def run(check, server):
            client = server.client()
            began = time.monotonic()
            check(space, server, client)
            client.close()
            print(f"{check.__name__}: {time.monotonic() - began:.1f} s")

        with concurrent.futures.ThreadPoolExecutor(4) as pool:  # they mostly wait for the next second
            for done in [pool.submit(run, *each) for each in servers]:
                done.result()


if __name__ == "__main__":
    sys.exit(main())
