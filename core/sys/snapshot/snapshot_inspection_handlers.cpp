#include "core/sys/snapshot/snapshot_inspection_handlers.h"

#include "core/base/temporary_file.h"
#include "core/mount/retry.h"
#include "core/snapshot/diff.h"
#include "core/snapshot/content_survey.h"

#include <atomic>
#include <fstream>

namespace core::sys {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using mount::Response;
using snapshot::Snapshots;
using Services = SnapshotInspectionServices;

constexpr std::int64_t kEntriesDefault = 1000;
constexpr std::int64_t kEntriesMax = 100'000;

json::object metaOf(const snapshot::Meta& meta)
{
    return {{"id", meta.id},           {"cluster_id", meta.clusterId}, {"cluster_name", meta.clusterName}, {"created_at", meta.createdAt},
            {"version", meta.version}, {"index", meta.index},          {"key_count", meta.keyCount},       {"state_bytes", meta.stateBytes},
            {"root", meta.root}};
}

Error otherKeys()
{
    return Error{ErrorCode::PermissionDenied, "the snapshot was made under other keys: only a cluster that has them can look into it"};
}

Result<Response> inspect(const Services& services, const fs::path& file)
{
    std::error_code why;
    const auto fileBytes = fs::file_size(file, why);
    auto copy = services.snapshots->unpack(file);
    if (!copy) return snapshotFailure(copy.error());
    json::object data = metaOf(copy->opened.meta);
    data["file_bytes"] = fileBytes;
    data["opens_here"] = copy->opened.isSealedByUs;
    if (copy->opened.isSealedByUs) {
        const auto found = snapshot::survey(copy->contents->store(), *services.barrier);
        if (!found) return snapshotFailure(found.error());
        data["contents"] = found->toJson();
    }
    return Response::ofData(std::move(data));
}

Result<Response> verify(const Services& services, const fs::path& file)
{
    const auto proof = services.snapshots->prove(file);
    if (!proof) return snapshotFailure(proof.error());
    json::object data = metaOf(proof->meta);
    data["proven_at"] = toRfc3339(proof->at);
    data["proven_root"] = proof->root;
    data["proven_keys"] = proof->keyCount;
    data["duration_ms"] = proof->duration.count();
    return Response::ofData(std::move(data));
}

/// Moves everything behind `at` into a file of its own. Errors: of making it; Io.
Result<TemporaryFile> split(const fs::path& file, std::uint64_t at, const fs::path& folder)
{
    auto made = TemporaryFile::create(folder / "snapshot-");
    if (!made) return made;
    std::ifstream in{file, std::ios::binary};
    std::ofstream out{made->path(), std::ios::binary | std::ios::trunc};
    in.seekg(static_cast<std::streamoff>(at));
    out << in.rdbuf();
    out.close();
    std::error_code why;
    fs::resize_file(file, at, why);
    if (in.bad() || out.fail() || why) return Error{ErrorCode::Io, "cannot write " + made->path().string()};
    return made;
}

Result<Response> compare(const Services& services, Call& call, const fs::path& file)
{
    const auto firstBytes = call.fields.integer("first_bytes").value_or(0);
    const auto limit = call.fields.integer("limit").value_or(kEntriesDefault);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (limit < 0 || limit > kEntriesMax) return Response::badRequest("limit must be between 0 and " + std::to_string(kEntriesMax));
    std::error_code why;
    const auto bytes = static_cast<std::int64_t>(fs::file_size(file, why));
    if (firstBytes < 0 || (firstBytes > 0 && firstBytes >= bytes)) return Response::badRequest("first_bytes is not within the body");

    TemporaryFile second;
    if (firstBytes > 0) {
        auto moved = split(file, static_cast<std::uint64_t>(firstBytes), services.temporaryDirectory);
        if (!moved) return Response::error(500, "no room for a temporary file in " + services.temporaryDirectory.string());
        second = std::move(*moved);
    }
    auto before = services.snapshots->unpack(file);
    if (!before) return snapshotFailure(std::move(before).error().withContext("the first snapshot"));
    if (!before->opened.isSealedByUs) return snapshotFailure(otherKeys());
    std::optional<Snapshots::Copy> after;
    std::unique_ptr<storage::Reader> now;
    if (firstBytes > 0) {
        auto opened = services.snapshots->unpack(second.path());
        if (!opened) return snapshotFailure(std::move(opened).error().withContext("the second snapshot"));
        if (!opened->opened.isSealedByUs) return snapshotFailure(otherKeys());
        after.emplace(std::move(*opened));
    } else {
        now = services.store->snapshot();
    }
    const auto found = snapshot::diff(before->contents->store().reader(), after ? after->contents->store().reader() : *now, *services.barrier,
                                      static_cast<std::size_t>(limit));
    if (!found) return snapshotFailure(found.error());
    json::object data = found->toJson();
    data["before"] = metaOf(before->opened.meta);
    data["after"] = after ? json::value(metaOf(after->opened.meta)) : json::value("now");
    return Response::ofData(std::move(data));
}

using Work = std::function<Result<Response>(Call&, const fs::path& upload)>;

} // namespace

void addSnapshotInspectionRoutes(RouteTable& routes, SnapshotInspectionServices given)
{
    const auto services = std::make_shared<const Services>(std::move(given));
    const auto isBusy = std::make_shared<std::atomic<bool>>(false); // each needs disk space and a worker for a while
    const auto add = [&](const char* pattern, Work work, const char* help) {
        routes.add({.verbs = Verb::Write,
                    .pattern = pattern,
                    .handle = [isBusy, work = std::move(work)](Call& call) -> Result<Response> {
                        if (call.request.bodyFile.empty()) return Response::badRequest("the snapshot must be the body of the request");
                        const TemporaryFile upload{call.request.bodyFile};
                        if (isBusy->exchange(true)) return mount::retryLater("another snapshot is being looked into; try again later");
                        const std::shared_ptr<void> busy{nullptr, [isBusy](void*) { *isBusy = false; }}; // also if it ends by an exception
                        return work(call, upload.path());
                    },
                    .needsSudo = true,
                    .isSlow = true,
                    .help = help});
    };
    add(
        "storage/raft/snapshot/inspect", [services](Call&, const fs::path& file) { return inspect(*services, file); },
        "Shows the contents of the snapshot in the request's body: when and where it was made, and its mounts with counts.");
    add(
        "storage/raft/snapshot/verify", [services](Call&, const fs::path& file) { return verify(*services, file); },
        "Restores the snapshot in the request's body as a test, and compares the result with the saved state.");
    add(
        "storage/raft/snapshot/diff", [services](Call& call, const fs::path& file) { return compare(*services, call, file); },
        "Lists paths and versions that differ between a snapshot and the cluster, or between two snapshots (first_bytes), never values.");
}

} // namespace core::sys
