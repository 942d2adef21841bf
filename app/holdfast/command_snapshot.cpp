#include "app/holdfast/command.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace cli {
namespace {

const std::string kPath = "sys/storage/raft/snapshot/";

/// Sends files one behind the other as the body; the answer, or nothing after an error that has been printed.
std::optional<Secret> upload(Invocation& run, const std::string& what, const std::string& path, const std::vector<std::string>& files,
                             std::vector<std::pair<std::string, std::string>> query, int& exitCode)
{
    std::vector<std::ifstream> open;
    for (const auto& name : files) {
        open.emplace_back(name, std::ios::binary);
        if (open.back()) continue;
        exitCode = run.failLocally("Error opening snapshot file: " + name + ": " + std::strerror(errno));
        return std::nullopt;
    }
    std::size_t at = 0;
    const auto response = run.client().send({.method = "POST",
                                             .path = kPath + path,
                                             .query = std::move(query),
                                             .isWrapped = false,
                                             .upload = [&](char* buffer, std::size_t size) {
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

int inspectSnapshot(Invocation& run)
{
    int exitCode = kSuccess;
    const auto secret = upload(run, "Error looking into the snapshot", "inspect", {run.argument(0)}, {}, exitCode);
    if (!secret) return exitCode;
    if (!run.output().isTable()) return run.show(*secret);
    Json about = secret->data();
    const Json contents = about["contents"];
    about.erase("contents");
    run.output().data(about);
    if (contents.isNull()) {
        run.output().warning("The snapshot was made under other keys: what is in it cannot be seen here.");
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

int verifySnapshot(Invocation& run)
{
    int exitCode = kSuccess;
    const auto secret = upload(run, "The snapshot could not be restored", "verify", {run.argument(0)}, {}, exitCode);
    if (!secret) return exitCode;
    if (!run.output().isTable()) return run.show(*secret);
    run.output().line("Success! The snapshot was restored on trial, and is what was saved.");
    run.output().line();
    run.output().data(secret->data());
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
    if (data["truncated"].isTrue()) run.output().warning("There are more than are shown; -limit asks for more.");
    return kSuccess;
}

} // namespace

std::vector<Command> snapshotCommands()
{
    return {
        {"operator raft snapshot inspect", "Show what a snapshot holds", "FILE", R"(  Shows when and of what cluster a snapshot was made, its size and index, and its
  mounts with counts. The file is sent to the server, which has the keys; no value
  comes back. Of a snapshot made under other keys only the former is shown.

      $ holdfast operator raft snapshot inspect backup.snap)",
         {}, 1, 1, inspectSnapshot},
        {"operator raft snapshot verify", "Restore a snapshot on trial", "FILE", R"(  Lets the server restore a snapshot into a store that it throws away, open every
  value and compare the result with what was recorded at the save. Nothing of the
  cluster is touched. The exit code is 0 where the snapshot could be restored.

      $ holdfast operator raft snapshot verify backup.snap)",
         {}, 1, 1, verifySnapshot},
        {"operator raft snapshot diff", "Show how snapshots differ", "FILE [FILE]", R"(  Shows which paths differ between a snapshot and what the cluster holds now, or
  between two snapshots, and the versions of each that are kept; never values. Tokens
  and leases are counted only.

      $ holdfast operator raft snapshot diff backup.snap
      $ holdfast operator raft snapshot diff monday.snap tuesday.snap)",
         {{"limit", FlagKind::Text, "How many paths to show at most (1000)."}}, 1, 2, diffSnapshots},
    };
}

} // namespace cli
