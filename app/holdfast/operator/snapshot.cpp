#include "app/holdfast/commands/command.h"

#include "core/snapshot/archive.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

namespace cli {
namespace {

const std::string kPath = "sys/storage/raft/snapshot/";

/// Sends the files, one after the other, as the body. Returns the answer, or nothing after an error that it has printed.
std::optional<Secret> upload(Invocation& run, const std::string& what, const std::string& path, const std::vector<std::string>& files,
                             std::vector<std::pair<std::string, std::string>> query, int& exitCode)
{
    std::vector<std::ifstream> open;
    for (const auto& name : files) {
        open.emplace_back(name, std::ios::binary);
        if (open.back()) continue;
        run.output().error("Error opening snapshot file: " + name + ": " + std::strerror(errno));
        exitCode = kApiError; // as in Vault, although the server has nothing to do with it
        return std::nullopt;
    }
    std::size_t at = 0;
    const auto response = run.client().send(
        {.method = "POST", .path = kPath + path, .query = std::move(query), .isWrapped = false, .upload = [&](char* buffer, std::size_t size) {
             for (; at < open.size(); ++at) {
                 open[at].read(buffer, static_cast<std::streamsize>(size));
                 if (open[at].gcount() > 0) return static_cast<std::size_t>(open[at].gcount());
             }
             return std::size_t{0};
         }});
    if (!response) {
        exitCode = run.fail(what, response.error());
        return std::nullopt;
    }
    auto body = Json::parse(response->body);
    if (!body) {
        exitCode = run.fail(what, body.error());
        return std::nullopt;
    }
    return Secret{std::move(*body)};
}

/// Shows what the server finds in the file with its keys.
int inspectContents(Invocation& run)
{
    int exitCode = kSuccess;
    const auto secret = upload(run, "Error looking into the snapshot", "inspect", {run.argument(0)}, {}, exitCode);
    if (!secret) return exitCode;
    if (!run.output().isTable()) return run.show(*secret);
    Json about = secret->data();
    const Json contents = about["contents"];
    about.erase("contents");
    run.output().facts(about);
    if (contents.isNull()) {
        run.output().warning("The snapshot has other keys than this cluster, so the server cannot look inside.");
        return kSuccess;
    }
    std::vector<Row> rows{{"Path", "Type", "Keys", "Secrets", "Versions", "Bytes"}};
    const auto shown = [](const Json& value) { return value.isNull() ? std::string{"-"} : value.text(); };
    for (const auto& mount : contents["mounts"].array()) {
        rows.push_back({mount["path"].text(), mount["type"].text(), mount["key_count"].text(), shown(mount["secret_count"]),
                        shown(mount["version_count"]), mount["bytes"].text()});
    }
    if (rows.size() > 1) {
        run.output().line();
        run.output().table(rows);
    }
    return kSuccess;
}

Json numberOf(std::uint64_t number)
{
    return Json{Json::Number{std::to_string(number)}};
}

/// The folder of a stored key as it is shown: its class and the first two names after it, without random parts.
std::string folderOf(std::string_view key)
{
    std::size_t end = 0;
    for (int names = 0; names < 3 && end != std::string_view::npos; ++names) end = key.find('/', end == 0 ? 0 : end + 1);
    return std::string{end == std::string_view::npos ? key.substr(0, key.rfind('/') + 1) : key.substr(0, end + 1)};
}

/// Shows what can be seen of the file without keys. Values stay encrypted.
int inspectSnapshot(Invocation& run)
{
    if (run.arguments().isOn("contents")) return inspectContents(run);
    namespace snapshot = core::snapshot;
    struct Folder {
        std::uint64_t count = 0, bytes = 0;
    };
    std::map<std::string, Folder> folders;
    const snapshot::Sealing none{[](std::string_view) -> core::Result<std::string> {
                                     return core::Error{core::ErrorCode::Sealed, "no keys"};
                                 },
                                 [](std::string_view) -> core::Result<std::string> {
                                     return core::Error{core::ErrorCode::Sealed, "no keys"};
                                 }};
    const auto opened = snapshot::readArchive(run.argument(0), none, [&folders](snapshot::Entry&& entry) -> core::Result<> {
        auto& folder = folders[folderOf(entry.key)];
        ++folder.count;
        folder.bytes += entry.key.size() + entry.value.size();
        return {};
    });
    if (!opened) return run.failLocally("Error inspecting snapshot: " + opened.error().detail);
    const auto& meta = opened->meta;
    std::error_code unknown;
    auto about = Json::object({{"id", meta.id},
                               {"cluster_name", meta.clusterName},
                               {"cluster_id", meta.clusterId},
                               {"created_at", meta.createdAt},
                               {"version", meta.version},
                               {"root", meta.root}});
    about.set("index", numberOf(meta.index));
    about.set("key_count", numberOf(meta.keyCount));
    about.set("state_bytes", numberOf(meta.stateBytes));
    about.set("file_bytes", numberOf(std::filesystem::file_size(run.argument(0), unknown)));
    if (!run.output().isTable()) {
        auto stored = Json::object();
        for (const auto& [name, folder] : folders) {
            auto each = Json::object();
            each.set("count", numberOf(folder.count));
            each.set("bytes", numberOf(folder.bytes));
            stored.set(name, std::move(each));
        }
        about.set("stored", std::move(stored));
        run.output().data(about);
        return kSuccess;
    }
    run.output().data(about);
    run.output().line();
    std::vector<Row> rows{{"Stored below", "Count", "Bytes"}};
    for (const auto& [name, folder] : folders) rows.push_back({name, std::to_string(folder.count), std::to_string(folder.bytes)});
    run.output().table(rows);
    return kSuccess;
}

int verifySnapshot(Invocation& run)
{
    int exitCode = kSuccess;
    const auto secret = upload(run, "The snapshot could not be restored", "verify", {run.argument(0)}, {}, exitCode);
    if (!secret) return exitCode;
    if (!run.output().isTable()) return run.show(*secret);
    run.output().line("Success! The server restored the snapshot on trial; it is complete and unchanged.");
    run.output().line();
    run.output().facts(secret->data());
    return kSuccess;
}

std::string versions(const Json& list)
{
    std::string out;
    for (const auto& number : list.array()) out += (out.empty() ? "" : ",") + number.text();
    return out.empty() ? "-" : out;
}

int diffSnapshots(Invocation& run)
{
    std::vector<std::string> files{run.argument(0)};
    std::vector<std::pair<std::string, std::string>> query{{"limit", run.arguments().text("limit", "1000")}};
    if (!run.argument(1).empty()) {
        files.push_back(run.argument(1));
        std::error_code failure;
        const auto bytes = std::filesystem::file_size(files[0], failure);
        if (failure) return run.failLocally("Error opening snapshot file: " + files[0] + ": " + failure.message());
        query.emplace_back("first_bytes", std::to_string(bytes));
    }
    int exitCode = kSuccess;
    const auto secret = upload(run, "Error comparing the snapshots", "diff", files, std::move(query), exitCode);
    if (!secret) return exitCode;
    if (!run.output().isTable()) return run.show(*secret);
    const auto& data = secret->data();
    if (!data["differs"].isTrue()) {
        run.output().line("Nothing differs.");
        return kSuccess;
    }
    std::vector<Row> rows{{"Change", "Area", "Path", "Versions before", "Versions after"}};
    for (const auto& entry : data["entries"].array()) {
        rows.push_back({entry["change"].text(), entry["area"].text(), entry["path"].text(), versions(entry["versions_before"]),
                        versions(entry["versions_after"])});
    }
    if (rows.size() > 1) {
        run.output().table(rows);
        run.output().line();
    }
    std::vector<Row> counts{{"Area", "Added", "Removed", "Changed"}};
    for (const auto& [area, each] : data["summary"].members()) {
        counts.push_back({area, each["added"].text(), each["removed"].text(), each["changed"].text()});
    }
    run.output().table(counts);
    if (data["truncated"].isTrue()) run.output().warning("Some paths are not shown. Use -limit to show more.");
    return kSuccess;
}

} // namespace

std::vector<Command> snapshotCommands()
{
    return {
        {"operator raft snapshot inspect",
         "Show the contents of a snapshot",
         "FILE",
         R"(  Checks the file. Shows which cluster made it and when, its index, root and sizes,
  and how much is stored where. Needs no server and no token.

      $ holdfast operator raft snapshot inspect backup.snap

  With -contents the command sends the file to the server, which has the keys. The
  server also reports the mounts with their paths and counts, but no values.

      $ holdfast operator raft snapshot inspect -contents backup.snap)",
         {{"contents", FlagKind::Switch, "Let the server look into the file with its keys."}},
         1,
         1,
         inspectSnapshot,
         false,
         [](const Arguments& arguments) { return arguments.isOn("contents"); }},
        {"operator raft snapshot verify",
         "Restore a snapshot on trial",
         "FILE",
         R"(  Asks the server to restore a snapshot into temporary storage, to open every value,
  and to compare the result with what was recorded at the save. The cluster itself does
  not change. The exit code is 0 if the snapshot can be restored.

      $ holdfast operator raft snapshot verify backup.snap)",
         {},
         1,
         1,
         verifySnapshot},
        {"operator raft snapshot diff",
         "Show how snapshots differ",
         "FILE [FILE]",
         R"(  Shows which paths differ between a snapshot and the cluster's present data, or
  between two snapshots. Shows the versions of each path that are kept, never values.
  Tokens and leases are only counted.

      $ holdfast operator raft snapshot diff backup.snap
      $ holdfast operator raft snapshot diff monday.snap tuesday.snap)",
         {{"limit", FlagKind::Text, "Show at most this many paths (default 1000)."}},
         1,
         2,
         diffSnapshots},
    };
}

} // namespace cli
