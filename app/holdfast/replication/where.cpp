#include "app/holdfast/commands/command.h"

namespace cli {
namespace {

std::string atOf(const Json& cluster)
{
    std::string text = cluster["relation"].text();
    if (!cluster["id"].text().empty()) text += " " + cluster["id"].text();
    if (!cluster["cluster_name"].text().empty()) text += " (" + cluster["cluster_name"].text() + ")";
    return text;
}

int showWhere(Invocation& run)
{
    std::vector<std::pair<std::string, std::string>> query;
    if (!run.argument(0).empty()) query.emplace_back("path", run.argument(0));
    for (const auto* name : {"mount", "accessor"}) {
        if (run.arguments().has(name)) query.emplace_back(name, run.arguments().text(name));
    }
    const auto answer = run.client().read("sys/replication/where", query);
    if (!answer) return run.fail("Error asking where this is stored", answer.error());
    if (!*answer) return run.failLocally("No answer from the server");
    if (run.arguments().has("field") || !run.output().isTable()) return run.show(**answer);
    const auto& data = (*answer)->data();
    run.output().line("Storage class: " + data["storage_class"].text() + (data["is_filtered"].isTrue() ? ", filtered" : ""));
    if (!data["mount"].isNull()) run.output().line("Mount:         " + data["mount"]["path"].text() + " (" + data["mount"]["type"].text() + ")");
    run.output().line(data["explanation"].text());
    run.output().line();
    std::vector<Row> rows{{"Cluster", "Holds it", "Index", "Proven equal", "API address"}};
    for (const auto& cluster : data["clusters"].array()) {
        const bool holds = cluster["holds"].isTrue();
        rows.push_back({atOf(cluster), holds ? "yes" : "no: " + cluster["reason"].text(), cluster["index"].text(),
                        cluster["is_proven"].isTrue() ? "yes"
                        : holds                       ? "not now"
                                                      : "-",
                        cluster["api_address"].text()});
    }
    run.output().table(rows);
    return kSuccess;
}

} // namespace

std::vector<Command> replicationWhereCommands()
{
    return {
        {"replication where",
         "Show which clusters hold a path",
         "[PATH]",
         R"(  Shows whether a path, a mount or a token is shared, local or not replicated at all.
  Shows which clusters hold it, as far as this cluster knows from its links: its primary
  and its own secondaries. For each it shows the index that the cluster has reported, and
  whether both ends have equal roots.

      $ holdfast replication where secret/data/app

      $ holdfast replication where -mount=auth/userpass

      $ holdfast replication where -accessor=odeEh1YLertHAmr2toQ6zY5O)",
         {{"mount", FlagKind::Text, "Ask about a mount instead of a path."}, {"accessor", FlagKind::Text, "Ask about the token with this accessor."}},
         0,
         1,
         showWhere,
         true},
    };
}

} // namespace cli
