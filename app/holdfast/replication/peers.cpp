#include "app/holdfast/commands/command.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace cli {
namespace {

const Flag kDrToken{"dr-token", FlagKind::Text, "DR operation token, on a DR secondary; - reads it from standard input."};

/// The body of a call; with the DR operation token if one was given.
Json bodyOf(Invocation& run)
{
    Json body = Json::object();
    auto token = run.arguments().text("dr-token");
    if (token == "-") token = std::string{trimmed(readSecret(run.context().in)).view()};
    if (!token.empty()) body.set("dr_operation_token", token);
    return body;
}

std::string secondsText(const Json& seconds)
{
    return seconds.isNull() ? "-" : seconds.plainNumber() + " s";
}

/// As people say it: "0.66 s", "45 s", "3 min", "2 h 5 min".
std::string ageText(const Json& seconds)
{
    const auto whole = static_cast<std::int64_t>(std::strtod(seconds.text().c_str(), nullptr));
    if (whole < 10) return secondsText(seconds);
    if (whole < 120) return std::to_string(whole) + " s";
    if (whole < 7200) return std::to_string(whole / 60) + " min";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

/// Nothing is in doubt while both ends hear each other. Afterwards only what was heard last is known.
std::string behindText(const Json& link)
{
    if (!link.has("is_behind_known") || link["is_behind_known"].isTrue()) return link["behind"].text();
    return link["behind"].isEmpty() ? "unknown" : link["behind"].text() + " or more";
}

std::string lagText(const Json& link)
{
    const auto& heard = link["last_heartbeat_age_seconds"];
    if (!link["lag_seconds"].isNull()) return ageText(link["lag_seconds"]);
    if (link["is_connected"].isTrue()) return "-";
    return heard.isNull() ? "unknown, not heard yet" : "unknown, last heard " + ageText(heard) + " ago";
}

std::string yesNo(const Json& value)
{
    return value.isTrue() ? "yes" : "no";
}

void steps(Output& out, const Json& list)
{
    int number = 0;
    for (const auto& step : list.array()) {
        const auto text = std::to_string(++number) + ". " + step.text();
        out.line(wrapText(text, 2));
    }
}

/// Calls a path. For the table format it gives the data to `print`.
int showData(Invocation& run, const std::string& path, const Json& body, std::string_view what, void (*print)(Output&, const Json&))
{
    const auto secret = run.client().write(path, body);
    if (!secret) return run.fail(what, secret.error());
    if (!*secret) return run.fail(what, {core::ErrorCode::NotFound, "no answer"});
    if (!run.output().isTable()) return run.show(**secret);
    run.output().warnings(**secret);
    print(run.output(), (*secret)->data());
    return kSuccess;
}

void printPreview(Output& out, const Json& data)
{
    const auto& primary = data["primary"];
    const auto& bound = data["loss_bound"];
    out.columns({{"Type", data["type"].text()},
                 {"Primary", primary["cluster_address"].text()},
                 {"Connected to it", yesNo(primary["is_connected"])},
                 {"Last heartbeat",
                  primary["last_heartbeat"].isNull() ? "never since the start" : secondsText(primary["last_heartbeat_age_seconds"]) + " ago"},
                 {"Primary's last WAL then", primary["last_wal"].text()},
                 {"Held here", data["here"]["held_through"].text()},
                 {"Entries known to be missing", bound["entries_known"].text()},
                 {"May be lost, seconds", secondsText(bound["seconds"])},
                 {"At most, seconds", secondsText(bound["seconds_at_most"])}});
    std::string seen;
    for (const auto& who : data["primary_seen_by"].array()) seen += (seen.empty() ? "" : ", ") + who.text();
    out.line("Primary seen alive by: " + (seen.empty() ? std::string{"nobody"} : seen));
    out.line();
    std::vector<Row> rows{{"Member", "Type", "Program", "Answers", "Sees primary", "Holds through", "Keys beyond"}};
    for (const auto& member : data["members"].array()) {
        const auto& beyond = member["beyond"];
        const auto& program = member["program_version"].text();
        rows.push_back({member["id"].text(), member["type"].text(), program.empty() ? "-" : program, yesNo(member["answers"]),
                        member["answers"].isTrue() ? yesNo(member["sees_primary"]) : "-",
                        member["held_through"].text().empty() ? "-" : member["held_through"].text(),
                        beyond["known"].isTrue()          ? beyond["count"].text()
                        : beyond["reason"].text().empty() ? "-"
                                                          : beyond["reason"].text()});
    }
    if (rows.size() > 1) out.table(rows);
    for (const auto& member : data["members"].array()) {
        const auto& entries = member["beyond"]["entries"].array();
        if (entries.empty()) continue;
        out.line();
        std::vector<Row> names{{"Only on " + member["id"].text(), "Time", "Change"}};
        for (const auto& entry : entries)
            names.push_back({entry["path"].text(), entry["time"].text(), entry["is_deleted"].isTrue() ? "deleted" : "written"});
        out.table(names);
        if (!member["beyond"]["is_list_complete"].isTrue()) out.line("There are more. -format=json shows all that were reported.");
    }
    out.line();
    out.line(bound["text"].text());
    steps(out, data["next_steps"]);
}

int preview(Invocation& run)
{
    auto type = run.arguments().text("type");
    if (type.empty()) {
        const auto status = run.client().read("sys/replication/status");
        if (!status) return run.fail("Error reading the replication status", status.error());
        const bool isDr = *status && (*status)->data()["dr"]["mode"].text() == "secondary";
        type = isDr ? "dr" : "performance";
    }
    return showData(run, "sys/replication/" + type + "/secondary/preview", bodyOf(run), "Error previewing the promotion", printPreview);
}

int salvage(Invocation& run)
{
    return showData(run, "sys/replication/dr/secondary/salvage", bodyOf(run), "Error fetching entries", [](Output& out, const Json& data) {
        out.columns({{"From", data["from"].text()},
                     {"Keys fetched", data["count"].text()},
                     {"Held through, before", data["held_through_before"].text()},
                     {"Held through, now", data["held_through"].text()},
                     {"Shared root here", data["shared_root"].text()},
                     {"Shared root there", data["shared_root_there"].text()},
                     {"Roots equal", yesNo(data["are_roots_equal"])}});
    });
}

int links(Invocation& run)
{
    return showData(run, "sys/replication/links", bodyOf(run), "Error reading the links", [](Output& out, const Json& data) {
        std::vector<Row> rows{{"Type", "Secondary", "Cluster", "Other end", "Verdict", "Behind", "Lag", "Horizon"}};
        for (const auto& link : data["links"].array()) {
            const auto& other = link["other_end"];
            const auto& address = other["api_address"].isEmpty() ? other["cluster_address"] : other["api_address"];
            const auto& cluster = other["cluster_name"].text();
            rows.push_back({link["type"].text(), link["secondary_id"].text(), cluster.empty() ? "-" : cluster, address.text(), link["verdict"].text(),
                            behindText(link), lagText(link), secondsText(link["horizon_seconds"])});
        }
        if (rows.size() == 1) out.line("This cluster has no replication links.");
        else out.table(rows);
        for (const auto& link : data["links"].array()) {
            if (link["verdict"].text() == "healthy") continue;
            out.line();
            out.line(link["type"].text() + " " + link["secondary_id"].text() + ": " + link["cause"].text());
            out.line(wrapText(link["next_step"].text(), 2));
        }
        for (const auto& other : data["two_primaries"].array()) { // also where no link shows them
            if (!data["links"].array().empty()) break;
            out.line();
            for (const auto field : {"cause", "safe", "next_step"}) out.line(wrapText(other[field].text(), 2));
        }
        for (const auto& contest : data["contests"].array()) {
            out.line();
            out.line("Contested in the " + contest["type"].text() + " trust log: " + contest["kind"].text() + " " + contest["hash"].text());
            for (const auto field : {"cause", "safe", "if_chosen", "next_step"}) {
                out.line(wrapText((std::string_view{field} == "if_chosen" ? "If you choose it: " : "") + contest[field].text(), 2));
            }
        }
    });
}

int readiness(Invocation& run)
{
    return showData(run, "sys/replication/dr/readiness", bodyOf(run), "Error reading the readiness", [](Output& out, const Json& data) {
        for (const auto& pair : data["pairs"].array()) {
            out.line("DR secondary " + pair["secondary_id"].text() + (pair["is_ready"].isTrue() ? ": ready" : ": not ready"));
            std::vector<Row> rows{{"Fact", "Level", "Detail"}};
            for (const auto& fact : pair["facts"].array()) {
                const auto& next = fact["next_step"].text();
                rows.push_back({fact["fact"].text(), fact["level"].text(), fact["detail"].text() + (next.empty() ? "" : " " + next)});
            }
            out.table(rows);
            out.line();
        }
    });
}

/// The text of a file; nothing if no file was named. Prints the error if the file cannot be read.
bool addFile(Invocation& run, std::string_view flag, std::string_view field, Json& body)
{
    const auto name = run.arguments().text(flag);
    if (name.empty()) return true;
    std::ifstream file{name, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (!file && text.empty()) {
        run.failLocally("Error opening " + name);
        return false;
    }
    body.set(field, text);
    return true;
}

int printPreflight(Output& out, const Secret& secret)
{
    out.warnings(secret);
    const auto& data = secret.data();
    std::vector<Row> rows{{"From", "Check", "Level", "Detail"}};
    for (const auto& finding : data["findings"].array()) {
        rows.push_back({finding["from"].text(), finding["check"].text(), finding["level"].text(), finding["detail"].text()});
    }
    out.table(rows);
    out.line();
    out.line("Result: " + data["result"].text());
    Json next = Json::Array{};
    for (const auto& finding : data["findings"].array()) {
        if (!finding["next_step"].text().empty()) next.append(finding["check"].text() + ": " + finding["next_step"].text());
    }
    steps(out, next);
    return kSuccess;
}

int preflight(Invocation& run)
{
    Json body = bodyOf(run);
    body.set("api_addr", run.argument(0));
    for (const auto& [flag, field] :
         {std::pair{"activation-token", "token"}, std::pair{"target-token", "target_token"}, std::pair{"cluster-addr", "cluster_addr"}}) {
        auto text = run.arguments().text(flag);
        if (!text.empty()) body.set(field, text);
    }
    if (!addFile(run, "target-ca-cert", "ca_pem", body) || !addFile(run, "own-ca-cert", "own_ca_pem", body)) return kUsageError;
    const auto secret = run.client().write("sys/replication/preflight", body);
    if (!secret) return run.fail("Error checking", secret.error());
    if (!*secret) return run.fail("Error checking", {core::ErrorCode::NotFound, "no answer"});
    const bool hasFailed = (*secret)->data()["result"].text() == "fail";
    const int shown = run.output().isTable() ? printPreflight(run.output(), **secret) : run.show(**secret);
    return hasFailed ? kApiError : shown;
}

} // namespace

std::vector<Command> replicationPeerCommands()
{
    return {
        {"replication preview",
         "Show what would be lost if this secondary were promoted",
         "",
         R"(  Asks every member of the replication set that can be reached. Shows how far this
  secondary is, what other members hold that it lacks, what may be lost, and what to do
  next. Changes nothing and shows no values.

      $ holdfast replication preview
      $ holdfast replication preview -dr-token=hvs.example
      $ holdfast replication preview -type=performance -format=json)",
         {{"type", FlagKind::ReplicationType, "dr or performance; default: the type in which this cluster is a secondary."}, kDrToken},
         0,
         0,
         preview},
        {"replication salvage",
         "Fetch what a performance secondary has and this DR secondary lacks",
         "",
         R"(  Run it on a DR secondary before you promote it. A performance secondary of the same
  set may have received shared entries from the lost primary that this cluster did not.
  The cluster fetches and verifies them, and then compares the roots of both. You can
  run it again.

      $ holdfast replication salvage -dr-token=hvs.example)",
         {kDrToken},
         0,
         0,
         salvage},
        {"replication preflight",
         "Check whether this cluster can be linked to another",
         "ADDRESS",
         R"(  Checks the API and the cluster port of another cluster from this one: who answers,
  certificates, clocks, versions, free room, and an activation token. The token is not
  used up. With -target-token the other cluster also checks the way back. The exit code
  is 0 if no check failed, and 2 if one failed.

      $ holdfast replication preflight https://primary.example:8200
      $ holdfast replication preflight -activation-token=eyJ... -target-ca-cert=ca.pem https://primary.example:8200
      $ holdfast replication preflight -target-token=hvs.example https://primary.example:8200)",
         {{"activation-token", FlagKind::Text, "Activation token to check."},
          {"cluster-addr", FlagKind::Text, "Address of the other cluster port; default: what that cluster reports, else the API's port plus one."},
          {"target-token", FlagKind::Text, "Token of the other cluster with update on sys/replication/preflight, to check the way back."},
          {"target-ca-cert", FlagKind::Text, "File with the authority (PEM) of the other API's certificate."},
          {"own-ca-cert", FlagKind::Text, "File with the authority (PEM) of this API's certificate, for the other cluster."},
          kDrToken},
         1,
         1,
         preflight},
        {"replication links",
         "Show a verdict on each replication link of this cluster",
         "",
         R"(  Judges each link by what both ends say. The verdict is healthy, catching up, lagging,
  stalled, broken, diverged, fenced, contested, two primaries, or awaiting (the token was not
  used yet).
  Shows the cause, the next step and the horizon. The horizon is the time until the
  primary's log no longer reaches back to the secondary, at the present write rate.

      $ holdfast replication links
      $ holdfast replication links -dr-token=hvs.example)",
         {kDrToken},
         0,
         0,
         links},
        {"replication readiness",
         "Show whether each DR pair is ready for a failover",
         "",
         R"(  Shows for each DR secondary: the lag, the last proof that both ends are equal, a
  prepared operation token, versions, the last snapshot that was restored on trial, and
  the last drill.

      $ holdfast replication readiness
      $ holdfast replication readiness -dr-token=hvs.example -format=json)",
         {kDrToken},
         0,
         0,
         readiness},
    };
}

} // namespace cli
