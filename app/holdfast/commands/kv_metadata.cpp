#include "app/holdfast/commands/kv_mount.h"

#include <algorithm>

namespace cli {
namespace {

int refusePlain(Invocation& run)
{
    return run.failLocally("Metadata not supported on KV Version 1");
}

int getMetadata(Invocation& run)
{
    const auto key = findKvKey(run);
    if (!key) return run.fail({}, key.error());
    if (!key->isVersioned) return refusePlain(run);
    const auto path = key->path("metadata");
    const auto secret = run.client().read(path);
    if (!secret) return run.fail("Error reading " + path, secret.error());
    if (!*secret) {
        run.output().error("No value found at " + path);
        return kApiError;
    }
    auto& output = run.output();
    if (run.arguments().has("field") || !output.isTable() || !(*secret)->wrapInfo().isNull()) return run.show(**secret);
    auto data = (*secret)->data();
    if (data["versions"].isNull()) { // a 404 with warnings that explain it
        output.error("No value found at " + path);
        output.warnings(**secret);
        return kApiError;
    }
    auto versions = data["versions"].members();
    data.erase("versions");
    output.warnings(**secret);
    printPath(output, "Metadata Path", path);
    output.line(tableHeader("Metadata", data));
    output.keyValues(data);
    std::ranges::sort(versions, {}, [](const Json::Member& member) { return Json{member.name}.integer(); });
    for (const auto& [number, version] : versions) {
        output.line("\n" + tableHeader("Version " + number, version));
        output.keyValues(version);
    }
    return kSuccess;
}

/// `put` and `patch` send only the options that were given.
int changeMetadata(Invocation& run, bool isPatch)
{
    const auto& arguments = run.arguments();
    const auto maxVersions = arguments.number("max-versions", 0);
    const auto deleteAfter = arguments.duration("delete-version-after");
    const auto custom = arguments.pairs("custom-metadata");
    if (!maxVersions) return run.failLocally(maxVersions.error().detail);
    if (!deleteAfter) return run.failLocally(deleteAfter.error().detail);
    if (!custom) return run.failLocally(custom.error().detail);
    const auto key = findKvKey(run);
    if (!key) return run.fail({}, key.error());
    if (!key->isVersioned) return refusePlain(run);
    Json body = Json::object();
    if (arguments.has("max-versions")) body.set("max_versions", *maxVersions);
    if (arguments.has("cas-required")) body.set("cas_required", arguments.isOn("cas-required"));
    if (arguments.has("delete-version-after")) body.set("delete_version_after", *deleteAfter);
    Json customMetadata;
    for (const auto& [name, value] : *custom) customMetadata.set(name, value);
    for (const auto& name : arguments.all("remove-custom-metadata")) customMetadata.set(name, Json{}); // null removes a member
    if (!customMetadata.isNull()) body.set("custom_metadata", customMetadata);
    const auto path = key->path("metadata");
    const auto done =
        isPatch ? run.client().call(
                      {.method = "PATCH", .path = path, .body = body.toCompact(), .headers = {{"Content-Type", "application/merge-patch+json"}}})
                : run.client().write(path, body);
    if (!done) return run.fail("Error writing data to " + path, done.error());
    if (*done) return run.show(**done);
    run.output().line("Success! Data written to: " + path);
    return kSuccess;
}

int deleteMetadata(Invocation& run)
{
    const auto key = findKvKey(run);
    if (!key) return run.fail({}, key.error());
    if (!key->isVersioned) return refusePlain(run);
    const auto path = key->path("metadata");
    const auto done = run.client().remove(path);
    if (!done) return run.fail("Error deleting " + path, done.error());
    run.output().line("Success! Data deleted (if it existed) at: " + path);
    return kSuccess;
}

} // namespace

std::vector<Command> kvMetadataCommands()
{
    const std::vector<Flag> settings{kMountFlag,
                                     {"max-versions", FlagKind::Number, "Number of versions to keep; 0: the engine's setting."},
                                     {"cas-required", FlagKind::Switch, "Require -cas for every write."},
                                     {"delete-version-after", FlagKind::Duration, "Delete a version after this time, such as 768h."},
                                     {"custom-metadata", FlagKind::Repeated, "KEY=VALUE to store with the secret."}};
    auto patchSettings = settings;
    patchSettings.push_back({"remove-custom-metadata", FlagKind::Repeated, "Key of custom data to remove; repeatable."});
    return {
        {"kv metadata get",
         "Show the metadata and versions of a key",
         "KEY",
         R"(  Shows the settings of a key and the times of its versions. Does not show the secret.

      $ holdfast kv metadata get secret/foo)",
         {kMountFlag},
         1,
         1,
         getMetadata,
         true},
        {"kv metadata put", "Set the metadata of a key", "KEY", R"(  Sets how many versions of a key are kept and for how long, and its custom data.

      $ holdfast kv metadata put -max-versions=5 -custom-metadata=owner=ann secret/foo)",
         settings, 1, 1, [](Invocation& run) { return changeMetadata(run, false); }},
        {"kv metadata patch", "Change parts of the metadata of a key", "KEY", R"(  Changes the given settings. Custom data that is not named stays.

      $ holdfast kv metadata patch -custom-metadata=owner=ben secret/foo
      $ holdfast kv metadata patch -remove-custom-metadata=owner secret/foo)",
         patchSettings, 1, 1, [](Invocation& run) { return changeMetadata(run, true); }},
        {"kv metadata delete",
         "Delete a key with all its versions",
         "KEY",
         R"(  Deletes a key, its metadata and all versions. They cannot be restored.

      $ holdfast kv metadata delete secret/foo)",
         {kMountFlag},
         1,
         1,
         deleteMetadata},
    };
}

} // namespace cli
