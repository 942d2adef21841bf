#include "core/audit/broker.h"

#include "core/audit/formatter.h"
#include "core/base/go_text.h"
#include "core/base/logging.h"
#include "core/base/name.h"
#include "core/mount/fields.h"
#include "core/mount/mount_table.h"

#include <algorithm>

namespace core::audit {
namespace {

using mount::MountEntry;
using mount::Response;
using mount::TableKind;

constexpr std::size_t kSaltLength = 36; // a UUID's text
constexpr std::string_view kHashedHeader = "hashed";
constexpr std::string_view kPlainHeader = "plain";

barrier::View headerView(const barrier::Scope& scope)
{
    return scope.shared("audit/headers/");
}

barrier::View deviceView(const barrier::Scope& scope, const MountEntry& entry)
{
    const auto folder = mount::dataFolder(TableKind::Audit, entry);
    return entry.isLocal ? scope.local(folder) : scope.shared(folder);
}

Result<bool> flag(const std::map<std::string, std::string>& options, const std::string& name, bool fallback)
{
    const auto at = options.find(name);
    if (at == options.end() || at->second.empty()) return fallback;
    const auto parsed = goBoolean(at->second);
    if (!parsed) return Error{ErrorCode::InvalidArgument, "invalid value for " + name + ": " + at->second};
    return *parsed;
}

} // namespace

Result<DeviceOptions> deviceOptions(const std::map<std::string, std::string>& options)
{
    DeviceOptions parsed;
    const auto raw = flag(options, "log_raw", false);
    if (!raw) return raw.error();
    const auto accessor = flag(options, "hmac_accessor", true);
    if (!accessor) return accessor.error();
    const auto elided = flag(options, "elide_list_responses", false);
    if (!elided) return elided.error();
    if (const auto format = options.find("format"); format != options.end() && !format->second.empty() && format->second != "json") {
        return Error{ErrorCode::InvalidArgument, "unknown format type " + format->second};
    }
    parsed.isRaw = *raw;
    parsed.isAccessorHashed = *accessor;
    parsed.areListsElided = *elided;
    if (const auto prefix = options.find("prefix"); prefix != options.end()) parsed.prefix = prefix->second;
    return parsed;
}

struct Broker::Enabled {
    MountEntry entry;
    std::string salt;
    std::shared_ptr<Device> device;
    std::unique_ptr<const Formatter> formatter;
};

Broker::Broker(Random& random, const Clock& clock)
    : m_random{random}
    , m_clock{clock}
    , m_devices{std::make_shared<const Devices>()}
    , m_headers{std::make_shared<const Headers>()}
{}

Broker::~Broker() = default;

std::shared_ptr<const Broker::Devices> Broker::devices() const
{
    ReadLock lock{m_mutex};
    return m_devices;
}

bool Broker::hasDevices() const
{
    return !devices()->empty();
}

std::string Broker::failure() const
{
    if (!m_hasFailed) return {};
    MutexLock lock{m_failureMutex};
    return m_failure;
}

void Broker::noteFailure(std::string text) const
{
    if (text.empty() && !m_hasFailed) return;
    MutexLock lock{m_failureMutex};
    m_hasFailed = !text.empty();
    m_failure = std::move(text);
}

void Broker::tick()
{
    if (!m_hasFailed) return;
    mount::Request probe;
    probe.id = m_random.uuid();
    probe.path = "sys/audit/test";
    // The same entry as in enable().
    if (write({.request = probe})) logging::info("audit", "audit entries can be written again, and requests are answered");
}

Result<> Broker::write(const Record& record) const
{
    const auto enabled = devices();
    if (enabled->empty()) return {};
    std::shared_ptr<const Headers> headers;
    {
        ReadLock lock{m_mutex};
        headers = m_headers;
    }
    auto& written = m_written[record.response ? 1 : 0];
    const auto beganAt = m_clock.steadyNow();
    const WallTime now = m_clock.now();
    bool isWritten = false;
    std::string trouble;
    for (const auto& target : *enabled) {
        const auto done = target->device->write(target->formatter->line(record, now, *headers));
        if (done) {
            isWritten = true;
        } else {
            trouble += (trouble.empty() ? "" : "; ") + target->entry.path + ": " + done.error().detail;
            logging::error("audit", "an audit device could not write an entry", {{"device", target->entry.path}, {"error", toString(done.error())}});
        }
    }
    written.entries.add(m_clock.steadyNow() - beganAt);
    if (!isWritten) written.failures.fetch_add(1, std::memory_order_relaxed);
    noteFailure(isWritten ? std::string{} : trouble);
    if (isWritten) return {};
    return Error{ErrorCode::Io, "no audit device took the entry"};
}

Result<std::vector<MountEntry>> Broker::entries(const barrier::Scope& scope) const
{
    auto loaded = mount::loadMounts(scope, TableKind::Audit);
    if (loaded) mount::hideShadowed(*loaded); // the listed device is the one that gets entries and can be disabled
    return loaded;
}

Result<Response> Broker::enable(const barrier::Scope& scope, MountEntry wanted)
{
    wanted.path = mount::normalMountPath(wanted.path);
    if (wanted.type.empty()) return Response::badRequest("backend type must be specified as a string");
    if (wanted.type != "file") return Response::badRequest("unknown backend type: \"" + wanted.type + "\"");
    if (auto why = nameRefusal("the path of an audit device", std::string_view{wanted.path}.substr(0, wanted.path.size() - 1)); !why.empty()) {
        return Response::badRequest(std::move(why));
    }
    auto existing = entries(scope);
    if (!existing) return existing.error();
    for (const auto& entry : *existing) {
        if (entry.path.starts_with(wanted.path) || wanted.path.starts_with(entry.path)) {
            return Response::badRequest("path already in use");
        }
    }
    auto options = deviceOptions(wanted.options);
    if (!options) return Response::badRequest(options.error().detail);
    if (auto checked = checkNewDevice(wanted.options); !checked) return Response::badRequest(checked.error().detail);
    auto device = makeFileDevice(wanted.options);
    if (!device) return Response::badRequest(device.error().detail);

    wanted.uuid = m_random.uuid();
    wanted.accessor = mount::mountAccessor(wanted.type, m_random);
    const auto salt = m_random.uuid();
    // The rights to write the row are checked before the file is touched.
    if (auto stored = mount::storeMount(scope, TableKind::Audit, wanted); !stored) return stored.error();
    if (auto stored = deviceView(scope, wanted).put("salt", salt); !stored) return stored.error();

    mount::Request test;
    test.id = m_random.uuid();
    test.path = "sys/audit/test";
    const Formatter formatter{*options, salt};
    const auto written = (*device)->write(formatter.line({.request = test}, m_clock.now(), {}));
    if (!written) return Response::badRequest("audit backend failed test message: " + written.error().detail);
    return Response{};
}

Result<Response> Broker::disable(const barrier::Scope& scope, std::string_view path)
{
    const auto wanted = mount::normalMountPath(path);
    auto existing = entries(scope);
    if (!existing) return existing.error();
    for (const auto& entry : *existing) {
        if (entry.path != wanted) continue;
        if (auto erased = deviceView(scope, entry).eraseAll(); !erased) return erased.error();
        if (auto erased = mount::eraseMount(scope, TableKind::Audit, entry); !erased) return erased.error();
    }
    return Response{};
}

std::optional<std::string> Broker::hash(std::string_view path, std::string_view input) const
{
    const auto wanted = mount::normalMountPath(path);
    const auto enabled = devices();
    const Enabled* named = nullptr; // a local device comes before a shared one, as in entries()
    for (const auto& target : *enabled) {
        if (target->entry.path == wanted && (named == nullptr || target->entry.isLocal)) named = target.get();
    }
    return named != nullptr ? std::optional{named->formatter->hash(input)} : std::nullopt;
}

bool Broker::isReloadDue(const log::ChangedKeys& keys)
{
    return keys.any([](std::string_view key) {
        if (!key.starts_with("s/") && !key.starts_with("l/")) return false;
        return key.substr(2).starts_with("core/audit/") || key.substr(2).starts_with("audit/");
    });
}

/// One at a time, as MountTable::reload(): of two reloads, the one that read first must not win.
Result<> Broker::reload(const barrier::Scope& scope, bool isLocalOnly)
{
    MutexLock oneAtATime{m_reloadMutex};
    // Includes devices that entries() does not show: the primary's device gets entries even if a local one has its name.
    auto stored = mount::loadMounts(scope, TableKind::Audit);
    if (!stored) return stored.error();
    auto conflicts = mount::conflictsIn(TableKind::Audit, *stored);
    const auto before = devices();
    auto next = std::make_shared<Devices>();
    std::string trouble;
    bool isAnyOpen = false;
    for (const auto& entry : *stored) {
        if (isLocalOnly && !entry.isLocal) continue;
        auto salt = deviceView(scope, entry).get("salt");
        if (!salt) return salt.error();
        if (!*salt || (*salt)->size() < kSaltLength) {
            return Error{ErrorCode::Corrupt, "audit device " + entry.path + " has no salt"};
        }
        const auto known = std::find_if(before->begin(), before->end(), [&](const auto& device) {
            return device->entry.uuid == entry.uuid && device->entry.options == entry.options && device->salt == **salt;
        });
        if (known != before->end()) {
            isAnyOpen = true; // as its last entry says
            next->push_back(*known);
            continue;
        }
        auto options = deviceOptions(entry.options);
        if (!options) return std::move(options).error().withContext(entry.path);
        auto device = makeFileDevice(entry.options);
        if (!device) return std::move(device).error().withContext(entry.path);
        if (auto opened = (*device)->reopen(); !opened) {
            trouble += (trouble.empty() ? "" : "; ") + entry.path + ": " + opened.error().detail;
            logging::error("audit", "an audit device cannot be opened; if no other one works, requests fail",
                           {{"device", entry.path}, {"error", toString(opened.error())}});
        } else {
            isAnyOpen = true;
        }
        auto enabled = std::make_shared<Enabled>();
        enabled->entry = entry;
        enabled->salt = **salt;
        enabled->formatter = std::make_unique<const Formatter>(std::move(*options), enabled->salt);
        enabled->device = std::move(*device);
        next->push_back(std::move(enabled));
    }
    auto logged = headers(scope);
    if (!logged) return logged.error();
    auto nextHeaders = std::make_shared<const Headers>(std::move(*logged));
    if (next->empty()) noteFailure({});
    else if (!isAnyOpen) noteFailure(trouble);
    WriteLock lock{m_mutex};
    m_devices = std::move(next);
    m_headers = std::move(nextHeaders);
    if (!conflicts.empty() && conflicts != m_conflicts) {
        logging::error("audit",
                       "a local (non-replicated) audit device already exists where the primary has made a shared one; both take entries, the "
                       "local one is shown",
                       {{"local", conflicts.front().localPath}, {"shared", conflicts.front().sharedPath}});
    }
    m_conflicts = std::move(conflicts);
    return {};
}

std::vector<std::string> Broker::localPaths() const
{
    std::vector<std::string> out;
    const auto enabled = devices();
    for (const auto& target : *enabled) {
        if (target->entry.isLocal) out.push_back(target->entry.path);
    }
    return out;
}

std::vector<mount::MountConflict> Broker::conflicts() const
{
    ReadLock lock{m_mutex};
    return m_conflicts;
}

void Broker::clear()
{
    noteFailure({});
    WriteLock lock{m_mutex};
    m_devices = std::make_shared<const Devices>();
}

void Broker::reopen()
{
    const auto enabled = devices();
    for (const auto& target : *enabled) {
        if (auto opened = target->device->reopen(); !opened) {
            logging::error("audit", "an audit device cannot be opened again", {{"device", target->entry.path}, {"error", toString(opened.error())}});
        }
    }
}

Result<Broker::Headers> Broker::headers(const barrier::Scope& scope) const
{
    Headers headers;
    const auto visited = headerView(scope).forEach({}, [&](std::string_view name, std::string_view value) {
        headers[std::string{name}] = value == kHashedHeader;
        return true;
    });
    if (!visited) return visited.error();
    return headers;
}

Result<> Broker::putHeader(const barrier::Scope& scope, std::string_view name, bool isHashed)
{
    return headerView(scope).put(name, isHashed ? kHashedHeader : kPlainHeader);
}

Result<> Broker::eraseHeader(const barrier::Scope& scope, std::string_view name)
{
    return headerView(scope).erase(name);
}

} // namespace core::audit
