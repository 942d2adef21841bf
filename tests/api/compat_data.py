"""Tokens, wrapping, key-value engines, cubbyhole and logins as Vault's documents describe them, row by row over a real server."""

import base64
import json
import re
import sys

from harness import Workspace, wait_until
from rows import ABSENT, ACCESSOR, ANY, DENIED, Exactly, NO_TOKEN, NOTHING, SERVICE_TOKEN, TIME, Rows, error, run_groups

LOST_WRAP = error("wrapping token is not valid or does not exist")
NO_WRITE_TO_FOLDER = error("cannot write to a path ending in '/'")
DAY_32 = 2764800


def tokens(rows):
    row = rows.row
    create = "POST auth/token/create"
    row("PUT sys/policies/acl/p1", 204, None, {"policy": 'path "kv1/p1/*" { capabilities = ["read"] }'})
    row("PUT sys/policies/acl/p2", 204, None, {"policy": 'path "kv1/p2/*" { capabilities = ["read"] }'})
    row("PUT sys/policies/acl/maker", 204, None, {"policy": 'path "auth/token/create*" { capabilities = ["create", "update"] }\n'
                                                            'path "auth/token/roles/*" { capabilities = ["read"] }'})
    row("GET auth/token/lookup-self", 403, NO_TOKEN, token="")
    row("GET auth/token/lookup-self", 403, NO_TOKEN, token="hvs.unknown")
    row("GET kv1/x", 403, NO_TOKEN, token="hvb.AAAA")
    row("GET auth/token/lookup-self", 200, ANY, token="", headers={"Authorization": f"Bearer {rows.token}"})
    row("GET auth/token/lookup-self", 403, NO_TOKEN, token="nonsense", headers={"Authorization": f"Bearer {rows.token}"},
        name="X-Vault-Token wins")
    row("GET auth/token/lookup-self", 200, {"data": {
        "id": rows.token, "accessor": ACCESSOR, "policies": ["root"], "path": "auth/token/root", "display_name": "root", "num_uses": 0,
        "orphan": True, "creation_time": int, "creation_ttl": 0, "expire_time": None, "ttl": 0, "explicit_max_ttl": 0, "entity_id": "",
        "type": "service", "meta": None}})

    auth = {"client_token": SERVICE_TOKEN, "accessor": ACCESSOR, "policies": ["default", "p1"], "token_policies": ["default", "p1"],
            "metadata": {"user": "x"}, "lease_duration": 3600, "renewable": True, "entity_id": "", "token_type": "service", "orphan": False,
            "mfa_requirement": None, "num_uses": 0, "identity_policies": ABSENT}
    made = row(create, 200, {"auth": auth, "data": None, "wrap_info": None, "warnings": None},
               {"policies": ["p1"], "meta": {"user": "x"}, "ttl": "1h", "display_name": "who am i?"})
    child = made["auth"]["client_token"]
    row("POST auth/token/lookup", 200, {"data": {
        "id": child, "accessor": made["auth"]["accessor"], "policies": ["default", "p1"], "path": "auth/token/create", "meta": {"user": "x"},
        "display_name": "token-who-am-i", "num_uses": 0, "orphan": False, "creation_time": int, "creation_ttl": 3600, "expire_time": TIME,
        "ttl": lambda value: 3590 <= value <= 3600, "explicit_max_ttl": 0, "type": "service", "renewable": True, "issue_time": TIME,
        "role": ABSENT, "period": ABSENT, "parent": ABSENT}}, {"token": child})
    row("POST auth/token/lookup-accessor", 200, {"data": {"id": "", "accessor": made["auth"]["accessor"]}}, {"accessor": made["auth"]["accessor"]})
    row("POST auth/token/lookup", 403, error("bad token"), {"token": "hvs.unknown"})
    row("POST auth/token/lookup-accessor", 400, ANY, {"accessor": "unknown"})
    row("LIST auth/token/accessors", 200, {"data": {"keys": lambda keys: made["auth"]["accessor"] in keys}})
    row("LIST auth/token/accessors", 403, DENIED, token=child)

    row(create, 200, {"auth": {"policies": ["root"], "lease_duration": 0, "renewable": False}}, {}, name="root's child without policies")
    row(create, 200, {"warnings": ['Policy "nothere" does not exist']}, {"policies": ["nothere"]})
    row(create, 200, {"auth": {"policies": ["p1", "p2"]}}, {"policies": "P2,p1,p2", "no_default_policy": True})
    row(create, 200, {"auth": {"renewable": False}}, {"policies": ["p1"], "renewable": "false"}, name="text for a bool")
    row(create, 200, {"auth": {"lease_duration": 90}}, {"policies": ["p1"], "ttl": 90})
    row(create, 200, {"auth": {"lease_duration": 90}}, {"policies": ["p1"], "ttl": "90"})
    row(create, 200, {"auth": {"lease_duration": 5400}}, {"policies": ["p1"], "ttl": "1.5h"})
    row(create, 200, {"auth": {"lease_duration": DAY_32}}, {"policies": ["p1"], "ttl": "0s", "explicit_max_ttl": "0s", "period": "", "meta": None})
    row(create, 200, {"auth": {"lease_duration": DAY_32}, "warnings": [
        'TTL of "1000h" exceeded the effective max_ttl of "768h"; TTL value is capped accordingly']}, {"policies": ["p1"], "ttl": "1000h"})
    row(create, 200, {"auth": {"lease_duration": 60}}, {"policies": ["p1"], "ttl": "1h", "explicit_max_ttl": "1m"})
    row(create, 200, {"auth": {"client_token": "chosen-by-me"}, "warnings": list}, {"id": "chosen-by-me", "policies": ["p1"]})
    row(create, 400, error("cannot create a token with a duplicate ID"), {"id": "chosen-by-me", "policies": ["p1"]})
    row(create, 400, ANY, {"id": "hvs.mine", "policies": ["p1"]})
    row(create, 400, ANY, {"id": "with.dot", "policies": ["p1"]})
    for body, text in (({"num_uses": -1}, "number of uses cannot be negative"), ({"type": "odd"}, "invalid 'token_type' value"),
                       ({"ttl": "-1s"}, "ttl must be positive"), ({"explicit_max_ttl": "-1s"}, "explicit_max_ttl must be positive"),
                       ({"period": "-1s"}, "period must be positive"),
                       ({"type": "batch", "explicit_max_ttl": "1h"}, 'batch tokens cannot have "explicit_max_ttl" set'),
                       ({"type": "batch", "num_uses": 1}, 'batch tokens cannot have "num_uses" set'),
                       ({"type": "batch", "period": "1h"}, 'batch tokens cannot have "period" set'),
                       ({"type": "batch", "policies": ["root"]}, "batch tokens cannot be root tokens"),
                       ({"policies": ["response-wrapping"]}, 'cannot assign policy "response-wrapping"'),
                       ({"entity_alias": "x"}, "'entity_alias' is only allowed in combination with token role")):
        row(create, 400, error(text), {"policies": ["p1"], **body})
    row(create, 400, error('time: missing unit in duration "1.5"'), {"ttl": "1.5"})
    row(create, 400, error(re.compile("Field validation failed: error converting input.* for field \"num_uses\": .*", re.S)), {"num_uses": "many"})

    # What a token without sudo is allowed to create.
    made = row(create, 200, ANY, {"policies": ["maker", "p1"], "ttl": "1h"})
    maker = made["auth"]["client_token"]
    row(create, 200, {"auth": {"policies": ["default", "maker", "p1"]}}, {}, token=maker, name="the parent's policies")
    row(create, 200, {"auth": {"policies": ["default", "p1"]}}, {"policies": ["p1"]}, token=maker)
    row(create, 400, error("child policies must be subset of parent"), {"policies": ["p2"]}, token=maker)
    row(create, 400, error("root or sudo privileges required to specify token id"), {"id": "mine"}, token=maker)
    row(create, 400, error("root or sudo privileges required to create orphan token"), {"no_parent": True}, token=maker)
    row(create, 400, error("root or sudo privileges required to create periodic token"), {"period": "1h"}, token=maker)
    row(create, 400, ANY, {"policies": ["root"]}, token=maker)
    orphan = row("POST auth/token/create-orphan", 200, {"auth": {"orphan": True}}, {"policies": ["p1"]}, token=maker)["auth"]["client_token"]
    limited = row(create, 200, {"auth": {"num_uses": 3}}, {"policies": ["maker"], "num_uses": 3})["auth"]["client_token"]
    row(create, 400, error("restricted use token cannot generate child tokens"), {}, token=limited)
    row("GET auth/token/lookup-self", 200, {"data": {"num_uses": 1}}, token=limited)
    row("GET kv1/refused", 403, DENIED, token=limited, name="a refused request takes a use, too")
    row("GET auth/token/lookup-self", 403, NO_TOKEN, token=limited)

    # Roles.
    role = "auth/token/roles/narrow"
    row(f"POST {role}", 204, None, {"allowed_policies": ["p1", "p2"], "disallowed_policies": "p3", "orphan": True, "token_period": "30m",
                                    "path_suffix": "suffix1", "renewable": True})
    row(f"GET {role}", 200, {"data": {
        "name": "narrow", "allowed_policies": ["p1", "p2"], "disallowed_policies": ["p3"], "orphan": True, "renewable": True,
        "path_suffix": "suffix1", "token_type": "default-service", "token_period": 1800, "token_explicit_max_ttl": 0, "token_num_uses": 0,
        "token_no_default_policy": False, "token_bound_cidrs": list, "allowed_entity_aliases": ANY}})
    row("LIST auth/token/roles", 200, {"data": {"keys": ["narrow"]}})
    made = row("POST auth/token/create/narrow", 200, {"auth": {"policies": ["default", "p1", "p2"], "orphan": True, "lease_duration": 1800}},
               {"ttl": "1h"}, token=maker, name="a role can widen")
    periodic = made["auth"]["client_token"]
    row("GET auth/token/lookup-self", 200, {"data": {"path": "auth/token/create/narrow/suffix1", "role": "narrow", "period": 1800, "orphan": True}},
        token=periodic)
    row("POST auth/token/renew-self", 200, {"auth": {"lease_duration": 1800}}, {"increment": "5s"}, token=periodic)
    row("POST auth/token/create/narrow", 400, error(re.compile(r"token policies \(.*\) must be subset of the role's allowed policies \(.*\)")),
        {"policies": ["default", "other"]})
    row("POST auth/token/create/absent", 400, error("unknown role absent"), {})
    row("POST auth/token/roles/bad", 400, ANY, {"path_suffix": "/"})
    row("POST auth/token/roles/bad", 400, error("'token_type' cannot be 'batch' when role is set to generate non-orphan tokens"),
        {"token_type": "batch", "renewable": False})
    row("POST auth/token/roles/bad", 400, error("'token_type' cannot be 'batch' when role is set to generate renewable tokens"),
        {"token_type": "batch", "orphan": True, "renewable": True})
    row(f"DELETE {role}", 204, None)
    row("POST auth/token/renew-self", 400, error('original token role "narrow" could not be found, not renewing'), {}, token=periodic)
    row(f"GET {role}", 404, NOTHING)
    row("LIST auth/token/roles", 404, NOTHING)

    # Batch tokens.
    made = row(create, 200, {"auth": {"client_token": re.compile(r"hvb\.[0-9A-Za-z_-]+"), "accessor": "", "token_type": "batch",
                                      "renewable": False, "lease_duration": 600, "policies": ["default", "maker"]}},
               {"type": "batch", "policies": ["maker"], "ttl": "10m"})
    batch = made["auth"]["client_token"]
    row("GET auth/token/lookup-self", 200, {"data": {"id": batch, "accessor": "", "type": "batch", "ttl": lambda value: 590 <= value <= 600}}, token=batch)
    row(create, 400, error("batch tokens cannot create more tokens"), {}, token=batch)
    row("POST auth/token/renew-self", 400, error("batch tokens cannot be renewed"), {}, token=batch)
    row("POST auth/token/revoke", 400, error("batch tokens cannot be revoked"), {"token": batch})
    row("PUT cubbyhole/a", 400, error("cubbyhole operations are only supported by 'service' type tokens"), {"a": "b"}, token=batch)
    row("GET auth/token/lookup-self", 403, NO_TOKEN, token=batch[:-4] + "AAAA", name="a forged batch token")

    # Renewal, revocation, children, orphans.
    row("POST auth/token/renew", 200, {"auth": {"client_token": child, "lease_duration": 1800, "accessor": ACCESSOR}}, {"token": child, "increment": "30m"})
    row("POST auth/token/renew-accessor", 200, {"auth": {"client_token": "", "lease_duration": 60}},
        {"accessor": row("POST auth/token/lookup", 200, ANY, {"token": child})["data"]["accessor"], "increment": 60})
    row("POST auth/token/renew", 400, error("token not found"), {"token": "hvs.unknown"})
    row("POST auth/token/renew", 400, error("lease is not renewable"),
        {"token": row(create, 200, ANY, {"policies": ["p1"], "renewable": False})["auth"]["client_token"]})
    row("POST auth/token/renew-self", 400, error("invalid lease ID"), {}, name="a root token")
    grand = row(create, 200, ANY, {"policies": ["p1"]}, token=maker)["auth"]["client_token"]
    row("POST auth/token/revoke", 204, None, {"token": maker})
    row("GET auth/token/lookup-self", 403, NO_TOKEN, token=maker)
    row("GET auth/token/lookup-self", 403, NO_TOKEN, token=grand, name="children go with it")
    row("GET auth/token/lookup-self", 200, ANY, token=orphan, name="an orphan does not")
    row("POST auth/token/revoke", 204, None, {"token": "hvs.unknown"})
    row("POST auth/token/revoke", 400, error("missing token ID"), {})
    parent = row(create, 200, ANY, {"policies": ["maker"]})["auth"]["client_token"]
    kept = row(create, 200, ANY, {}, token=parent)["auth"]["client_token"]
    row("POST auth/token/revoke-orphan", 204, None, {"token": parent})
    row("GET auth/token/lookup-self", 200, ANY, token=kept)
    row("POST auth/token/revoke-orphan", 400, error("token to revoke not found"), {"token": "hvs.unknown"})
    row("POST auth/token/revoke-self", 204, None, token=kept)
    row("POST auth/token/tidy", 202, {"warnings": [
        "Tidy operation successfully started. Any information from the operation will be printed to Vault's server logs."]}, {})
    short = row(create, 200, {"auth": {"lease_duration": 1}}, {"policies": ["p1"], "ttl": "1s"})["auth"]["client_token"]
    rows.check("a token ends by itself", wait_until(lambda: rows.server.client(short).raw("GET", "auth/token/lookup-self")[0] == 403, 20, "a token to end"))
    bound = row("POST auth/token/roles/bound", 204, None, {"token_bound_cidrs": "10.0.0.0/8", "orphan": True})
    bound = row("POST auth/token/create/bound", 200, ANY, {"policies": ["p1"]})["auth"]["client_token"]
    row("GET auth/token/lookup-self", 403, NO_TOKEN, token=bound, name="from another network")


def wrapping(rows):
    row = rows.row
    wrap = {"X-Vault-Wrap-TTL": "60s"}
    info = {"token": SERVICE_TOKEN, "accessor": ACCESSOR, "ttl": 60, "creation_time": TIME, "creation_path": "sys/wrapping/wrap"}
    empty = {"request_id": "", "lease_id": "", "renewable": False, "lease_duration": 0, "data": None, "warnings": None, "auth": None}
    made = row("POST sys/wrapping/wrap", 200, {**empty, "wrap_info": {**info, "wrapped_accessor": ABSENT}}, {"a": {"b": [1, 2]}}, headers=wrap)
    token = made["wrap_info"]["token"]
    row("POST sys/wrapping/lookup", 200, {"data": Exactly(creation_time=TIME, creation_ttl=60, creation_path="sys/wrapping/wrap")}, {"token": token}, token="")
    row("POST sys/wrapping/lookup", 200, {"data": {"creation_ttl": 60}}, {}, token=token)
    row("GET auth/token/lookup-self", 403, ANY, token=token, name="a wrapping token is good for nothing else")
    token = row("POST sys/wrapping/wrap", 200, ANY, {"a": {"b": [1, 2]}}, headers=wrap)["wrap_info"]["token"]
    again = row("POST sys/wrapping/rewrap", 200, {"wrap_info": {**info, "ttl": 60}}, {"token": token})["wrap_info"]["token"]
    row("POST sys/wrapping/unwrap", 400, LOST_WRAP, {"token": token}, name="rewrapping ends the old one")
    row("POST sys/wrapping/unwrap", 200, {"data": Exactly(a={"b": [1, 2]}), "wrap_info": None, "auth": None}, b"null", token=again)
    row("POST sys/wrapping/unwrap", 400, LOST_WRAP, b"null", token=again)
    row("POST sys/wrapping/lookup", 400, LOST_WRAP, {"token": again})
    row("POST sys/wrapping/wrap", 400, error("endpoint requires response wrapping to be used"), {"a": "b"})
    row("POST sys/wrapping/wrap", 400, ANY, {"a": "b"}, headers={"X-Vault-Wrap-TTL": "soon"})
    row("POST sys/wrapping/wrap", 400, ANY, {"a": "b"}, headers={"X-Vault-Wrap-TTL": "-5s"})
    row("POST sys/wrapping/unwrap", 400, LOST_WRAP, {"token": rows.token}, name="not a wrapping token")
    both = row("POST sys/wrapping/wrap", 200, ANY, {"a": "b"}, headers=wrap)["wrap_info"]["token"]
    row("POST sys/wrapping/unwrap", 400, LOST_WRAP, {"token": both}, token=both, name="given twice it is burnt")
    row("POST sys/wrapping/unwrap", 400, LOST_WRAP, {"token": both})

    row("PUT kv1/wrap/me", 204, None, {"secret": "value", "big": 12345678901234567890})
    row("PUT kv1/wrap/me", 204, None, {"secret": "value", "big": 12345678901234567890}, headers=wrap, name="nothing to wrap")
    read = row("GET kv1/wrap/me", 200, {**empty, "wrap_info": {"creation_path": "kv1/wrap/me"}}, headers=wrap)["wrap_info"]["token"]
    row("POST sys/wrapping/unwrap", 200, {"data": {"secret": "value", "big": 12345678901234567890}, "lease_duration": DAY_32}, {"token": read})
    row("GET kv1/wrap/none", 404, NOTHING, headers=wrap, name="errors are not wrapped")
    row("LIST kv1/wrap/none", 404, NOTHING, headers=wrap)
    row("GET kv1/refused", 403, NO_TOKEN, token="bad", headers=wrap)
    made = row("POST auth/token/create", 200, {"wrap_info": {"wrapped_accessor": ACCESSOR, "creation_path": "auth/token/create"}, "auth": None},
               {"policies": ["p1"]}, headers=wrap)
    inner = row("POST sys/wrapping/unwrap", 200, {"auth": {"client_token": SERVICE_TOKEN}, "data": None}, {"token": made["wrap_info"]["token"]})
    rows.check("the wrapped accessor is the token's", inner["auth"]["accessor"] == made["wrap_info"]["wrapped_accessor"])
    jwt = row("POST sys/wrapping/wrap", 200, {"wrap_info": {"token": re.compile(r"ey[\w-]+\.[\w-]+\.[\w-]+")}}, {"j": "wt"},
              headers={**wrap, "X-Vault-Wrap-Format": "jwt"})["wrap_info"]["token"]
    claims = json.loads(base64.urlsafe_b64decode(jwt.split(".")[1] + "=="))
    rows.check("the JWT tells where it came from", claims.get("type") == "wrapping" and "addr" in claims and "jti" in claims, claims)
    row("POST sys/wrapping/lookup", 200, {"data": {"creation_ttl": 60}}, {"token": jwt}, token="")
    forged = jwt[:-8] + ("AAAAAAAA" if not jwt.endswith("AAAAAAAA") else "BBBBBBBB")
    row("POST sys/wrapping/unwrap", 400, LOST_WRAP, {"token": forged})
    row("POST sys/wrapping/unwrap", 200, {"data": {"j": "wt"}}, {"token": jwt})
    row("GET sys/wrapping/pubkey", 200, {"data": {"jwt_x": str, "jwt_y": str, "jwt_curve": "p521"}}, token="")


def kv_one(rows):
    row = rows.row
    path = "kv1/one/a"
    row(f"PUT {path}", 204, None, {"a": 1, "ttl": "30s"})
    row(f"GET {path}", 200, {"data": Exactly(a=1, ttl="30s"), "lease_id": "", "renewable": False, "lease_duration": 30})
    row(f"POST {path}", 204, None, {"b": None, "c": [True, 1.50, "x"]})
    row(f"GET {path}", 200, {"data": Exactly(b=None, c=[True, 1.5, "x"]), "lease_duration": DAY_32}, name="replaced whole")
    row(f"PUT {path}", 400, error("missing data fields"), {})
    row("PUT kv1", 400, ANY, {"a": "b"})
    row(f"PUT {path}/", 400, NO_WRITE_TO_FOLDER, {"a": "b"})
    row(f"PUT {path}", 400, ANY, b'{"a":')
    row(f"PUT {path}", 400, ANY, b'[1,2]')
    row(f"PATCH {path}", 405, ANY, b'{"a":1}', headers={"Content-Type": "application/merge-patch+json"})
    row("PUT kv1/one/b/c", 204, None, {"x": "y"})
    row("LIST kv1/one", 200, {"data": Exactly(keys=["a", "b/"])})
    row("GET kv1/one?list=1", 200, {"data": {"keys": ["a", "b/"]}})
    row("GET kv1/one/?list=True", 200, {"data": {"keys": ["a", "b/"]}})
    row("GET kv1/one?list=maybe", 400, NOTHING)
    row(f"GET {path}?list=false", 200, {"data": {"b": None}})
    row("LIST kv1/none", 404, NOTHING)
    row(f"DELETE {path}", 204, None)
    row(f"DELETE {path}", 204, None)
    row(f"GET {path}", 404, NOTHING)
    row("PUT kv1/uni/%C3%BC%20x", 204, None, {"ü": "€𝄞\u0001"})
    row("GET kv1/uni/%C3%BC%20x", 200, {"data": {"ü": "€𝄞\u0001"}})
    row("LIST kv1/uni", 200, {"data": {"keys": ["ü x"]}})
    raw = b'{"n":123456789012345678901234567890,"f":1.10,"e":1E400,"neg":-0,"nested":{"k":[18446744073709551616]}}'
    row("PUT kv1/numbers", 204, None, raw)
    status, text = rows.server.client().raw("GET", "kv1/numbers")
    for part in (b"123456789012345678901234567890", b"1.10", b"1E400", b"-0", b"18446744073709551616"):
        rows.check(f"numbers come back as they were written: {part.decode()}", part in text, text)
    row("PUT kv1/form", 204, None, b"a=1&b=x+y%21", headers={"Content-Type": "application/x-www-form-urlencoded"})
    row("GET kv1/form", 200, {"data": Exactly(a="1", b="x y!")})


def kv_two(rows):
    row = rows.row
    path = "kv2/data/two/a"
    meta = {"created_time": TIME, "custom_metadata": None, "deletion_time": "", "destroyed": False}
    row(f"GET {path}", 404, NOTHING)
    row(f"PUT {path}", 400, error("no data provided"), {})
    row(f"PUT {path}", 200, {"data": Exactly(**meta, version=1)}, {"data": {"a": 1}, "options": {"cas": 0}})
    row(f"PUT {path}", 400, error("check-and-set parameter did not match the current version"), {"data": {}, "options": {"cas": 0}})
    row(f"PUT {path}", 400, error("check-and-set parameter did not match the current version"), {"data": {}, "options": {"cas": 7}})
    row(f"PUT {path}", 400, error("error parsing check-and-set parameter"), {"data": {}, "options": {"cas": "x"}})
    row(f"PUT {path}", 200, {"data": {"version": 2}}, {"data": {}, "options": {"cas": "1"}})
    row(f"GET {path}", 200, {"data": Exactly(data={}, metadata=Exactly(**meta, version=2)), "lease_duration": 0})
    row(f"GET {path}?version=1", 200, {"data": {"data": {"a": 1}, "metadata": {"version": 1}}})
    row(f"GET {path}?version=0", 200, {"data": {"metadata": {"version": 2}}})
    row(f"GET {path}?version=9", 404, NOTHING)
    row(f"GET {path}?version=x", 400)
    patch = {"Content-Type": "application/merge-patch+json"}
    row(f"PUT {path}", 200, {"data": {"version": 3}}, {"data": {"a": {"b": 1, "c": [1, 2]}, "gone": "x"}})
    row(f"PATCH {path}", 200, {"data": {"version": 4}}, {"data": {"a": {"b": None, "d": 2}, "gone": None, "new": True}}, headers=patch)
    row(f"GET {path}", 200, {"data": {"data": Exactly(a=Exactly(c=[1, 2], d=2), new=True)}})
    row(f"PATCH {path}", 415, ANY, {"data": {"a": 1}})
    row(f"PATCH {path}", 400, ANY, {"data": {"a": 1}, "options": {"cas": 1}}, headers=patch)
    row("PATCH kv2/data/two/none", 404, NOTHING, {"data": {"a": 1}}, headers=patch)

    row(f"DELETE {path}", 204, None)
    row(f"GET {path}", 404, {"errors": ABSENT, "data": {"data": None, "metadata": {"deletion_time": TIME, "destroyed": False, "version": 4}}})
    row(f"PATCH {path}", 404, {"data": {"version": 4, "metadata": {"version": 4}}}, {"data": {"a": 1}}, headers=patch)
    row("PUT kv2/undelete/two/a", 204, None, {"versions": ["4"]})
    row(f"GET {path}", 200, {"data": {"metadata": {"version": 4, "deletion_time": ""}}})
    row("POST kv2/delete/two/a", 204, None, {"versions": [1, 2, 99]})
    row("POST kv2/delete/two/a", 400, error("No version number provided"), {})
    row("POST kv2/destroy/two/a", 400, error("no version number provided"), {})
    row("POST kv2/destroy/two/a", 204, None, {"versions": "1,3"})
    row(f"GET {path}?version=3", 404, {"errors": ABSENT, "data": {"data": None, "metadata": {"destroyed": True}}})
    row("PUT kv2/undelete/two/a", 204, None, {"versions": [1, 2, 3]})
    row(f"GET {path}?version=1", 404, {"data": {"metadata": {"destroyed": True}}}, name="what is destroyed stays so")
    row(f"GET {path}?version=2", 200)

    row("GET kv2/metadata/two/a", 200, {"data": Exactly(
        versions={"1": {"created_time": TIME, "deletion_time": ANY, "destroyed": True}, "4": {"destroyed": False, "deletion_time": ""}},
        current_version=4, oldest_version=0, created_time=TIME, updated_time=TIME, max_versions=0, cas_required=False,
        delete_version_after="0s", custom_metadata=None)})
    row("PUT kv2/metadata/two/a", 204, None, {"max_versions": 2, "cas_required": True, "delete_version_after": "1h30m", "custom_metadata": {"owner": "me"}})
    row("GET kv2/metadata/two/a", 200, {"data": {"max_versions": 2, "cas_required": True, "delete_version_after": "1h30m0s", "custom_metadata": {"owner": "me"}}})
    row(f"PUT {path}", 400, error("check-and-set parameter required for this call"), {"data": {}})
    row(f"PUT {path}", 200, {"data": {"version": 5, "deletion_time": TIME, "custom_metadata": {"owner": "me"}}}, {"data": {}, "options": {"cas": 4}})
    row(f"GET {path}", 200, {"data": {"metadata": {"deletion_time": TIME}}}, name="a deletion in the future")
    row("PATCH kv2/metadata/two/a", 204, None, {"custom_metadata": {"owner": None, "team": "x"}, "cas_required": False}, headers=patch)
    row("GET kv2/metadata/two/a", 200, {"data": {"custom_metadata": Exactly(team="x"), "cas_required": False, "max_versions": 2}})
    row("PATCH kv2/metadata/two/none", 404, ANY, {"custom_metadata": {"a": "b"}}, headers=patch)
    row("PUT kv2/metadata/two/a", 400, ANY, {"custom_metadata": {"k" * 129: "v"}})
    row("PUT kv2/metadata/two/a", 400, ANY, {"custom_metadata": {"k": "v" * 513}})
    row("PUT kv2/metadata/two/a", 400, ANY, {"custom_metadata": {"k": {"nested": "x"}}})
    row("PUT kv2/metadata/two/a", 400, ANY, {"custom_metadata": {f"k{at}": "v" for at in range(65)}})
    row("PUT kv2/metadata/empty", 204, None, {"max_versions": 3})
    row("GET kv2/metadata/empty", 200, {"data": {"current_version": 0, "versions": {}, "max_versions": 3}})
    row("LIST kv2/metadata", 200, {"data": {"keys": ["empty", "two/"]}})
    row("LIST kv2/metadata/none", 404, NOTHING)
    row("GET kv2/subkeys/two/a?version=4", 200, {"data": {"subkeys": Exactly(a=Exactly(c=None, d=None), new=None), "metadata": {"version": 4}}})
    row("GET kv2/subkeys/two/a?version=4&depth=1", 200, {"data": {"subkeys": Exactly(a=None, new=None)}})
    row("DELETE kv2/metadata/two/a", 204, None)
    row("GET kv2/metadata/two/a", 404, NOTHING)
    row(f"PUT {path}", 200, {"data": {"version": 1}}, {"data": {}, "options": {"cas": 0}}, name="0 works again")

    row("GET kv2/config", 200, {"data": Exactly(max_versions=0, cas_required=False, delete_version_after="0s")})
    row("POST kv2/config", 204, None, {"max_versions": 3})
    for at in range(1, 6):
        row("PUT kv2/data/many", 200, {"data": {"version": at}}, {"data": {"at": at}})
    row("GET kv2/metadata/many", 200, {"data": {"current_version": 5, "oldest_version": 3, "versions": Exactly(**{"3": ANY, "4": ANY, "5": ANY})}})
    row("GET kv2/data/many?version=2", 404, NOTHING)
    row("POST kv2/config", 204, None, {"cas_required": True})
    row("PUT kv2/data/many", 400, error("check-and-set parameter required for this call"), {"data": {}})
    row("PUT kv2/metadata/many", 200, {"warnings": ['"cas_required" set to false, but is mandated by backend config. This value will be ignored.']},
        {"cas_required": False})
    row("POST kv2/config", 204, None, {"cas_required": False})
    wrong = "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the Vault CLI, use 'vault kv {}' for this operation."
    row("GET kv2/two/a", 404, {"warnings": [wrong.format("get")], "errors": ABSENT})
    row("PUT kv2/two/a", 404, {"warnings": [wrong.format("put")], "errors": ABSENT}, {"a": "b"})
    row("DELETE kv2/two/a", 404, {"warnings": [wrong.format("delete")]})
    row("LIST kv2/two", 404, {"warnings": [wrong.format("list")]})
    row("GET kv2/data", 404, {"warnings": ["Non-listing operations on the root of a K/V v2 mount are not supported."]})
    raw = b'{"data":{"n":123456789012345678901234567890,"f":1.10,"deep":[{"x":9007199254740993}]}}'
    row("PUT kv2/data/numbers", 200, ANY, raw)
    _, text = rows.server.client().raw("GET", "kv2/data/numbers")
    for part in (b"123456789012345678901234567890", b"1.10", b"9007199254740993"):
        rows.check(f"numbers come back as they were written: {part.decode()}", part in text, text)
    row("GET sys/internal/ui/mounts/kv2/data/x", 200, {"data": {"path": "kv2/", "type": "kv", "options": {"version": "2"}}})
    row("GET sys/internal/ui/mounts/absent/x", 403,
        error(re.compile(r"preflight capability check returned 403, please ensure client's policies grant access to path \"absent/x/?\"")))

    row("POST sys/mounts/up", 204, None, {"type": "kv"})
    row("PUT up/a", 204, None, {"old": "value"})
    row("POST sys/mounts/up/tune", 200, {"warnings": list}, {"options": {"version": "2"}})
    rows.check("the upgrade ends", wait_until(lambda: rows.server.client().raw("GET", "up/data/a")[0] == 200, 20, "the upgrade"))
    row("GET up/data/a", 200, {"data": {"data": {"old": "value"}, "metadata": {"version": 1}}})


def cubbyhole_and_logins(rows):
    row = rows.row
    row("PUT cubbyhole/a", 204, None, {"mine": "x"})
    row("GET cubbyhole/a", 200, {"data": {"mine": "x"}})
    row("LIST cubbyhole", 200, {"data": {"keys": ["a"]}})
    other = row("POST auth/token/create", 200, ANY, {"policies": ["default"]})["auth"]["client_token"]
    row("GET cubbyhole/a", 404, NOTHING, token=other)
    row("DELETE cubbyhole/a", 204, None)

    user = "auth/userpass/users/Sam"
    row(f"POST {user}", 400, error("missing password"), {"token_policies": "p1"})
    row(f"POST {user}", 204, None, {"password": "pw", "token_policies": ["p1"], "token_ttl": "10m", "token_max_ttl": 3600})
    row("GET auth/userpass/users/sam", 200, {"data": {"token_policies": ["p1"], "token_ttl": 600, "token_max_ttl": 3600, "token_bound_cidrs": [],
                                                      "token_type": "default", "password": ABSENT, "password_hash": ABSENT}})
    row("LIST auth/userpass/users", 200, {"data": {"keys": ["sam"]}})
    row(f"POST {user}", 400, error("'token_ttl' cannot be greater than 'token_max_ttl'"), {"token_ttl": "2h"})
    login = row("POST auth/userpass/login/sam", 200, {"auth": {
        "policies": ["default", "p1"], "metadata": {"username": "sam"}, "lease_duration": 600, "renewable": True, "orphan": True,
        "token_type": "service"}, "data": None}, {"password": "pw"}, token="")
    row("GET auth/token/lookup-self", 200, {"data": {"display_name": "userpass-sam", "path": "auth/userpass/login/sam", "meta": {"username": "sam"}}},
        token=login["auth"]["client_token"])
    bad = error("invalid username or password")
    row("POST auth/userpass/login/sam", 400, bad, {"password": "wrong"}, token="")
    row("POST auth/userpass/login/nobody", 400, bad, {"password": "pw"}, token="")
    row("POST auth/userpass/login/sam", 400, error("missing password"), {}, token="")
    row("POST auth/token/renew-self", 200, {"auth": {"lease_duration": 600}}, {}, token=login["auth"]["client_token"])
    row(f"POST {user}/password", 204, None, {"password": "new"})
    row("POST auth/userpass/login/sam", 200, ANY, {"password": "new"}, token="")
    row(f"POST {user}/policies", 204, None, {"token_policies": "p2"})
    row("POST auth/token/renew-self", 400, error("policies have changed, not renewing"), {}, token=login["auth"]["client_token"])
    row(f"DELETE {user}", 204, None)
    row("GET auth/userpass/users/sam", 404, NOTHING)
    row("POST auth/userpass/login/sam", 400, bad, {"password": "new"}, token="")
    row("POST auth/userpass/users/rooty", 204, None, {"password": "pw", "token_policies": "root"})
    row("POST auth/userpass/login/rooty", 400, error("auth methods cannot create root tokens"), {"password": "pw"}, token="")


def main():
    with Workspace() as space:
        server = space.server("data").initialize()
        rows = Rows(server)
        for path, body in (("mounts/kv1", {"type": "kv"}), ("mounts/kv2", {"type": "kv-v2"}), ("auth/userpass", {"type": "userpass"})):
            rows.row(f"POST sys/{path}", 204, None, body)
        rows.row("POST sys/auth/userpass/tune", 204, None, {"default_lease_ttl": "20m"})
        run_groups(rows, tokens, wrapping, kv_one, kv_two, cubbyhole_and_logins)


if __name__ == "__main__":
    sys.exit(main())
