#include "core/snapshot/auto_snapshots.h"

#include "core/base/logging.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::snapshot {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::string_view kFolder = "sys/snapshot-auto/";

barrier::View configs(const barrier::Scope& scope) { return scope.local(std::string{kFolder} + "config/"); }
barrier::View statuses(const barrier::Scope& scope) { return scope.local(std::string{kFolder} + "status/"); }

Result<std::optional<json::object>> read(const barrier::View& view, std::string_view name)
{
    auto stored = view.get(name);
    if (!stored) return std::move(stored).error();
    if (!*stored) return std::optional<json::object>{};
    json::error_code error;
    auto value = json::parse(**stored, error);
    if (error || !value.is_object()) return Error{ErrorCode::Corrupt, "a stored snapshot configuration"};
    return std::optional<json::object>{std::move(value.as_object())};
}

} // namespace

AutoSnapshots::AutoSnapshots(log::Store& store, const barrier::Barrier& barrier, Snapshots& snapshots, const Clock& clock)
    : m_store{store}
    , m_barrier{barrier}
    , m_snapshots{snapshots}
    , m_clock{clock}
{}

Result<std::vector<std::string>> AutoSnapshots::names(const barrier::Scope& scope) const
{
    return configs(scope).list();
}

Result<std::optional<ScheduleConfig>> AutoSnapshots::config(const barrier::Scope& scope, std::string_view name) const
{
    auto object = read(configs(scope), name);
    if (!object) return std::move(object).error();
    if (!*object) return std::optional<ScheduleConfig>{};
    auto config = ScheduleConfig::fromJson(**object);
    if (!config) return std::move(config).error();
    return std::optional<ScheduleConfig>{std::move(*config)};
}

Result<ScheduleStatus> AutoSnapshots::status(const barrier::Scope& scope, std::string_view name) const
{
    auto object = read(statuses(scope), name);
    if (!object) return std::move(object).error();
    return *object ? ScheduleStatus::fromJson(**object) : ScheduleStatus{};
}

Result<> AutoSnapshots::put(const barrier::Scope& scope, const ScheduleConfig& config) const
{
    return configs(scope).put(config.name, json::serialize(config.toJson()));
}

Result<> AutoSnapshots::erase(const barrier::Scope& scope, std::string_view name) const
{
    if (auto erased = configs(scope).erase(name); !erased) return erased;
    return statuses(scope).erase(name);
}

void AutoSnapshots::tick(const Snapshots::Identity& identity)
{
    MutexLock running{m_running};
    const auto now = m_clock.now();
    log::Transaction transaction = m_store.begin();
    const barrier::Scope scope{transaction, m_barrier, {}};
    const auto known = names(scope);
    if (!known) return;
    for (const auto& name : *known) {
        const auto found = config(scope, name);
        const auto before = status(scope, name);
        if (!found || !*found || !before) continue;
        const auto& config = **found;
        // The last time this configuration was looked at: its last run, or its making.
        const auto last = std::max(before->lastStart, config.anchor);
        const auto due = nextRun(config, last);
        if (due <= now) {
            auto status = *before;
            const auto passed = runsBetween(config, last, now);
            const bool isInTime = now - (due + (static_cast<std::int64_t>(passed) - 1) * config.interval) < std::chrono::seconds{30};
            status.missedRuns += passed - (isInTime ? 1 : 0);
            if (isInTime) {
                run(config, std::move(status), now, identity);
            } else {
                status.lastStart = now; // looked at: only counted
                status.lastError = "the server was not able to run at the scheduled time";
                if (auto written = writeStatus(config, status); !written) {
                    logging::warn("snapshot", "cannot keep a status", {{"error", toString(written.error())}});
                }
            }
        }
    }
}

void AutoSnapshots::run(const ScheduleConfig& config, ScheduleStatus status, WallTime now,
                        const Snapshots::Identity& identity)
{
    std::string url;
    const auto saved = saveLocal(config, now, identity, url);
    status.lastStart = now;
    status.lastEnd = m_clock.now();
    if (saved) {
        status.lastError.clear();
        status.lastUrl = std::move(url);
        status.snapshotStart = now;
        status.snapshotBytes = *saved;
        status.consecutiveErrors = 0;
    } else {
        status.lastError = saved.error().detail;
        ++status.consecutiveErrors;
        logging::error("snapshot", "an automatic snapshot failed", {{"config", config.name}, {"error", toString(saved.error())}});
    }
    if (auto written = writeStatus(config, status); !written) {
        logging::warn("snapshot", "cannot keep a status", {{"error", toString(written.error())}});
    }
    MutexLock lock{m_mutex};
    if (saved) {
        ++m_totals.successCount;
        m_totals.lastBytes = *saved;
        m_totals.lastSuccessUnix = toUnixSeconds(now);
    } else {
        ++m_totals.errorCount;
    }
}

Result<std::uint64_t> AutoSnapshots::saveLocal(const ScheduleConfig& config, WallTime now,
                                               const Snapshots::Identity& identity, std::string& url)
{
    std::error_code failure;
    const fs::path directory{config.pathPrefix};
    fs::create_directories(directory, failure);
    if (failure) return Error{ErrorCode::Io, "cannot create " + directory.string() + ": " + failure.message()};

    std::vector<std::pair<std::string, std::uint64_t>> present; // names sort by time: nanoseconds of equal length
    for (const auto& file : fs::directory_iterator{directory, failure}) {
        const auto name = file.path().filename().string();
        if (isFileOf(config, name)) present.emplace_back(name, file.file_size(failure));
    }
    if (failure) return Error{ErrorCode::Io, "cannot read " + directory.string() + ": " + failure.message()};
    std::sort(present.begin(), present.end());
    std::uint64_t used = 0;
    for (const auto& [name, bytes] : present) used += bytes;

    const auto target = directory / fileNameOf(config, now);
    const auto saved = m_snapshots.save(target, identity);
    if (!saved) return saved.error();
    const auto bytes = fs::file_size(target, failure);
    if (used + bytes > config.localMaxSpace) {
        fs::remove(target, failure);
        return Error{ErrorCode::NoSpace, "not enough space: " + std::to_string(used) + " bytes of " +
                                             std::to_string(config.localMaxSpace) + " are used and the snapshot takes " +
                                             std::to_string(bytes)};
    }
    present.emplace_back(target.filename().string(), bytes);
    for (std::size_t at = 0; at + static_cast<std::size_t>(config.retain) < present.size(); ++at) {
        fs::remove(directory / present[at].first, failure);
    }
    url = "file://" + target.string();
    return bytes;
}

Result<> AutoSnapshots::writeStatus(const ScheduleConfig& config, const ScheduleStatus& status)
{
    log::Transaction transaction = m_store.begin();
    const barrier::Scope scope{transaction, m_barrier, {}};
    const auto exists = configs(scope).exists(config.name); // not deleted meanwhile
    if (!exists) return exists.error();
    if (!*exists) return {};
    if (auto put = statuses(scope).put(config.name, json::serialize(status.toJson())); !put) return put;
    auto committed = m_store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    return {};
}

AutoSnapshots::Totals AutoSnapshots::totals() const
{
    MutexLock lock{m_mutex};
    return m_totals;
}

} // namespace core::snapshot
