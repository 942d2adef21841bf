#pragma once

#include "core/audit/device.h"
#include "core/audit/record.h"
#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/base/random.h"
#include "core/mount/mount_storage.h"

#include <atomic>
#include <map>
#include <memory>

namespace core::audit {

/// Writes each request and each answer to every enabled device, before anything happens and before anybody is answered
/// (spec: conventions.md §7).
///
/// Where devices are enabled, one of them at least must take the entry; otherwise write() fails and the caller withholds what
/// it was about to do or say. Stored rows are the truth, reload() follows them. Thread-safe; write() blocks for a file write.
class Broker {
public:
    Broker(Random& random, const Clock& clock);
    ~Broker();

    bool hasDevices() const;
    /// Errors: Io (no device took it).
    Result<> write(const Record& record) const;

    /// Why this cluster serves nothing: no enabled device took the last entry, or could be opened. Empty: entries are taken, or no device is
    /// enabled. Any thread; quick.
    std::string failure() const;
    /// Once a second: where failure() says something, writes an entry of its own, so that it ends without a request of a client.
    void tick();

    // sys/audit, in the caller's transaction; answers as sys/ gives them
    /// Opens the device and writes a test entry first. `wanted.path` without or with '/' at the end.
    Result<mount::Response> enable(const barrier::Scope& scope, mount::MountEntry wanted);
    Result<mount::Response> disable(const barrier::Scope& scope, std::string_view path);
    Result<std::vector<mount::MountEntry>> entries(const barrier::Scope& scope) const;
    /// `hmac-sha256:…` under the device's salt; nothing: no such device.
    std::optional<std::string> hash(std::string_view path, std::string_view input) const;

    /// Follows the stored rows and salts. A device that cannot be opened now stays, and is tried again at each entry.
    /// `isLocalOnly`: a DR secondary runs the local devices, not those that its set shares.
    Result<> reload(const barrier::Scope& scope, bool isLocalOnly = false);
    /// Of the enabled devices that are this cluster's alone.
    std::vector<std::string> localPaths() const;
    /// Shared and local devices of one path, as of the last reload().
    std::vector<mount::MountConflict> conflicts() const;
    /// When sealed.
    void clear();
    /// Opens every file anew (SIGHUP, after the files were moved).
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
    mutable SharedMutex m_mutex; // leaf lock
    std::shared_ptr<const Devices> m_devices CORE_GUARDED_BY(m_mutex);
    std::shared_ptr<const Headers> m_headers CORE_GUARDED_BY(m_mutex);
    std::vector<mount::MountConflict> m_conflicts CORE_GUARDED_BY(m_mutex);
    mutable std::atomic<bool> m_hasFailed{false};
    mutable Mutex m_failureMutex; // leaf lock
    mutable std::string m_failure CORE_GUARDED_BY(m_failureMutex);
};

} // namespace core::audit
