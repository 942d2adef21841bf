#include "app/holdfast/commands/command.h"

#include "core/base/duration.h"

namespace cli {
namespace {

int renewLease(Invocation& run)
{
    const auto increment = run.arguments().duration("increment");
    if (!increment) return run.failLocally(increment.error().detail);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*core::parseDuration(*increment)).count();
    const auto secret = run.client().write("sys/leases/renew", Json::object({{"increment", std::int64_t{seconds}}, {"lease_id", run.argument(0)}}));
    if (!secret) return run.fail("Error renewing " + run.argument(0), secret.error());
    return *secret ? run.show(**secret) : kSuccess;
}

int lookUpLease(Invocation& run)
{
    const auto secret = run.client().write("sys/leases/lookup", Json::object({{"lease_id", run.argument(0)}}));
    if (!secret) return run.fail("error looking up lease id " + run.argument(0), secret.error());
    return *secret ? run.show(**secret) : kSuccess;
}

int revokeLease(Invocation& run)
{
    const auto& arguments = run.arguments();
    const bool isPrefix = arguments.isOn("prefix");
    const bool isForced = arguments.isOn("force");
    const bool isSync = arguments.isOn("sync");
    const auto id = run.path();
    if (isForced && !isPrefix) return run.failLocally("Specifying -force requires also specifying -prefix");
    const auto done = isForced   ? run.client().write("sys/leases/revoke-force/" + id, Json{})
                      : isPrefix ? run.client().write("sys/leases/revoke-prefix/" + id, Json::object({{"sync", isSync}}))
                                 : run.client().write("sys/leases/revoke", Json::object({{"lease_id", id}, {"sync", isSync}}));
    if (!done) {
        const std::string what = isForced ? "force revoking leases with prefix" : isPrefix ? "revoking leases with prefix" : "revoking lease";
        return run.fail("Error " + what + " " + id, done.error());
    }
    if (*done) run.output().warnings(**done);
    if (isForced) {
        run.output().warning(wrapText("Warning! Force-removing leases can cause the server to become out of sync with secret engines!"));
        run.output().line("Success! Force revoked any leases with prefix: " + id);
    } else if (!isSync) {
        run.output().line("All revocation operations queued successfully!");
    } else {
        run.output().line((isPrefix ? "Success! Revoked any leases with prefix: " : "Success! Revoked lease: ") + id);
    }
    return kSuccess;
}

} // namespace

std::vector<Command> leaseCommands()
{
    return {
        {"lease renew",
         "Renew the lease of a secret",
         "ID",
         R"(  Renews a lease, so that its secret stays valid.

      $ holdfast lease renew database/creds/readonly/2f6a614c
      $ holdfast lease renew -increment=24h database/creds/readonly/2f6a614c)",
         {{"increment", FlagKind::Duration, "Requested lifetime from now. The server can give less.", "i"}},
         1,
         1,
         renewLease,
         true},
        {"lease lookup",
         "Show a lease",
         "ID",
         R"(  Shows the times of a lease.

      $ holdfast lease lookup database/creds/readonly/2f6a614c)",
         {},
         1,
         1,
         lookUpLease,
         true},
        {"lease revoke",
         "Revoke leases and secrets",
         "ID",
         R"(  Revokes a lease and its secret, or all leases below a prefix.

      $ holdfast lease revoke database/creds/readonly/2f6a614c
      $ holdfast lease revoke -prefix database/creds
      $ holdfast lease revoke -force -prefix database/creds)",
         {{"prefix", FlagKind::Switch, "The argument is a prefix of leases."},
          {"force", FlagKind::Switch, "Remove the leases even if their engine cannot revoke them. Needs -prefix.", "f"},
          {"sync", FlagKind::Switch, "Wait until it is done."}},
         1,
         1,
         revokeLease},
    };
}

} // namespace cli
