#include "core/snapshot/safety_snapshots.h"

#include "core/base/logging.h"
#include "core/base/private_file.h"
#include "core/snapshot/content_survey.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace core::snapshot {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::uint64_t kRoomForRest = 32u << 20;

bool isName(std::string_view name)
{
    return !name.empty() && name.size() <= 64 &&
           std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// "20261120T124400Z"
std::string compactTime(WallTime time)
{
    std::string text = toRfc3339(std::chrono::floor<std::chrono::seconds>(time));
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

json::object readObject(const fs::path& path)
{
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    json::error_code error;
    auto value = json::parse(text, error);
    return !error && value.is_object() ? value.get_object() : json::object{};
}

} // namespace

SafetySnapshots::SafetySnapshots(Snapshots& snapshots, log::Store& store, const barrier::Barrier& barrier, const Clock& clock, Random& random,
                                 fs::path directory, std::function<Snapshots::Identity()> identity)
    : m_snapshots{snapshots}
    , m_store{store}
    , m_barrier{barrier}
    , m_clock{clock}
    , m_random{random}
    , m_directory{std::move(directory)}
    , m_identity{std::move(identity)}
{}

Result<replication::WipeGuard::Kept> SafetySnapshots::keep(const std::string& reason, Occasion occasion)
{
    auto found = survey(m_store, m_barrier);
    if (!found) return std::move(found).error().withContext("surveying the contents of this cluster");
    if (!found->isWorthKeeping()) {
        // The new contents need space too. It is better to report a lack of space now than after the token is used up.
        std::error_code unknown;
        const auto space = fs::space(m_directory.parent_path(), unknown);
        if (!m_directory.empty() && !unknown && space.available < kRoomForRest) {
            return Error{ErrorCode::NoSpace, "the new contents need at least " + std::to_string(kRoomForRest) + " bytes in " +
                                                 m_directory.parent_path().string() + " and " + std::to_string(space.available) + " are free"};
        }
        return Kept{{}, "No safety snapshot was taken: this cluster held only what every new cluster has."};
    }
    if (m_directory.empty()) {
        return Kept{{}, "No safety snapshot was taken: this cluster keeps its data in memory only. It held " + found->summary() + "."};
    }
    MutexLock lock{m_mutex};
    if (auto room = checkRoom(found->bytes); !room) return std::move(room).error();
    const auto name = "safety-" + compactTime(m_clock.now()) + "-" + m_random.base62(6);
    if (auto taken = take(name, reason, occasion == Occasion::RestoreOfOwnKeys, found->toJson()); !taken) {
        discard(name);
        return std::move(taken).error();
    }
    dropOldest();
    const char* const after = occasion == Occasion::RestoreOfOwnKeys
                                  ? "\" puts it back."
                                  : "\" puts it back; after that, the unseal keys that this cluster has had until now open it.";
    return Kept{name, "A snapshot of what this cluster held (" + found->summary() + ") was taken and proven: " +
                          (m_directory / (name + ".snap")).string() + ". \"holdfast replication safety-snapshot restore " + name + after};
}

Result<> SafetySnapshots::checkRoom(std::uint64_t contentBytes) const
{
    std::error_code why;
    fs::create_directories(m_directory, why);
    if (!why) fs::permissions(m_directory, fs::perms::owner_all, why);
    const auto space = why ? fs::space_info{} : fs::space(m_directory, why);
    if (why) return Error{ErrorCode::Io, "cannot use " + m_directory.string() + ": " + why.message()};
    // Space for the file, for the store that it is restored into as a test (its log and its tables), and for the activation itself.
    const std::uint64_t needed = 4 * contentBytes + kRoomForRest;
    if (space.available >= needed) return {};
    return Error{ErrorCode::NoSpace, "a safety snapshot needs " + std::to_string(needed) + " bytes in " + m_directory.string() + " and " +
                                         std::to_string(space.available) + " are free"};
}

Result<> SafetySnapshots::take(const std::string& name, const std::string& reason, bool keepsRoles, const json::object& inventory)
{
    const auto draft = m_directory / (name + ".unproven");
    const auto remove = [&](Error error) {
        std::error_code ignored;
        fs::remove(draft, ignored);
        return error;
    };
    const auto identity = m_identity();
    const auto saved = m_snapshots.save(draft, identity);
    if (!saved) return remove(saved.error());
    const auto proof = m_snapshots.prove(draft);
    if (!proof) return remove(proof.error());
    std::error_code why;
    const auto bytes = fs::file_size(draft, why);
    const json::object about{{"name", name},
                             {"created_at", saved->createdAt},
                             {"reason", reason},
                             {"cluster_id", identity.clusterId},
                             {"cluster_name", identity.clusterName},
                             {"index", saved->index},
                             {"root", saved->root},
                             {"bytes", bytes},
                             {"proven_at", toRfc3339(proof->at)},
                             {"keeps_roles", keepsRoles},
                             {"inventory", inventory}};
    if (auto written = replacePrivateFile(m_directory / (name + ".json"), json::serialize(about), true); !written) return remove(written.error());
    fs::rename(draft, m_directory / (name + ".snap"), why);
    if (why) return remove(Error{ErrorCode::Io, "cannot rename " + draft.string() + ": " + why.message()});
    if (const int folder = ::open(m_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
        ::fsync(folder);
        ::close(folder);
    }
    logging::info("snapshot", "safety snapshot taken and proven", {{"name", name}, {"keys", std::to_string(saved->keyCount)}});
    return {};
}

Result<> SafetySnapshots::renew(const std::string& name)
{
    MutexLock lock{m_mutex};
    auto file = fileOf(name);
    if (!file) return std::move(file).error();
    const auto known = readObject(m_directory / (name + ".json"));
    const auto* root = known.if_contains("root");
    if (root != nullptr && root->is_string() && root->get_string() == m_store.forest().root(merkle::isReplicated)) return {};
    auto found = survey(m_store, m_barrier);
    if (!found) return std::move(found).error();
    const auto* reason = known.if_contains("reason");
    return take(name, reason != nullptr && reason->is_string() ? std::string{reason->get_string()} : std::string{}, keepsRoles(name),
                found->toJson());
}

bool SafetySnapshots::keepsRoles(const std::string& name) const
{
    if (!isName(name)) return false;
    const auto known = readObject(m_directory / (name + ".json"));
    const auto* keeps = known.if_contains("keeps_roles");
    return keeps != nullptr && keeps->is_bool() && keeps->get_bool();
}

void SafetySnapshots::discard(const std::string& name)
{
    if (!isName(name)) return;
    std::error_code ignored;
    for (const auto* ending : {".snap", ".json", ".unproven"}) fs::remove(m_directory / (name + ending), ignored);
}

Result<std::vector<json::object>> SafetySnapshots::list() const
{
    std::vector<json::object> found;
    std::error_code why;
    if (m_directory.empty() || !fs::exists(m_directory, why)) return found;
    for (auto at = fs::directory_iterator{m_directory, why}; !why && at != fs::directory_iterator{}; at.increment(why)) {
        const auto name = at->path().stem().string();
        if (at->path().extension() != ".snap" || !isName(name)) continue;
        auto about = readObject(m_directory / (name + ".json"));
        about["name"] = name;
        about["path"] = at->path().string();
        std::error_code unreadable;
        about["bytes"] = at->file_size(unreadable);
        found.push_back(std::move(about));
    }
    if (why) return Error{ErrorCode::Io, "cannot read " + m_directory.string() + ": " + why.message()};
    std::ranges::sort(found, std::ranges::greater{}, [](const json::object& each) { return std::string{each.at("name").as_string()}; });
    return found;
}

Result<fs::path> SafetySnapshots::fileOf(const std::string& name) const
{
    if (!isName(name)) return Error{ErrorCode::InvalidArgument, "that is not the name of a safety snapshot"};
    const auto file = m_directory / (name + ".snap");
    std::error_code why;
    if (m_directory.empty() || !fs::is_regular_file(file, why)) return Error{ErrorCode::NotFound, "there is no safety snapshot of that name"};
    return file;
}

Result<> SafetySnapshots::remove(const std::string& name)
{
    auto file = fileOf(name);
    if (!file) return std::move(file).error();
    discard(name);
    std::error_code why;
    if (fs::exists(*file, why)) return Error{ErrorCode::Io, "cannot remove " + file->string()};
    return {};
}

void SafetySnapshots::dropOldest()
{
    const auto all = list();
    if (!all) return;
    for (std::size_t at = kSafetySnapshotsMax; at < all->size(); ++at) discard(std::string{(*all)[at].at("name").as_string()});
}

} // namespace core::snapshot
