#include "core/snapshot/auto_snapshots.h"

#include "core/base/logging.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <fstream>
#include <optional>

namespace core::snapshot {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::string_view kFolder = "sys/snapshot-auto/";
constexpr std::chrono::seconds kLateMax{30}; // a run that is later than this counts as missed

barrier::View configs(const barrier::Scope& scope)
{
    return scope.local(std::string{kFolder} + "config/");
}
barrier::View statuses(const barrier::Scope& scope)
{
    return scope.local(std::string{kFolder} + "status/");
}

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

/// True if the proof shows that the snapshot is bad, and not only that the proof could not be done.
bool isDisproof(const Error& error)
{
    return error.code == ErrorCode::Corrupt || error.code == ErrorCode::NotFound || error.code == ErrorCode::PermissionDenied;
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
    {
        MutexLock lock{m_mutex};
        if (const auto found = m_unwritten.find(name); found != m_unwritten.end()) return found->second;
    }
    auto object = read(statuses(scope), name);
    if (!object) return std::move(object).error();
    return *object ? ScheduleStatus::fromJson(**object) : ScheduleStatus{};
}

Result<> AutoSnapshots::put(const barrier::Scope& scope, const ScheduleConfig& config) const
{
    std::string text = json::serialize(config.toJson());
    auto done = configs(scope).put(config.name, text);
    wipe(text);
    return done;
}

Result<> AutoSnapshots::erase(const barrier::Scope& scope, std::string_view name) const
{
    if (auto erased = configs(scope).erase(name); !erased) return erased;
    return statuses(scope).erase(name);
}

Result<> AutoSnapshots::tryDestination(const ScheduleConfig& config) const
{
    const auto destination = config.open(m_cancellation);
    auto scratch = makeScratchFolder(m_snapshots.scratch());
    if (!scratch) return std::move(scratch).error();
    const auto name = config.filePrefix + ".test"; // not the name of a snapshot
    const std::string text = "This file tests whether snapshots can be stored here. You can remove it.\n";
    const auto draft = scratch->path() / name, fetched = scratch->path() / "fetched";
    std::ofstream{draft, std::ios::binary} << text;
    if (auto listed = destination->list(config.filePrefix + "-"); !listed) return std::move(listed).error();
    if (auto put = destination->put(draft, name); !put) return put;
    auto got = destination->get(name, fetched, text.size());
    if (got) {
        std::ifstream file{fetched, std::ios::binary};
        const std::string found{std::istreambuf_iterator<char>{file}, {}};
        if (found != text) got = Error{ErrorCode::Corrupt, "the file at " + destination->url(name) + " has other contents than were written"};
    }
    auto removed = destination->remove(name);
    return got ? removed : got;
}

void AutoSnapshots::tick(const Snapshots::Identity& identity)
{
    MutexLock running{m_running};
    log::Transaction transaction = m_store.begin();
    const barrier::Scope scope{transaction, m_barrier, {}};
    const auto all = names(scope);
    if (!all) return;
    std::vector<Known> known;
    for (const auto& name : *all) {
        if (m_cancellation.isCancelled()) return;
        const auto found = config(scope, name);
        auto before = status(scope, name);
        if (!found || !*found || !before) continue;
        auto after = look(**found, std::move(*before), m_clock.now(), identity);
        known.push_back({name, (*found)->localMaxSpace, std::move(after), (*found)->interval});
    }
    MutexLock lock{m_mutex};
    m_known = std::move(known);
    std::erase_if(m_unwritten, [&](const auto& entry) { return std::ranges::find(*all, entry.first) == all->end(); });
}

ScheduleStatus AutoSnapshots::look(const ScheduleConfig& config, ScheduleStatus status, WallTime now, const Snapshots::Identity& identity)
{
    // The last time that this configuration was handled: its last run, or its creation.
    const auto last = std::max(status.lastStart, config.anchor);
    const auto due = nextRun(config, last);
    if (due > now) return status;
    const auto passed = static_cast<std::int64_t>(runsBetween(config, last, now));
    const auto latest = due + (passed - 1) * config.interval;
    const bool isInTime = now - latest < kLateMax;
    const auto missed = passed - (isInTime ? 1 : 0);
    if (missed > 0) {
        status.missedRuns += static_cast<std::uint64_t>(missed);
        status.lastMissed = isInTime ? latest - config.interval : latest;
    }
    if (isInTime) {
        run(config, status, now, identity);
    } else {
        status.lastStart = now; // handled, but only counted
        status.lastError = "the server was not able to run at the scheduled time";
    }
    const auto written = writeStatus(config, status);
    if (!written) logging::warn("snapshot", "a status could not be stored", {{"error", toString(written.error())}});
    MutexLock lock{m_mutex};
    if (written) m_unwritten.erase(config.name);
    else m_unwritten.insert_or_assign(config.name, status);
    return status;
}

void AutoSnapshots::run(const ScheduleConfig& config, ScheduleStatus& status, WallTime now, const Snapshots::Identity& identity)
{
    status.lastStart = now;
    status.lastError.clear(); // save() stores here what failed in addition
    auto saved = save(config, status, now, identity);
    status.lastEnd = m_clock.now();
    if (saved) {
        status.lastUrl = std::move(saved->url);
        status.snapshotStart = now;
        status.snapshotBytes = saved->bytes;
        status.consecutiveErrors = 0;
        ++status.successCount;
    } else {
        status.lastError = saved.error().detail;
        ++status.consecutiveErrors;
        ++status.errorCount;
        logging::error("snapshot", "an automatic snapshot failed", {{"config", config.name}, {"error", toString(saved.error())}});
    }
}

Result<AutoSnapshots::Saved> AutoSnapshots::save(const ScheduleConfig& config, ScheduleStatus& status, WallTime now,
                                                 const Snapshots::Identity& identity)
{
    const auto began = m_clock.steadyNow();
    const auto since = [this](SteadyTime from) { return std::chrono::duration_cast<std::chrono::milliseconds>(m_clock.steadyNow() - from); };
    const auto destination = config.open(m_cancellation);
    auto present = destination->list(config.filePrefix + "-"); // names sort by time, because all have nanoseconds of equal length
    if (!present) return std::move(present).error();
    std::erase_if(*present, [&](const auto& file) { return !isFileOf(config, file.name); });
    std::uint64_t used = 0;
    for (const auto& file : *present) used += file.bytes;

    auto folder = destination->workFolder();
    std::optional<TemporaryFolder> scratch;
    std::error_code failure;
    if (folder.empty()) {
        auto made = makeScratchFolder(m_snapshots.scratch());
        if (!made) return std::move(made).error();
        folder = scratch.emplace(std::move(*made)).path();
    } else if (fs::create_directories(folder, failure); failure) {
        return Error{ErrorCode::Io, "cannot create " + folder.string() + ": " + failure.message()};
    }
    struct Draft {
        fs::path path;
        ~Draft()
        {
            std::error_code ignored;
            fs::remove(path, ignored);
        }
    } const draft{folder / (config.filePrefix + ".unfinished")};
    const auto made = m_snapshots.save(draft.path, identity);
    if (!made) return made.error();
    const auto bytes = fs::file_size(draft.path, failure);
    if (config.localMaxSpace != 0 && used + bytes > config.localMaxSpace) {
        return Error{ErrorCode::NoSpace, "not enough space: " + std::to_string(used) + " bytes of " + std::to_string(config.localMaxSpace) +
                                             " are used and the snapshot takes " + std::to_string(bytes)};
    }
    const auto name = fileNameOf(config, now);
    if (auto put = destination->put(draft.path, name); !put) return std::move(put).error();
    status.saveDuration = since(began);

    // A snapshot that cannot be restored must not push out a good one. If it could not be tried, it is kept, and the last proven one too.
    if (auto proven = prove(*destination, {name, bytes}, status); !proven) {
        if (isDisproof(proven.error())) {
            auto error = std::move(proven).error().withContext("the snapshot was not kept, because it could not be restored from its destination");
            if (auto removed = destination->remove(name); !removed) error.detail += "; it could not be removed either: " + removed.error().detail;
            return error;
        }
        status.lastError = "the snapshot was saved, but could not be verified: " + proven.error().detail;
    }
    const auto rotating = m_clock.steadyNow();
    present->push_back({name, bytes});
    auto surplus = static_cast<std::ptrdiff_t>(present->size()) - config.retain;
    for (auto file = present->begin(); surplus > 0; --surplus) {
        if (destination->url(file->name) == status.provenUrl) {
            ++file;
            continue;
        }
        if (auto removed = destination->remove(file->name); !removed) {
            status.lastError = "the snapshot was saved, but older ones could not be removed: " + removed.error().detail;
            break;
        }
        file = present->erase(file);
    }
    status.rotateDuration = since(rotating);
    status.storedCount = present->size();
    status.storedBytes = 0;
    for (const auto& file : *present) status.storedBytes += file.bytes;
    return Saved{destination->url(name), bytes};
}

Result<> AutoSnapshots::prove(Destination& destination, const Destination::File& kept, ScheduleStatus& status)
{
    auto scratch = makeScratchFolder(m_snapshots.scratch());
    if (!scratch) return std::move(scratch).error();
    const auto fetched = scratch->path() / "fetched.snap";
    if (auto got = destination.get(kept.name, fetched, kept.bytes); !got) return got;
    const auto proof = m_snapshots.prove(fetched);
    if (!proof) return proof.error();
    status.provenUrl = destination.url(kept.name);
    status.provenAt = proof->at;
    status.provenRoot = proof->root;
    status.provenKeys = proof->keyCount;
    status.proofDuration = proof->duration;
    return {};
}

Result<> AutoSnapshots::writeStatus(const ScheduleConfig& config, const ScheduleStatus& status)
{
    log::Transaction transaction = m_store.begin();
    const barrier::Scope scope{transaction, m_barrier, {}};
    const auto exists = configs(scope).exists(config.name); // it was not deleted in the meantime
    if (!exists) return exists.error();
    if (!*exists) return {};
    if (auto put = statuses(scope).put(config.name, json::serialize(status.toJson())); !put) return put;
    auto committed = m_store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    return {};
}

std::vector<AutoSnapshots::Known> AutoSnapshots::known() const
{
    MutexLock lock{m_mutex};
    return m_known;
}

} // namespace core::snapshot
