"""enable_unauthenticated_access names the calls that stay open without a token. All other calls of these families then need a token; on a DR
secondary, one that allows the DR operation. A sealed node asks for no token and answers 503."""

import sys

import harness
from harness import Workspace, wait_in_sync
from rows import ANY, DENIED, NO_TOKEN, UUID, Rows, error
from topologies import attach, batch_for

SEALED = error("Vault is sealed")
ATTEMPT = "sys/replication/dr/secondary/generate-operation-token/attempt"
UPDATE = "sys/replication/dr/secondary/generate-operation-token/update"


def closed(family):
    """Without a token the error names the setting that closed the call."""
    return error("permission denied", f"this call needs a token here: enable_unauthenticated_access in the server's configuration does not name \"{family}\"")


def main():
    with Workspace() as space:
        primary = space.server("primary", extra="enable_unauthenticated_access = []").initialize()
        copy = space.server("copy", extra='enable_unauthenticated_access = ["generate-root"]').initialize()
        rows = Rows(primary)
        row, client = rows.row, primary.client()
        client.write("sys/policies/acl/holder", {"policy": 'path "sys/generate-root/*" { capabilities = ["read", "update"] }'})
        holder = client.write("auth/token/create", {"policies": ["holder"]})["auth"]["client_token"]
        for call in ("GET sys/generate-root/attempt", "PUT sys/generate-root/attempt", "DELETE sys/generate-root/attempt", "PUT sys/generate-root/update",
                     "GET sys/rekey/init", "PUT sys/rekey/init", "PUT sys/rekey/update", "GET sys/rekey/verify"):
            row(call, 403, closed(call.split("/")[1]), {} if call.startswith("PUT") else None, token="")
        row("GET sys/generate-root/attempt", 200, {"started": False, "otp_length": 28}, token=holder)
        begun = row("PUT sys/generate-root/attempt", 200, {"started": True, "nonce": UUID}, {}, token=holder)
        row("PUT sys/generate-root/update", 200, {"progress": 1}, {"key": primary.keys[0], "nonce": begun["nonce"]}, token=holder)
        row("PUT sys/generate-root/update", 200, {"complete": True}, {"key": primary.keys[1], "nonce": begun["nonce"]}, token=holder)
        row("DELETE sys/generate-root/attempt", 403, DENIED, token=holder)
        row("DELETE sys/generate-root/attempt", 204, None)
        row("GET sys/rekey/init", 403, DENIED, token=holder)
        row("GET sys/rekey/init", 200, {"started": False})
        for path in ("sys/health", "sys/seal-status", "sys/init", "sys/leader", "sys/replication/status"):
            row(f"GET {path}", 200, token="")

        attach(primary, copy, "dr", "copy")
        good = batch_for(client, "good", [ATTEMPT, UPDATE])
        other = batch_for(client, "other", ["sys/replication/dr/secondary/promote"])
        wait_in_sync(primary, copy, "dr")
        here = Rows(copy)
        here.token = ""
        row_on_copy = here.row
        closed_here = closed("generate-operation-token")
        row_on_copy(f"GET {ATTEMPT}", 403, closed_here)
        row_on_copy(f"PUT {ATTEMPT}", 403, closed_here, {})
        row_on_copy(f"PUT {UPDATE}", 403, closed_here, {"key": primary.keys[0], "nonce": "x"})
        row_on_copy(f"GET {ATTEMPT}", 403, NO_TOKEN, token=other)
        row_on_copy(f"GET {ATTEMPT}", 403, NO_TOKEN, token=primary.root_token)
        row_on_copy(f"GET {ATTEMPT}", 200, {"started": False}, token=good)
        begun = row_on_copy(f"PUT {ATTEMPT}", 200, {"started": True, "nonce": UUID}, {"dr_operation_token": good})
        row_on_copy(f"PUT {UPDATE}", 200, {"progress": 1}, {"key": primary.keys[0], "nonce": begun["nonce"]}, token=good)
        row_on_copy(f"DELETE {ATTEMPT}", 204, None, token=good)
        row_on_copy("GET sys/generate-root/attempt", 400, error("path disabled in replication DR secondary mode"), name="open, but not here")
        here.finish()

        primary.client().write("sys/seal")
        harness.wait_until(lambda: primary.client().read("sys/seal-status")["sealed"], 20, "the seal")
        rows.row("GET sys/generate-root/attempt", 503, SEALED, token="")
        rows.finish()


if __name__ == "__main__":
    sys.exit(main())
