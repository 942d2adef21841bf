#include "app/holdfast/commands/command.h"
#include "app/holdfast/operator/key_share.h"
#include "app/holdfast/replication/type_flag.h"

#include <algorithm>

namespace cli {
namespace {

constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kDigitsMin = 8; // of a shortened hash

std::string pathOf(const Invocation& run)
{
    return "sys/replication/" + typeOf(run) + "/trust";
}

std::string yesNo(const Json& value)
{
    return value.isTrue() ? "yes" : "no";
}

/// Null without the flag. `-` reads it from standard input.
Json operationToken(Invocation& run)
{
    auto token = run.arguments().text("dr-token");
    if (token == "-") token = std::string{trimmed(readSecret(run.context().in)).view()};
    return token.empty() ? Json{} : Json{token};
}

core::Result<std::optional<Secret>> readLog(Invocation& run, const std::string& path, const Json& token)
{
    return token.isNull() ? run.client().read(path) : run.client().write(path, Json::object({{"dr_operation_token", token}}));
}

std::string standInsText(const Json& seat)
{
    std::size_t mayCount = 0;
    const auto& standIns = seat["stand_ins"].array();
    for (const auto& one : standIns) mayCount += one["may_succeed"].isTrue() ? 1 : 0;
    if (standIns.empty()) return "-";
    return std::to_string(standIns.size()) + (mayCount > 0 ? " (" + std::to_string(mayCount) + " may succeed)" : "");
}

/// A seat without an id belongs to a cluster that never used an activation token: the first primary, say.
std::string nameOf(const Json& seat, const Json& leader)
{
    const auto& id = seat["id"].text();
    auto cluster = seat["cluster_name"].text();
    if (cluster.empty() && seat["leads"].isTrue()) cluster = leader["cluster_name"].text(); // an older server reports no other name
    if (id.empty() && cluster.empty()) return "no id, goes by its member key";
    if (id.empty() || cluster.empty() || id == cluster) return id.empty() ? cluster : id;
    return id + " (" + cluster + ")";
}

void printLog(Output& out, const Json& log)
{
    const auto& leader = log["leader"];
    out.columns({{"Set", log["set_id"].text()},
                 {"Leader", leader["cluster_name"].text()},
                 {"Address", leader["api_address"].text()},
                 {"Epoch", log["epoch"].toGoText()},
                 {"Last entry", log["kind"].text() + " " + log["generation"].toGoText() + ", " + log["issued_at"].text()},
                 {"Hash", log["hash"].text()},
                 {"Revoked keys", log["revoked_count"].toGoText()}});
    out.line();
    std::vector<Row> rows{{"Member", "Role", "Leads", "May succeed", "Copies", "Member key"}};
    for (const auto& seat : log["seats"].array()) {
        rows.push_back({nameOf(seat, leader), seat["kind"].text() + (seat["is_revoked"].isTrue() ? ", revoked" : ""), yesNo(seat["leads"]),
                        yesNo(seat["may_succeed"]), standInsText(seat), seat["member_key"].text()});
    }
    out.table(rows);
    for (const auto& contest : log["contested"].array()) {
        out.line();
        out.line("CONTESTED: " + contest["kind"].text() + " " + contest["hash"].text());
        for (const auto& [title, field] : {std::pair{"What came: ", "cause"}, std::pair{"Until then: ", "safe"},
                                           std::pair{"If chosen: ", "if_chosen"}, std::pair{"Next: ", "next_step"}}) {
            out.line(wrapText(title + contest[field].text(), 2));
        }
    }
}

int showLog(Invocation& run)
{
    const auto path = pathOf(run);
    const auto secret = readLog(run, path, operationToken(run));
    if (!secret) return run.fail("Error reading the trust log", secret.error());
    if (!*secret) return run.fail("Error reading the trust log", {core::ErrorCode::NotFound, "no answer"});
    if (!run.output().isTable()) return run.show(**secret);
    printLog(run.output(), (*secret)->data());
    return kSuccess;
}

/// Completes a shortened hash from the contested entries and the last entry. Returns it unchanged if none fits.
std::string wholeHash(Invocation& run, const std::string& path, const Json& token, const std::string& given)
{
    if (given.size() == kHashDigits || given.size() < kDigitsMin) return given;
    const auto secret = readLog(run, path, token);
    if (!secret || !*secret) return given;
    const Json& log = (*secret)->data();
    std::vector<std::string> fitting;
    const auto add = [&](const std::string& hash) {
        if (hash.starts_with(given)) fitting.push_back(hash);
    };
    add(log["hash"].text());
    for (const auto& contest : log["contested"].array()) add(contest["hash"].text());
    return fitting.size() == 1 ? fitting.front() : given;
}

int showProgress(Invocation& run, const Json& data)
{
    std::vector<Row> more;
    if (!data["hash"].isEmpty()) more.push_back({"Entry", data["hash"].text()});
    return showAttempt(run, data, more);
}

int choose(Invocation& run)
{
    const auto& arguments = run.arguments();
    const auto path = pathOf(run);
    if (arguments.isOn("cancel") || arguments.isOn("status") || !arguments.text("nonce").empty()) {
        return runShareAttempt(run, {.path = path + "/choose", .startCommand = "holdfast replication trust choose -init HASH", .show = showProgress});
    }
    const auto token = operationToken(run);
    const auto hash = wholeHash(run, path, token, std::string{run.argument(0)});
    if (hash.empty())
        return run.failLocally("Missing the hash of an entry. Run \"holdfast replication trust\": it shows each contested entry with its hash.");
    Json body = Json::object({{"hash", hash}});
    if (!token.isNull()) body.set("dr_operation_token", token);
    const bool begins = arguments.isOn("init");
    const auto done = run.client().write(path + (begins ? "/choose/attempt" : "/choose"), body);
    if (!done) return run.fail("Error choosing the entry", done.error());
    if (!*done) return run.failLocally("The server's answer is empty. Look with \"holdfast replication trust\" which entry is the last one now.");
    if (begins) return showProgress(run, (**done).data());
    if (!run.output().isTable()) return run.show(**done);
    printLog(run.output(), (**done).data());
    return kSuccess;
}

const Flag kDrToken{"dr-token", FlagKind::Text, "DR operation token, on a DR secondary; - reads it from standard input."};

} // namespace

std::vector<Command> replicationTrustCommands()
{
    return {
        {"replication trust",
         "Show the trust log of a set: its members and contested entries",
         "",
         R"(  Each set keeps a signed list of its members, the trust log. Only the leader adds to
  it. A promoted cluster must have the right to succeed. This shows the list as this
  cluster has it: the leader, the members with the right to succeed, and their copies.

  If the rules cannot decide, an entry is contested. It changes nothing until you choose.
  For each contested entry this shows what arrived, what the cluster does until you
  choose, and what it would do if you chose that entry.

      $ holdfast replication trust
      $ holdfast replication trust -type=dr -format=json
      $ holdfast replication trust -type=dr -dr-token=hvs.example)",
         {kTypeFlag, kDrToken},
         0,
         0,
         showLog},
        {"replication trust choose",
         "Choose an entry of the trust log to end a contest",
         "[HASH | KEY]",
         R"(  Decides for this cluster only. The entry with this hash becomes the last entry of its
  log, and the cluster changes its role to match. To change nothing, give the hash of the
  log's own last entry. The first eight digits are enough. Needs a root token, or on a DR
  secondary a DR operation token, or a token with sudo and a threshold of key shares:

      $ holdfast replication trust choose 5f1c09d2
      $ holdfast replication trust choose -type=dr -dr-token=hvs.example 5f1c09d2
      $ holdfast replication trust choose -init 5f1c09d2
      $ holdfast replication trust choose -nonce=b4738404-0a11-63aa -
      $ holdfast replication trust choose -status
      $ holdfast replication trust choose -cancel)",
         {kTypeFlag,
          kDrToken,
          {"init", FlagKind::Switch, "Start to collect key shares for this entry."},
          {"cancel", FlagKind::Switch, "Stop the attempt and discard its shares."},
          {"status", FlagKind::Switch, "Print the progress."},
          {"nonce", FlagKind::Text, "The nonce that -init printed. The argument is then a key share; - reads it from standard input."}},
         0,
         1,
         choose,
         true},
    };
}

} // namespace cli
