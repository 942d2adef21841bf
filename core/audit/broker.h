#pragma once

#include "core/audit/device.h"
#include "core/audit/record.h"
#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/meter.h"
#include "core/base/mutex.h"
#include "core/base/random.h"
#include "core/log/changed_keys.h"
#include "core/mount/mount_storage.h"

#include <array>
#include <atomic>
#include <map>
#include <memory>

namespace core::audit {

/// Writes each request to every enabled device before the request is executed, and each answer before it is sent
/// (spec: conventions.md §7).
///
/// If devices are enabled, at least one of them must write the entry. Otherwise write() fails, and the caller must not execute the request or
/// send the answer. Stored rows are the truth; reload() follows them. Thread-safe. write() blocks for a file write.
class Broker {
public:
    Broker(Random& random, const Clock& clock);
    ~Broker();

    bool hasDevices() const;
    /// Errors: Io (no device could write it).
    Result<> write(const Record& record) const;

    /// The entries of requests, or of answers: how many, their time, and how many of them no device could write.
    struct Written {
        Meter entries;
        std::atomic<std::uint64_t> failures{0};
    };
    const Written& written(bool isAnswer) const { return m_written[isAnswer ? 1 : 0]; }

    /// Why this cluster answers no requests: no enabled device could write the last entry, or could be opened. Empty: a device works, or none is
    /// enabled. Any thread; quick.
    std::string failure() const;
    /// Call it once a second. While failure() is not empty, it writes an entry of its own, so that the failure ends without a client's request.
    void tick();

    // sys/audit, in the caller's transaction; answers as sys/ gives them
    /// Opens the device and writes a test entry first. `wanted.path` without or with '/' at the end.
    Result<mount::Response> enable(const barrier::Scope& scope, mount::MountEntry wanted);
    Result<mount::Response> disable(const barrier::Scope& scope, std::string_view path);
    Result<std::vector<mount::MountEntry>> entries(const barrier::Scope& scope) const;
    /// `hmac-sha256:…` under the device's salt. Empty: no such device.
    std::optional<std::string> hash(std::string_view path, std::string_view input) const;

    /// Reloads the stored rows and salts. A device that cannot be opened now is tried again at each entry.
    /// `isLocalOnly`: a DR secondary runs the local devices, not those that its set shares.
    /// When it returns, the broker has at least what was stored when it was called, also if another thread reloads at the same time.
    Result<> reload(const barrier::Scope& scope, bool isLocalOnly = false) CORE_EXCLUDES(m_reloadMutex);
    /// Whether a row of the broker is among these keys, so that a reload is due.
    static bool isReloadDue(const log::ChangedKeys& keys);
    /// Counts only the enabled devices that belong to this cluster alone.
    std::vector<std::string> localPaths() const;
    /// Shared and local devices of one path, as of the last reload().
    std::vector<mount::MountConflict> conflicts() const;
    /// Call it when the cluster is sealed.
    void clear();
    /// Opens every file again (SIGHUP, after the files were moved).
    void reopen();

    /// Request headers that are logged, by lower-case name; true: hashed. Stored as `s/audit/headers/<name>`.
    using Headers = std::map<std::string, bool>;
    Result<Headers> headers(const barrier::Scope& scope) const;
    Result<> putHeader(const barrier::Scope& scope, std::string_view name, bool isHashed);
    Result<> eraseHeader(const barrier::Scope& scope, std::string_view name);

private:
    struct Enabled;
    using Devices = std::vector<std::shared_ptr<const Enabled>>;
    std::shared_ptr<const Devices> devices() const;
    void noteFailure(std::string text) const;

    Random& m_random;
    const Clock& m_clock;
    Mutex m_reloadMutex;         // one reload at a time, from the read to the new list; before m_mutex
    mutable SharedMutex m_mutex; // leaf lock
    std::shared_ptr<const Devices> m_devices CORE_GUARDED_BY(m_mutex);
    std::shared_ptr<const Headers> m_headers CORE_GUARDED_BY(m_mutex);
    std::vector<mount::MountConflict> m_conflicts CORE_GUARDED_BY(m_mutex);
    mutable std::array<Written, 2> m_written;
    mutable std::atomic<bool> m_hasFailed{false};
    mutable Mutex m_failureMutex; // leaf lock
    mutable std::string m_failure CORE_GUARDED_BY(m_failureMutex);
};

} // namespace core::audit
