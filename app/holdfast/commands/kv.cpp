#include "app/holdfast/commands/key_values.h"
#include "app/holdfast/commands/kv_mount.h"

#include <charconv>

namespace cli {
namespace {

using core::ErrorCode;
using core::Result;

int nothingFound(Invocation& run, const std::string& path)
{
    run.output().error("No value found at " + path);
    return kApiError;
}

/// Prints the result of a write to the kv engine: the new version's metadata, or a success line.
int showWritten(Invocation& run, const std::string& path, const std::optional<Secret>& secret)
{
    if (!secret) {
        if (run.output().isTable()) run.output().line("Success! Data written to: " + path);
        return kSuccess;
    }
    if (run.arguments().has("field") || !run.output().isTable() || !secret->wrapInfo().isNull()) return run.show(*secret);
    run.output().warnings(*secret);
    printPath(run.output(), "Secret Path", path);
    run.output().line(tableHeader("Metadata", secret->data()));
    run.output().keyValues(secret->data());
    return kSuccess;
}

int getCommand(Invocation& run)
{
    const auto key = findKvKey(run);
    if (!key) return run.fail({}, key.error());
    std::vector<std::pair<std::string, std::string>> query;
    if (key->isVersioned && run.arguments().has("version")) query.emplace_back("version", run.arguments().text("version"));
    const auto path = key->path("data");
    const auto secret = run.client().read(path, query);
    if (!secret) return run.fail("Error reading " + path, secret.error());
    if (!*secret) return nothingFound(run, path);
    if (!(*secret)->wrapInfo().isNull()) return run.show(**secret);
    const auto& data = key->isVersioned ? (*secret)->data()["data"] : (*secret)->data();
    if (run.arguments().has("field") && key->isVersioned) {
        const auto name = run.arguments().text("field");
        if (data.isNull()) {
            run.output().error("No data found at " + path);
            return kApiError;
        }
        // -field=data prints the whole secret, unless a member has that name.
        return run.output().field(name == "data" && !data.has(name) ? data : data[name], name);
    }
    auto& output = run.output();
    if (run.arguments().has("field") || !output.isTable()) return run.show(**secret);
    output.warnings(**secret);
    if (key->isVersioned) printPath(output, "Secret Path", path);
    if (const auto& metadata = (*secret)->data()["metadata"]; key->isVersioned && !metadata.isNull()) {
        output.line(tableHeader("Metadata", metadata));
        output.keyValues(metadata);
        output.line();
    }
    if (!data.isNull()) {
        output.line(tableHeader("Data", data));
        output.keyValues(data);
    }
    return kSuccess;
}

/// `{data, options}` of a versioned engine; `cas` is the version that the secret must still have.
Json versionedBody(const Json& data, std::optional<std::int64_t> cas)
{
    Json options = Json::object();
    if (cas) options.set("cas", *cas);
    return Json::object({{"data", data}, {"options", options}});
}

/// The -cas option; none if it is not given. Errors: InvalidArgument.
Result<std::optional<std::int64_t>> casOf(const Arguments& arguments)
{
    const auto cas = arguments.number("cas", -1);
    if (!cas) return cas.error();
    return *cas < 0 ? std::optional<std::int64_t>{} : std::optional<std::int64_t>{*cas};
}

int putCommand(Invocation& run)
{
    const auto data = readKeyValues(std::span{run.arguments().positionals()}.subspan(1), run.context().in);
    if (!data) return run.failLocally("Failed to parse K=V data: " + data.error().detail);
    const auto cas = casOf(run.arguments());
    if (!cas) return run.failLocally(cas.error().detail);
    if (run.arguments().positionals().size() < 2) return run.failLocally("Must supply data");
    const auto key = findKvKey(run);
    if (!key) return run.fail({}, key.error());
    const auto path = key->path("data");
    const auto secret = run.client().write(path, key->isVersioned ? versionedBody(*data, *cas) : *data);
    if (!secret) return run.fail("Error writing data to " + path, secret.error());
    return showWritten(run, path, *secret);
}

/// What `kv patch` changes.
struct Patch {
    std::string path;
    Json data;
    std::vector<std::string> removed;
    std::optional<std::int64_t> cas;

    /// A JSON merge patch; null removes a member.
    Json merged() const
    {
        Json changes = data;
        for (const auto& name : removed) changes.set(name, Json{});
        return changes;
    }
};

int readThenWrite(Invocation& run, const Patch& patch)
{
    const auto before = run.client().call({.path = patch.path, .isWrapped = false, .isPreparation = true});
    if (!before) return run.fail("Error doing pre-read at " + patch.path, before.error());
    if (!*before || (*before)->data().isNull()) return nothingFound(run, patch.path);
    if ((*before)->data()["data"].isNull()) {
        run.output().error("No data found at " + patch.path + "; patch only works on existing data");
        return kApiError;
    }
    auto merged = (*before)->data()["data"];
    for (const auto& [name, value] : patch.data.members()) merged.set(name, value);
    for (const auto& name : patch.removed) merged.erase(name);
    const auto cas = patch.cas.value_or((*before)->data()["metadata"]["version"].integer());
    const auto secret = run.client().write(patch.path, versionedBody(merged, cas));
    if (!secret) return run.fail("Error writing data to " + patch.path, secret.error());
    return showWritten(run, patch.path, *secret);
}

int patchCommand(Invocation& run)
{
    const auto data = readKeyValues(std::span{run.arguments().positionals()}.subspan(1), run.context().in);
    if (!data) return run.failLocally("Failed to parse K=V data: " + data.error().detail);
    const auto givenCas = casOf(run.arguments());
    if (!givenCas) return run.failLocally(givenCas.error().detail);
    const auto removed = run.arguments().all("remove-data");
    if (data->members().empty() && removed.empty()) return run.failLocally("Must supply data");
    const auto method = run.arguments().text("method");
    const auto key = findKvKey(run);
    if (!key) return run.fail({}, key.error());
    if (!key->isVersioned) {
        run.output().error("K/V engine mount must be version 2 for patch support");
        return kApiError;
    }
    if (!method.empty() && method != "rw" && method != "patch") {
        run.output().error("Unsupported method provided to -method flag: " + method);
        return kApiError;
    }
    const Patch patch{.path = key->path("data"), .data = *data, .removed = removed, .cas = *givenCas};
    if (method == "rw") return readThenWrite(run, patch);
    const auto secret = run.client().call({.method = "PATCH",
                                           .path = patch.path,
                                           .body = versionedBody(patch.merged(), patch.cas).toCompact(),
                                           .headers = {{"Content-Type", "application/merge-patch+json"}}});
    if (secret) return showWritten(run, patch.path, *secret);
    const bool isUnknown = secret.error().code == ErrorCode::Unsupported;        // an older server
    const bool isForbidden = secret.error().code == ErrorCode::PermissionDenied; // the policy allows only update
    if (!method.empty() || (!isUnknown && !isForbidden)) return run.fail("Error writing data to " + patch.path, secret.error());
    const int code = readThenWrite(run, patch);
    if (code == kSuccess && isForbidden) {
        run.output().warning("Data was written to " + patch.path +
                             " but we recommend that you add the \"patch\" capability to your ACL policy in "
                             "order to use HTTP PATCH in the future.");
    }
    return code;
}

int listCommand(Invocation& run)
{
    if (run.arguments().positionals().empty() && run.arguments().text("mount").empty())
        return run.failLocally("Not enough arguments (expected 1, got 0)");
    const auto key = findKvKey(run);
    if (!key) return run.fail({}, key.error());
    const auto path = key->path("metadata");
    const auto secret = run.client().list(path);
    if (!secret) return run.fail("Error listing " + path, secret.error());
    if (*secret && !(*secret)->wrapInfo().isNull()) return run.show(**secret);
    if (*secret && !(*secret)->data()["keys"].isNull()) {
        run.output().keys(**secret);
        return kSuccess;
    }
    if (!run.output().isTable()) run.output().data(Json::object());
    else run.output().error((*secret && !(*secret)->data().isNull() ? "No entries found at " : "No value found at ") + path);
    return kApiError;
}

int deleteCommand(Invocation& run)
{
    const auto key = findKvKey(run);
    if (!key) return run.fail({}, key.error());
    const auto versions = versionsOf(run.arguments());
    const bool hasVersions = key->isVersioned && !versions.empty();
    const auto path = key->path(hasVersions ? "delete" : "data");
    const auto done = hasVersions ? run.client().write(path, Json::object({{"versions", Json::strings(versions)}})) : run.client().remove(path);
    if (!done) return run.fail("Error deleting " + path, done.error());
    if (*done) return run.show(**done);
    run.output().line("Success! Data deleted (if it existed) at: " + key->path("data"));
    return kSuccess;
}

/// `undelete` and `destroy`.
int changeVersions(Invocation& run, std::string_view verb)
{
    const auto versions = versionsOf(run.arguments());
    if (versions.empty()) {
        return run.failLocally("No versions provided, use the \"-versions\" flag to specify the version to " + std::string{verb} + ".");
    }
    const auto key = findKvKey(run);
    if (!key) return run.fail({}, key.error());
    if (!key->isVersioned) return run.failLocally(std::string{verb} + " not supported on KV Version 1");
    const auto path = key->path(verb);
    const auto done = run.client().write(path, Json::object({{"versions", Json::strings(versions)}}));
    if (!done) return run.fail("Error writing data to " + path, done.error());
    if (*done) return run.show(**done);
    run.output().line("Success! Data written to: " + path);
    return kSuccess;
}

int rollbackCommand(Invocation& run)
{
    const auto version = run.arguments().number("version", 0);
    if (!version) return run.failLocally(version.error().detail);
    if (*version < 1) return run.failLocally("Invalid value for the -version flag, must be greater than 0.");
    const auto key = findKvKey(run);
    if (!key) return run.fail({}, key.error());
    if (!key->isVersioned) {
        run.output().error("K/V engine mount must be version 2 for rollback support");
        return kApiError;
    }
    const auto path = key->path("data");
    const auto read = [&](const std::string& wanted) {
        ApiRequest request{.path = path, .isWrapped = false, .isPreparation = true};
        if (!wanted.empty()) request.query = {{"version", wanted}};
        return run.client().call(request);
    };
    const auto now = read("");
    if (!now) return run.fail("Error doing pre-read at " + path, now.error());
    if (!*now) return nothingFound(run, path);
    const auto old = read(std::to_string(*version));
    if (!old) return run.fail("Error reading " + path, old.error());
    if (!*old || (*old)->data()["data"].isNull()) {
        run.output().error("No data found at version " + std::to_string(*version) + " of " + path + ", so nothing to roll back to");
        return kApiError;
    }
    const auto secret = run.client().write(path, versionedBody((*old)->data()["data"], (*now)->data()["metadata"]["version"].integer()));
    if (!secret) return run.fail("Error writing data to " + path, secret.error());
    if (*secret) return run.show(**secret); // without the headings of `kv put`, as scripts know it
    return showWritten(run, path, *secret);
}

int enableVersioning(Invocation& run)
{
    const auto mount = run.path();
    const auto done = run.client().write("sys/mounts/" + mount + "/tune", Json::object({{"options", Json::object({{"version", "2"}})}}), "POST");
    if (!done) return run.fail("Error tuning secrets engine " + mount, done.error());
    if (*done) run.output().warnings(**done);
    run.output().line("Success! Tuned the secrets engine at: " + mount + "/");
    return kSuccess;
}

} // namespace

std::string KvKey::path(std::string_view part) const
{
    if (!isVersioned) return full;
    return mount + "/" + std::string{part} + (key.empty() ? "" : "/" + key);
}

Result<KvKey> findKvKey(Invocation& run, std::size_t index)
{
    KvKey out;
    out.full = run.path(index);
    auto asked = out.full;
    if (!run.arguments().text("mount").empty()) {
        asked = withoutSlashes(run.arguments().text("mount"));
        out.full = asked + (out.full.empty() ? "" : "/" + out.full);
    }
    const auto secret = run.client().call({.path = "sys/internal/ui/mounts/" + asked, .isWrapped = false, .isPreparation = true});
    if (!secret && secret.error().code != ErrorCode::NotFound) return secret.error();
    if (!secret || !*secret) return out; // a server that does not report versions has version 1 only
    const auto& data = (*secret)->data();
    out.mount = data["path"].text();
    while (out.mount.ends_with('/')) out.mount.pop_back();
    out.isVersioned = data["options"]["version"].text() == "2";
    if (out.full.size() > out.mount.size()) out.key = out.full.substr(out.mount.size() + 1);
    return out;
}

std::string tableHeader(std::string_view title, const Json& object)
{
    std::size_t longest = 0;
    for (const auto& [name, value] : object.members()) longest = std::max(longest, name.size());
    return ruledHeader(title, longest + 4 + 5); // the gap between the columns, and "Value"
}

void printPath(Output& output, std::string_view title, const std::string& path)
{
    output.line(ruledHeader(title, path.size()));
    output.line(path);
    output.line();
}

std::vector<std::string> versionsOf(const Arguments& arguments)
{
    std::vector<std::string> out;
    for (const auto& text : arguments.all("versions")) {
        for (std::string_view rest{text}; !rest.empty();) {
            const auto end = std::min(rest.find(','), rest.size());
            if (const auto version = trimmed(rest.substr(0, end)); !version.empty()) out.emplace_back(version);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return out;
}

std::vector<Command> kvCommands()
{
    constexpr Flag kCas{"cas", FlagKind::Number, "Write only if this is the present version; 0: only if there is none."};
    constexpr Flag kVersions{"versions", FlagKind::Repeated, "Numbers of versions, such as 2,3."};
    return {
        {"kv get",
         "Read a secret",
         "KEY",
         R"(  Reads a secret. In a versioned engine it reads the newest version.

      $ holdfast kv get secret/foo
      $ holdfast kv get -mount=secret -version=1 foo
      $ holdfast kv get -field=password secret/foo)",
         {kMountFlag, {"version", FlagKind::Number, "Number of the version to read."}},
         1,
         1,
         getCommand,
         true},
        {"kv put",
         "Write a secret",
         "KEY K=V...",
         R"(  Writes a secret and replaces what was there. A value that begins with "@" is read
  from that file. The value "-" is read from standard input.

      $ holdfast kv put secret/foo bar=baz
      $ holdfast kv put secret/foo @data.json
      $ echo abcd1234 | holdfast kv put secret/foo bar=-)",
         {kMountFlag, kCas},
         1,
         kAnyNumber,
         putCommand,
         true},
        {"kv patch",
         "Change members of a secret",
         "KEY K=V...",
         R"(  Changes the given members of a secret in a versioned engine. The other members stay.

      $ holdfast kv patch secret/foo bar=baz
      $ holdfast kv patch -method=rw secret/foo bar=baz
      $ holdfast kv patch -remove-data=bar secret/foo)",
         {kMountFlag,
          kCas,
          {"remove-data", FlagKind::Repeated, "Name of a member to remove; repeatable."},
          {"method", FlagKind::Text,
           "patch: the server merges. rw: read, then write if nobody else wrote. Default: patch; rw if the server or the policy does not allow it."}},
         1,
         kAnyNumber,
         patchCommand,
         true},
        {"kv list",
         "List keys",
         "PATH",
         R"(  Lists the keys below a path.

      $ holdfast kv list secret/my-app/)",
         {kMountFlag},
         0,
         1,
         listCommand},
        {"kv delete",
         "Delete a secret",
         "KEY",
         R"(  Deletes a secret. In a versioned engine it deletes the newest version or the given
  versions, and they can be undeleted.

      $ holdfast kv delete secret/foo
      $ holdfast kv delete -versions=3 secret/foo)",
         {kMountFlag, kVersions},
         1,
         1,
         deleteCommand},
        {"kv undelete",
         "Restore deleted versions",
         "KEY",
         R"(  Restores deleted versions of a secret.

      $ holdfast kv undelete -versions=3 secret/foo)",
         {kMountFlag, kVersions},
         1,
         1,
         [](Invocation& run) { return changeVersions(run, "undelete"); }},
        {"kv destroy",
         "Destroy versions permanently",
         "KEY",
         R"(  Destroys versions of a secret. They cannot be restored.

      $ holdfast kv destroy -versions=3 secret/foo)",
         {kMountFlag, kVersions},
         1,
         1,
         [](Invocation& run) { return changeVersions(run, "destroy"); }},
        {"kv rollback",
         "Write an earlier version again",
         "KEY",
         R"(  Writes the contents of an earlier version as a new version.

      $ holdfast kv rollback -version=2 secret/foo)",
         {kMountFlag, {"version", FlagKind::Number, "Number of the version to go back to."}},
         1,
         1,
         rollbackCommand,
         true},
        {"kv enable-versioning",
         "Let an engine keep versions",
         "MOUNT",
         R"(  Turns a kv engine of version 1 into one of version 2.

      $ holdfast kv enable-versioning secret/)",
         {},
         1,
         1,
         enableVersioning},
    };
}

} // namespace cli
