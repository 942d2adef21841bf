"""Paths filters on real processes: what a secondary does not receive, from before its activation until after the filter was deleted.

Unit tests look at the bytes of the link. This test searches every file that the secondary writes for data that the filter holds back.
"""

from harness import ApiError, Workspace, wait_until

PRIMARY = "sys/replication/performance/primary"
SECONDARY = "sys/replication/performance/secondary"


def activate(primary, secondary, identifier, kind="performance"):
    token = primary.client().write(f"sys/replication/{kind}/primary/secondary-token", {"id": identifier})["wrap_info"]["token"]
    secondary.client().write(f"sys/replication/{kind}/secondary/enable", {"token": token})
    wait_until(lambda: secondary.client().replication(kind).get("mode") == "secondary", 60, "the secondary's mode")
    secondary.keys, secondary.threshold = primary.keys, primary.threshold


def wait_equal(primary, secondary, identifier):
    """The secondary streams, and its root equals the root that the primary computes for the filter."""

    def is_equal():
        items = {item["node_id"]: item for item in primary.client().replication("performance")["secondaries"]}
        here = secondary.client().replication("performance")
        return (here.get("state") == "stream-wals" and here["connection_state"] == "ready"
                and here["last_remote_wal"] >= primary.client().replication("performance")["last_performance_wal"]
                and items.get(identifier, {}).get("merkle_root") == here["merkle_root"])

    wait_until(is_equal, 60, f"{secondary.name} to hold what its filter lets through")


def status_of(client, method, path, body=None):
    status, text = client.raw(method, path, body)
    return status, text.decode()


def files_with(server, *needles):
    """The places where the server's files contain one of the texts. The search starts again if a file is renamed during it."""

    def search():
        try:
            files = {path: path.read_bytes() for path in server.directory.rglob("*") if path.is_file() and path.name != "server.log"}
        except FileNotFoundError:
            return None
        return [[(path, needle) for path, contents in files.items() for needle in needles if needle.encode() in contents]]

    return wait_until(search, 20, "files that stay where they are")[0]


def login(server, user, mount="users"):
    client = server.client()
    client.token = None
    return client.write(f"auth/{mount}/login/{user}", {"password": "pw"})["auth"]["client_token"]


def main():
    with Workspace() as space:
        p, s = space.server("p").initialize(), space.server("s").initialize()
        root = p.client()
        root.write("sys/policies/acl/admin", {"policy": 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'})
        for path in ("open", "hidden"):
            root.write(f"sys/mounts/{path}", {"type": "kv", "options": {"version": "2"}})
            root.write(f"{path}/data/{path}-secret", {"data": {"value": path}})
        for path in ("users", "hidden-users"):
            root.write(f"sys/auth/{path}", {"type": "userpass"})
            root.write(f"auth/{path}/users/{path}-anna", {"password": "pw", "token_policies": "admin"})
        root.write(f"{PRIMARY}/enable")
        wait_until(lambda: root.replication("performance").get("mode") == "primary", 30, "the primary")
        uuids = {path: root.read("sys/mounts")["data"][f"{path}/"]["uuid"] for path in ("open", "hidden")}
        uuids["auth"] = root.read("sys/auth")["data"]["hidden-users/"]["uuid"]

        print("the filter's forms")
        assert status_of(root, "GET", f"{PRIMARY}/paths-filter/s")[0] == 404
        assert root.call("PUT", f"{PRIMARY}/paths-filter/s", {"mode": "deny", "paths": ["hidden", "/auth/hidden-users/", "later/"]}) is None
        read = root.read(f"{PRIMARY}/paths-filter/s")
        assert read["mode"] == read["data"]["mode"] == "deny", read
        assert read["paths"] == read["data"]["paths"] == ["auth/hidden-users/", "hidden/", "later/"], read
        assert root.read(f"{PRIMARY}/mount-filter/s")["mode"] == "blacklist"
        assert root.call("LIST", f"{PRIMARY}/paths-filter")["data"]["keys"] == ["s"]
        dynamic = root.read(f"{PRIMARY}/dynamic-filter/s")
        assert dynamic["dynamic_filtered_mounts"] == dynamic["data"]["dynamic_filtered_mounts"] == ["auth/hidden-users/", "hidden/"], dynamic
        assert dynamic["dynamic_filtered_namespaces"] == [], dynamic
        for body in ({"mode": "deny", "paths": ["sys/"]}, {"paths": ["cubbyhole"]}, {"paths": ["auth/token"]}, {"mode": "never", "paths": ["x"]},
                     {"mode": "deny"}, {"paths": ["/"]}, {"mode": "whitelist", "paths": ["x"]}):
            assert status_of(root, "POST", f"{PRIMARY}/paths-filter/other", body)[0] == 400, body
        assert status_of(root, "GET", f"{PRIMARY}/paths-filter/other")[0] == 404
        root.write(f"{PRIMARY}/mount-filter/other", {"paths": "open/"})
        assert root.read(f"{PRIMARY}/paths-filter/other")["mode"] == "allow"
        root.call("DELETE", f"{PRIMARY}/paths-filter/other")
        assert status_of(root, "GET", f"{PRIMARY}/mount-filter/other")[0] == 404

        print("set before activation, the data never leaves")
        activate(p, s, "s")
        wait_equal(p, s, "s")
        there = s.client(login(s, "users-anna"))
        assert there.read("open/data/open-secret")["data"]["data"] == {"value": "open"}
        mounts = there.read("sys/mounts")["data"]
        assert "open/" in mounts and "hidden/" not in mounts and "hidden-users/" not in there.read("sys/auth")["data"], mounts
        for method, body in (("GET", None), ("POST", {"data": {"value": "x"}})):
            status, text = status_of(there, method, "hidden/data/hidden-secret", body)
            assert status == 404 and 'no handler for route \\"hidden/data/hidden-secret\\". route entry not found.' in text, (status, text)
        assert root.read("hidden/data/hidden-secret")["data"]["data"] == {"value": "hidden"}  # the write was not forwarded
        assert root.replication("performance")["merkle_root"] != there.replication("performance")["merkle_root"]
        item = root.replication("performance")["secondaries"][0]
        assert item["is_filtered"] is True and "hidden" not in str(item), item

        print("nor while it streams, nor of a mount that was denied before it was there")
        root.write("sys/mounts/later", {"type": "kv"})
        uuids["later"] = root.read("sys/mounts")["data"]["later/"]["uuid"]
        for at in range(50):
            root.write(f"hidden/data/hidden-more-{at}", {"data": {"value": at}})
            root.write(f"later/later-{at}", {"value": at})
            root.write(f"open/data/open-more-{at}", {"data": {"value": at}})
        root.write("sys/mounts/fresh", {"type": "kv"})
        root.write("fresh/fresh-secret", {"value": "1"})
        wait_equal(p, s, "s")
        assert there.read("open/data/open-more-49")["data"]["data"] == {"value": 49}
        assert there.read("fresh/fresh-secret")["data"] == {"value": "1"}
        own = there.read(f"{SECONDARY}/dynamic-filter/s")
        assert own["dynamic_filtered_mounts"] == [] and own["warnings"], own
        s.kill()
        s.start()
        s.unseal()
        wait_equal(p, s, "s")
        found = files_with(s, "hidden-", "later-", uuids["hidden"], uuids["later"], uuids["auth"])
        assert not found, found
        assert files_with(s, uuids["open"]), "the search finds nothing at all"
        assert files_with(p, "hidden-more-7"), "names of keys are not where they are searched for"
        there = s.client(login(s, "users-anna"))
        status, text = status_of(there, "POST", f"{PRIMARY}/paths-filter/s", {"mode": "deny", "paths": []})
        assert status == 400 and "not a performance replication primary" in text, (status, text)

        print("denied later: data, mount and tokens go")
        lost = login(s, "users-anna")
        root.write("sys/auth/door", {"type": "userpass"})
        root.write("auth/door/users/bob", {"password": "pw", "token_policies": "admin"})
        wait_equal(p, s, "s")
        there = s.client(login(s, "bob", "door"))
        root.write(f"{PRIMARY}/paths-filter/s", {"mode": "deny", "paths": ["open/", "auth/users/", "hidden/", "auth/hidden-users/", "later/"]})
        wait_until(lambda: "open/" not in there.read("sys/mounts")["data"], 30, "the denied mount to go")
        wait_equal(p, s, "s")
        assert status_of(there, "GET", "open/data/open-secret")[0] == 404
        wait_until(lambda: status_of(s.client(lost), "GET", "auth/token/lookup-self")[0] == 403, 30, "tokens of the denied method to end")

        print("an allow filter; then none: everything comes back")
        root.write(f"{PRIMARY}/paths-filter/s", {"paths": ["hidden", "auth/door"]})
        wait_until(lambda: "hidden/" in there.read("sys/mounts")["data"], 30, "the allowed mount")
        wait_equal(p, s, "s")
        assert set(there.read("sys/mounts")["data"]) == {"sys/", "cubbyhole/", "hidden/"} | ({"identity/"} & set(there.read("sys/mounts")["data"]))
        assert set(there.read("sys/auth")["data"]) == {"token/", "door/"}
        root.call("DELETE", f"{PRIMARY}/paths-filter/s")
        wait_until(lambda: "later/" in there.read("sys/mounts")["data"], 30, "the mounts to come back")
        wait_equal(p, s, "s")
        assert there.read("hidden/data/hidden-more-49")["data"]["data"] == {"value": 49}
        assert there.replication("performance")["merkle_root"] == root.replication("performance")["merkle_root"]

        print("unmounting and moving take the path out of every filter")
        root.write(f"{PRIMARY}/paths-filter/s", {"mode": "deny", "paths": ["hidden/", "later/"]})
        wait_until(lambda: "later/" not in there.read("sys/mounts")["data"], 30, "the denied mount to go")
        root.call("DELETE", "sys/mounts/later")
        assert root.read(f"{PRIMARY}/paths-filter/s")["paths"] == ["hidden/"]
        wait_equal(p, s, "s")
        moved = root.write("sys/remount", {"from": "hidden", "to": "shown"})
        assert any('"s"' in text for text in moved["warnings"]), moved
        assert root.read(f"{PRIMARY}/paths-filter/s")["paths"] == []
        wait_until(lambda: "shown/" in there.read("sys/mounts")["data"], 30, "the moved mount")
        wait_equal(p, s, "s")
        assert there.read("shown/data/hidden-secret")["data"]["data"] == {"value": "hidden"}
        try:
            there.read("later/later-1")
            raise AssertionError("the unmounted mount answers")
        except ApiError as error:
            assert error.status == 404, error
        print("all as it should be")


if __name__ == "__main__":
    main()
