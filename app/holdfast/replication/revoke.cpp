#include "app/holdfast/commands/command.h"

namespace cli {
namespace {

constexpr std::string_view kNothing = "nothing was revoked"; // begins the warning where no member has the id

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
    out.line("It knew, so replace:");
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
    const auto type = run.arguments().text("type", "performance");
    if (type != "performance" && type != "dr") return run.failLocally("-type is performance or dr");
    const bool isRelay = run.arguments().isOn("relay");
    if (isRelay && type == "dr") return run.failLocally("-relay goes with performance replication");
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
    return {{"replication revoke",
             "Cut a member off for good",
             "ID",
             R"(  Run against the primary, with the id of the secondary's activation token. Any other
  member of the trust log goes by its id or its member key (holdfast replication trust).
  It receives nothing more, and its data stays where it is.

      $ holdfast replication revoke west
      $ holdfast replication revoke -type=dr standby

  If what it knows is in wrong hands, this replaces the keys of the set and shows what
  else has to be replaced:

      $ holdfast replication revoke -compromised west)",
             {{"type", FlagKind::Text, "performance (default) or dr."},
              {"compromised", FlagKind::Switch, "What it knows is in wrong hands: a new term begins, and a rekey is required."},
              {"relay", FlagKind::Switch, "Of a secondary of this performance secondary, which relays to it."}},
             1,
             1,
             revoke}};
}

} // namespace cli
