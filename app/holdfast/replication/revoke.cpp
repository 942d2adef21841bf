#include "app/holdfast/commands/command.h"
#include "app/holdfast/replication/type_flag.h"

namespace cli {
namespace {

constexpr std::string_view kNothing = "nothing was revoked"; // begins the warning if no member has the id

bool isNothingRevoked(const Secret& answer)
{
    const auto& warnings = answer.warnings().array();
    return !warnings.empty() && warnings.front().text().starts_with(kNothing);
}

std::string namesText(const Json& list)
{
    std::string out;
    for (const auto& one : list.array()) out.append(out.empty() ? "" : ", ").append(one.text());
    return out;
}

/// What a compromised member knew, and so what has to be replaced.
void printKnown(Output& out, const Json& known)
{
    std::vector<Row> rows{{"Mount", "Type", "Local", "Holds"}};
    for (const auto& mount : known["mounts"].array()) {
        rows.push_back({mount["path"].text(), mount["type"].text(), mount["local"].isTrue() ? "yes" : "no", mount["holds"].text()});
    }
    out.line();
    out.line("The revoked member knew all of the following. Replace it:");
    out.line();
    if (rows.size() > 1) {
        out.table(rows);
        out.line();
    }
    out.line(wrapText("Keys: " + namesText(known["keys"])));
    out.line(wrapText("Key shares: " + known["key_shares"].text()));
    out.line(wrapText("Requests that it forwarded: " + known["forwarded_requests"].text()));
}

int revoke(Invocation& run)
{
    const auto type = typeOf(run);
    const bool isRelay = run.arguments().isOn("relay");
    if (isRelay && type == "dr") return run.failLocally("-relay cannot be used with -type=dr: only performance secondaries relay");
    const auto id = run.argument(0);
    Json body = Json::object({{"id", id}});
    if (run.arguments().isOn("compromised")) body.set("compromised", true);
    const auto path = "sys/replication/" + type + (isRelay ? "/secondary/relay" : "/primary") + "/revoke-secondary";
    const auto answer = run.client().write(path, body);
    if (!answer) return run.fail("Error revoking the secondary", answer.error());
    if (*answer) run.output().warnings(**answer);
    if (*answer && isNothingRevoked(**answer)) {
        if (!run.output().isTable()) run.output().data((**answer).toJson());
        return kApiError;
    }
    if (*answer && !(**answer).data().isNull() && !run.output().isTable()) return run.show(**answer);
    run.output().success(id + " is revoked. Its connections are cut, and it is refused from now on.");
    if (!*answer || (**answer).data().isNull()) return kSuccess;
    const auto& data = (**answer).data();
    printKnown(run.output(), data["known_to_it"]);
    if (const auto waiting = namesText(data["without_new_keys"]); !waiting.empty()) {
        run.output().line(wrapText("Members that have not made new keys yet: " + waiting));
    }
    run.output().line();
    run.output().line("Next: holdfast operator rekey -init");
    return kSuccess;
}

} // namespace

std::vector<Command> replicationRevokeCommands()
{
    return {
        {"replication revoke",
         "Cut a member off for good",
         "ID",
         R"(  Run against the primary, with the id of the secondary's activation token. For any
  other member of the trust log, give its id or its member key ("holdfast replication
  trust" shows them). The member receives nothing more. The data that it has stays there.

      $ holdfast replication revoke west
      $ holdfast replication revoke -type=dr standby

  If an attacker may have the data and the keys of the member, this command replaces the
  keys of the set and shows what else has to be replaced:

      $ holdfast replication revoke -compromised west)",
         {kTypeFlag,
          {"compromised", FlagKind::Switch, "An attacker may have its data and keys. Begins a new term of the keyring; a rekey is then required."},
          {"relay", FlagKind::Switch, "This cluster is a relay; revoke one of its secondaries."}},
         1,
         1,
         revoke}};
}

} // namespace cli
