#include "app/holdfast/commands/command.h"
#include "app/holdfast/commands/key_values.h"

#include "core/base/go_text.h"

namespace cli {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

/// The K=V words after the path, as the query of a GET or DELETE. Errors: as readKeyValues().
core::Result<Query> readQuery(Invocation& run)
{
    const auto data = readKeyValues(std::span{run.arguments().positionals()}.subspan(1), run.context().in);
    if (!data) return data.error();
    Query out;
    for (const auto& [name, value] : data->members()) {
        if (!value.isArray()) out.emplace_back(name, value.toGoText());
        for (const auto& item : value.array()) out.emplace_back(name, item.toGoText());
    }
    return out;
}

/// Prints the bytes of the answer, for example a certificate.
int readRaw(Invocation& run, const std::string& path, const Query& query)
{
    auto response = run.client().send({.path = path, .query = query});
    if (!response) return run.fail("Error reading: " + path, response.error());
    run.context().out << response->body;
    core::wipe(response->body);
    return kSuccess;
}

int readCommand(Invocation& run)
{
    const auto path = run.path();
    const auto query = readQuery(run);
    if (!query) return run.failLocally("Failed to parse K=V data: " + query.error().detail);
    if (run.output().isRaw()) return readRaw(run, path, *query);
    const auto secret = run.client().read(path, *query);
    if (!secret) return run.fail("Error reading " + path, secret.error());
    if (!*secret) {
        run.output().error("No value found at " + path);
        return kApiError;
    }
    return run.show(**secret);
}

int writeCommand(Invocation& run)
{
    const auto path = run.path();
    const auto words = std::span{run.arguments().positionals()}.subspan(1);
    if (words.empty() && !run.arguments().isOn("force")) return run.failLocally("Must supply data or use -force");
    const auto data = readKeyValues(words, run.context().in);
    if (!data) return run.failLocally("Failed to parse K=V data: " + data.error().detail);
    if (path == "sys/wrapping/wrap") run.client().wrapByDefault("5m0s"); // it does nothing else
    const auto secret = run.client().write(path, words.empty() ? Json{} : *data);
    if (!secret) return run.fail("Error writing data to " + path, secret.error());
    if (!*secret) {
        if (run.output().isTable()) run.output().line("Success! Data written to: " + path);
        return kSuccess;
    }
    return run.show(**secret);
}

bool isDetailed(Invocation& run)
{
    if (run.arguments().has("detailed")) return run.arguments().isOn("detailed");
    for (const auto* variable : {"VAULT_DETAILED", "VAULT_DETAILED_LISTS"}) {
        if (core::goBoolean(run.context().environment(variable)).value_or(false)) return true;
    }
    return false;
}

int listCommand(Invocation& run)
{
    const auto path = run.path() + "/";
    const auto secret = run.client().list(path.substr(0, path.size() - 1));
    if (!secret) return run.fail("Error listing " + path, secret.error());
    if (*secret && !(*secret)->wrapInfo().isNull()) return run.show(**secret);
    const bool hasKeys = *secret && !(*secret)->data()["keys"].isNull();
    if (hasKeys) {
        run.output().keys(**secret, isDetailed(run));
        return kSuccess;
    }
    if (!run.output().isTable()) {
        run.output().data(Json::object());
    } else if (!*secret) {
        run.output().error("No value found at " + path);
    } else if ((*secret)->data().isNull()) {
        return run.show(**secret); // warnings, mostly
    } else {
        run.output().warnings(**secret);
        run.output().error("No entries found at " + path);
    }
    return kApiError;
}

int deleteCommand(Invocation& run)
{
    const auto path = run.path();
    const auto query = readQuery(run);
    if (!query) return run.failLocally("Failed to parse K=V data: " + query.error().detail);
    const auto secret = run.client().remove(path, *query);
    if (!secret) return run.fail("Error deleting " + path, secret.error());
    if (*secret) return run.show(**secret);
    if (run.output().isTable()) run.output().line("Success! Data deleted (if it existed) at: " + path);
    return kSuccess;
}

int pathHelpCommand(Invocation& run)
{
    const auto path = run.path();
    auto response = run.client().send({.path = path, .query = {{"help", "1"}}, .isWrapped = false});
    if (!response) return run.fail("Error retrieving help", response.error());
    const auto body = Json::parse(response->body);
    if (!body) return run.fail("Error retrieving help", body.error());
    if (run.output().isTable()) {
        run.output().line((*body)["help"].text());
    } else {
        run.output().data(*body);
    }
    return kSuccess;
}

} // namespace

std::vector<Command> dataCommands()
{
    return {
        {"read",
         "Read data and retrieve secrets",
         "PATH [K=V...]",
         R"(  Reads the data at a path. K=V words become the query of the request.

      $ holdfast read secret/my-secret
      $ holdfast read -format=json sys/replication/status
      $ holdfast read -field=ttl auth/token/lookup-self
      $ holdfast read -format=raw sys/metrics format=prometheus)",
         {},
         1,
         kAnyNumber,
         readCommand,
         true,
         asksServer,
         Output::Format::Raw},
        {"write",
         "Write data, configuration and secrets",
         "PATH [K=V...]",
         R"(  Writes data to a path. A value that begins with "@" is read from that file,
  a value "-" from standard input. A lone "-" or "@file" gives all data as one
  JSON object. Without data, -force sends an empty request.

      $ holdfast write secret/my-secret value=abc certificate=@cert.pem
      $ echo '{"value":1e100}' | holdfast write secret/my-number -
      $ holdfast write -f sys/replication/performance/primary/enable)",
         {{"force", FlagKind::Switch, "Send the request even without data.", "f"}},
         1,
         kAnyNumber,
         writeCommand,
         true},
        {"list",
         "List data or secrets",
         "PATH",
         R"(  Lists the keys below a path.

      $ holdfast list secret/my-app
      $ holdfast list -format=json sys/policies/acl
      $ holdfast list -detailed auth/token/accessors)",
         {{"detailed", FlagKind::Switch, "Show more about each key, if the server reports it (VAULT_DETAILED)."}},
         1,
         1,
         listCommand},
        {"delete",
         "Delete secrets and configuration",
         "PATH [K=V...]",
         R"(  Deletes the data at a path. The engine at this path decides what that means.

      $ holdfast delete secret/my-secret
      $ holdfast delete sys/replication/dr/secondary/generate-operation-token/attempt)",
         {},
         1,
         kAnyNumber,
         deleteCommand,
         true},
        {"path-help",
         "Explain a path of the API",
         "PATH",
         R"(  Prints what the server says about a path and its parameters.

      $ holdfast path-help secret
      $ holdfast path-help sys/mounts)",
         {},
         1,
         1,
         pathHelpCommand},
    };
}

} // namespace cli
