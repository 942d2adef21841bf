"""Preflight, verdicts and readiness on real processes: they name what is wrong between two clusters, and use up no token."""

import json
import sys

import harness
from harness import ApiError, Cli, Workspace, wait_in_sync, wait_until


def refused(call, status, text):
    try:
        call()
    except ApiError as error:
        assert error.status == status and text in str(error.body), error
        return
    raise AssertionError(f"was not refused: {text}")


def levels(answer, origin="here"):
    return {finding["check"]: finding["level"] for finding in answer["data"]["findings"] if finding["from"] == origin}


def main():
    with Workspace() as space:
        tls = space.tls()
        primary = space.server("primary", tls=tls).initialize()
        secondary = space.server("secondary", tls=tls).initialize()
        client, other = primary.client(), secondary.client()
        ca = open(tls["ca"]).read()
        check = lambda **fields: other.write("sys/replication/preflight", {"api_addr": primary.address, "cluster_addr": primary.cluster_address,
                                                                                   "ca_pem": ca, **fields})

        print("before anything is set up", flush=True)
        seen = check()
        found = levels(seen)
        assert found["api"] == found["who_answered"] == found["clock"] == found["versions"] == "ok", seen
        assert found["api_certificate"] == "warn", seen  # made for two days
        assert found["cluster_port"] == "warn" and levels(seen, "there") == {"check_back": "unknown"}, seen
        for path in ("performance", "dr"):
            client.write(f"sys/replication/{path}/primary/enable")
        seen = check()
        assert levels(seen)["cluster_port"] == levels(seen)["cluster_certificate"] == "ok", seen

        print("both ways", flush=True)
        seen = check(target_token=primary.root_token, own_ca_pem=ca, cluster_addr="")  # the other cluster tells its cluster port
        assert levels(seen)["cluster_port"] == "ok", seen
        assert levels(seen, "there")["api"] == levels(seen, "there")["who_answered"] == "ok", seen
        assert levels(seen, "there")["cluster_port"] == "warn", seen  # no primary here
        assert primary.root_token not in json.dumps(seen) and "storage_used_bytes" in seen["data"]["self"], seen
        assert levels(check(target_token="hvs.wrong", own_ca_pem=ca), "there") == {"check_back": "unknown"}

        print("what is wrong is named", flush=True)
        seen = other.write("sys/replication/preflight", {"api_addr": primary.address})  # without the authority
        assert levels(seen)["api_certificate"] == "fail" and seen["data"]["result"] == "fail", seen
        seen = other.write("sys/replication/preflight", {"api_addr": f"http://127.0.0.1:{harness.free_port()}"})
        assert levels(seen)["api"] == "fail", seen
        sealed = space.server("sealed")
        seen = other.write("sys/replication/preflight", {"api_addr": sealed.address})
        assert levels(seen)["who_answered"] == "fail" and levels(seen)["api_certificate"] == "warn", seen
        seen = check(api_addr=f"https://127.0.0.1:{primary.cluster_port}")  # the wrong port
        assert levels(seen)["api"] == "fail", seen
        for address in ("", "127.0.0.1", "ftp://127.0.0.1:1", f"{primary.address}/v1/sys/seal", "https://a@b:1", "https://a?b=c", "https://"):
            refused(lambda: check(api_addr=address), 400, "api_addr")
        for address in ("https://a\\b", "https://a\x7f", "https://a\0b"):
            refused(lambda: check(api_addr=address), 400, "api_addr")
        for field in ("token", "target_token"):  # it goes into a header, and must not add other headers
            refused(lambda: check(**{field: "hvs.x\r\nX-Vault-Namespace: y"}), 400, f"{field} is not a token")
        for path in ("/dev/zero", "/dev", str(space.path / "none")):  # and it must not be read without end
            refused(lambda: check(ca_pem="", ca_file=path), 400, "ca_file")
        for _ in range(6):  # none of these still counts as running
            assert check()["data"]["findings"]
        refused(lambda: secondary.client("hvs.none").write("sys/replication/preflight", {"api_addr": primary.address}), 403, "permission denied")

        print("an activation token is looked at, not used up", flush=True)
        token = client.write("sys/replication/dr/primary/secondary-token", {"id": "far"})["wrap_info"]["token"]
        link = client.read("sys/replication/links")["data"]["links"][0]
        assert link["verdict"] == "awaiting" and "token" in link["next_step"], link
        assert "holdfast_replication_links_broken 0" in client.raw("GET", "sys/metrics?format=prometheus")[1].decode()
        seen = check(token=token)
        assert levels(seen)["token"] == levels(seen)["token_use"] == "ok" and token not in json.dumps(seen), seen
        assert levels(check(token="none"))["token"] == "fail"
        other.write("sys/replication/dr/secondary/enable", {"token": token, "ca_file": tls["ca"]})
        wait_in_sync(primary, secondary, "dr")
        third = space.server("third", tls=tls).initialize()
        seen = third.client().write("sys/replication/preflight", {"api_addr": primary.address, "ca_pem": ca, "token": token})
        assert levels(seen)["token_use"] == "fail", seen
        refused(lambda: other.write("sys/replication/preflight", {"api_addr": primary.address}), 400, "dr operation token not provided")

        print("verdicts and readiness", flush=True)
        on_primary = Cli(primary, space.path / "home")
        healthy = lambda: (lambda link: link if link["verdict"] == "healthy" and link["other_end"]["answers"] and link["behind"] == 0 else None)(
            client.read("sys/replication/links")["data"]["links"][0])
        link = wait_until(healthy, 30, "a healthy link")
        assert link["type"] == "dr" and link["secondary_id"] == "far" and link["role"] == "primary" and link["behind"] == 0, link
        status = client.replication("dr")["secondaries"][0]
        assert status["verdict"] == "healthy", status
        pair = wait_until(lambda: (lambda p: p if {f["fact"]: f["level"] for f in p["facts"]}["roots"] == "ok" else None)(
            client.read("sys/replication/dr/readiness")["data"]["pairs"][0]), 20, "a proof of equality")
        facts = {fact["fact"]: fact["level"] for fact in pair["facts"]}
        assert facts == {"lag": "ok", "roots": "ok", "operation_token": "warn", "versions": "ok", "members": "ok", "snapshot": "warn", "drill": "warn"}, pair
        out = on_primary.run("vault replication links")
        assert "healthy" in out and "far" in out, out
        assert "operation_token" in on_primary.run("vault replication readiness")
        assert on_primary.json("vault replication readiness -format=json")["data"]["pairs"][0]["secondary_id"] == "far"
        out = on_primary.run(f"vault replication preflight -target-ca-cert={tls['ca']} -cluster-addr={third.cluster_address} {third.address}")
        assert "who_answered" in out and "Result: warn" in out, out
        out = on_primary.run(f"vault replication preflight http://127.0.0.1:{harness.free_port()}", expect=2)
        assert "Result: fail" in out, out
        on_primary.run(f"vault replication preflight -format=json http://127.0.0.1:{harness.free_port()}", expect=2)
        assert "Examples" in out or "preflight" in on_primary.run("vault replication preflight -h")

        print("a secondary that is gone", flush=True)
        secondary.kill()
        link = wait_until(lambda: (lambda link: link if link["verdict"] == "broken" else None)(
            client.read("sys/replication/links")["data"]["links"][0]), 30, "the loss to be seen")
        assert not link["other_end"]["answers"] and link["horizon_seconds"] > 0 and "log" in link["next_step"], link
        metrics = client.raw("GET", "sys/metrics?format=prometheus")[1].decode()
        assert "holdfast_replication_links_broken 1" in metrics and "holdfast_replication_horizon_seconds_min" in metrics, metrics[-2000:]
        facts = {fact["fact"]: fact["level"] for fact in client.read("sys/replication/dr/readiness")["data"]["pairs"][0]["facts"]}
        assert facts["lag"] == "fail" and facts["operation_token"] == "unknown", facts
    print("all passed")


if __name__ == "__main__":
    sys.exit(main())
