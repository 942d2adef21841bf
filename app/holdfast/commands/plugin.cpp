// What clients ask about plugins, namespaces and use: this server has its own types, one namespace, and counts no clients.
#include "app/holdfast/commands/command.h"

namespace cli {
namespace {

int listPlugins(Invocation& run)
{
    const auto type = run.argument(0);
    if (!type.empty() && type != "auth" && type != "database" && type != "secret") {
        return run.failLocally("Error parsing type: \"" + type + "\" is not a supported plugin type");
    }
    const auto catalog = run.client().read("sys/plugins/catalog");
    if (!catalog) return run.fail("Error listing available plugins", catalog.error());
    if (!*catalog) {
        run.output().error("No response from server when listing plugins");
        return kApiError;
    }
    Json::Array found;
    for (const auto& plugin : (*catalog)->data()["detailed"].array()) {
        if (type.empty() || plugin["type"].text() == type) found.push_back(plugin);
    }
    if (!run.output().isTable()) {
        run.output().data(Json{found});
        return kSuccess;
    }
    const bool isDetailed = run.arguments().isOn("detailed");
    std::vector<Row> rows{isDetailed ? Row{"Name", "Type", "Version", "Deprecation Status"} : Row{"Name", "Type", "Version"}};
    for (const auto& plugin : found) {
        rows.push_back({plugin["name"].text(), plugin["type"].text(), plugin["version"].text()});
        if (isDetailed) rows.back().push_back(plugin["deprecation_status"].text());
    }
    run.output().table(rows);
    return kSuccess;
}

int showPlugin(Invocation& run)
{
    const auto path = "sys/plugins/catalog/" + run.path(0) + "/" + run.path(1);
    const auto plugin = run.client().read(path);
    if (!plugin) return run.fail("Error reading plugin named " + run.argument(1), plugin.error());
    if (!*plugin) {
        run.output().error("No value found at plugin " + run.argument(1));
        return kApiError;
    }
    return run.show(**plugin);
}

int listNamespaces(Invocation& run)
{
    const auto namespaces = run.client().list("sys/namespaces");
    if (!namespaces) return run.fail("Error listing namespaces", namespaces.error());
    if (!*namespaces || (*namespaces)->data()["keys"].isNull()) {
        run.output().error("No namespaces found");
        return kApiError;
    }
    run.output().keys(**namespaces, run.arguments().isOn("detailed"));
    return kSuccess;
}

/// What the server says when it has no figures: whether it counts at all.
int tellNoUsage(Invocation& run)
{
    const auto config = run.client().read("sys/internal/counters/config");
    if (!config) return run.fail("Error checking whether data is available", config.error());
    const bool isCounting = *config && (*config)->data()["queries_available"].isTrue();
    if (run.output().isTable()) {
        run.output().line(isCounting ? "No data is available for the given time range." : "There is no data: this server counts no clients.");
    } else {
        run.output().data(Json::object());
    }
    return kSuccess;
}

int showUsage(Invocation& run)
{
    std::vector<std::pair<std::string, std::string>> query;
    for (const auto& [flag, member] : {std::pair{"start-time", "start_time"}, std::pair{"end-time", "end_time"}}) {
        if (run.arguments().has(flag)) query.emplace_back(member, run.arguments().text(flag));
    }
    const auto activity = run.client().read("sys/internal/counters/activity", query);
    if (!activity) return run.fail("Error retrieving client counts", activity.error());
    if (!*activity) return tellNoUsage(run);
    if (!run.output().isTable()) return run.show(**activity);
    const auto& data = (*activity)->data();
    run.output().line("Period start: " + data["start_time"].text());
    run.output().line("Period end: " + data["end_time"].text());
    run.output().line();
    std::vector<Row> rows{{"Namespace path", "Distinct entities", "Non-Entity tokens", "Active clients"}};
    const auto add = [&rows](const std::string& name, const Json& counts) {
        rows.push_back({name, counts["distinct_entities"].text(), counts["non_entity_tokens"].text(), counts["clients"].text()});
    };
    for (const auto& each : data["by_namespace"].array()) {
        const auto& path = each["namespace_path"].text();
        add(path.empty() ? "[root]" : path, each["counts"]);
    }
    add("Total", data["total"]);
    run.output().table(rows);
    return kSuccess;
}

} // namespace

std::vector<Command> pluginCommands()
{
    return {
        {"plugin list",
         "List the engines and methods that the server knows",
         "[auth|database|secret]",
         R"(  Lists the plugins of a type, or all of them. They are part of the server.

      $ holdfast plugin list
      $ holdfast plugin list -detailed auth)",
         {{"detailed", FlagKind::Switch, "Show whether it is deprecated as well."}},
         0,
         1,
         listPlugins},
        {"plugin info",
         "Show one plugin",
         "TYPE NAME",
         R"(  Shows a plugin of the catalog.

      $ holdfast plugin info secret kv)",
         {},
         2,
         2,
         showPlugin,
         true},
        {"namespace list",
         "List the namespaces of another server",
         "",
         R"(  Lists the namespaces below the one in use. A Holdfast server has none and says so.

      $ holdfast namespace list)",
         {{"detailed", FlagKind::Switch, "Show what the server reports about each."}},
         0,
         0,
         listNamespaces},
        {"operator usage",
         "Show how many clients used a server",
         "",
         R"(  Shows the clients of a time range. A Holdfast server counts none and says so.

      $ holdfast operator usage -start-time=2026-01-01T00:00:00Z -end-time=2026-02-01T00:00:00Z)",
         {{"start-time", FlagKind::Text, "Where the time begins: RFC 3339, or seconds since 1970."}, {"end-time", FlagKind::Text, "Where it ends."}},
         0,
         0,
         showUsage},
    };
}

} // namespace cli
