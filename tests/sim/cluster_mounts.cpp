#include "core/mount/mount_cleaner.h"
#include "tests/sim/client_write.h"
#include "tests/sim/process.h"

#include <algorithm>

namespace sim {

using namespace core::replication;

namespace {

using Kind = mount::TableKind;

Kind kindAt(const std::string& path)
{
    return path.starts_with("auth/") ? Kind::Auth : Kind::Secrets;
}

/// The mount at a path that is not being unmounted, if there is one.
std::optional<mount::MountEntry> find(const barrier::Scope& scope, const std::string& path)
{
    const auto entries = mount::loadMounts(scope, kindAt(path));
    if (!entries) return std::nullopt;
    for (const auto& entry : *entries) {
        if (entry.path == path && !entry.isTainted) return entry;
    }
    return std::nullopt;
}

} // namespace

const MountRules& Cluster::mountRules()
{
    const auto version = m_model.tableVersion();
    if (m_rulesVersion != version && m_rules.read(*m_process->local, m_process->barrier)) m_rulesVersion = version;
    return m_rules;
}

/// Where a client writes: fixed folders without a mount, and the present mounts.
std::string Cluster::pickFolder(std::vector<mount::MountEntry>& mounts)
{
    static constexpr const char* kFolders[] = {"logical/one/", "logical/two/", "core/", "sys/token/id/"};
    if (!m_shared.hasFilters || m_world.chancePerMille(300)) return kFolders[m_world.pick(4)];
    std::vector<mount::MountEntry> there;
    for (const auto& [uuid, entry] : mountRules().mounts()) {
        if (!entry.isTainted) there.push_back(entry);
    }
    if (there.empty()) return kFolders[0];
    mounts.push_back(there[m_world.pick(there.size())]);
    return mount::dataFolder(mount::kindOf(mounts.back()), mounts.back());
}

void Cluster::request(const std::function<bool(const barrier::Scope&)>& body)
{
    if (!m_process || m_process->barrier.isSealed()) return;
    const auto& manager = *m_process->manager;
    if (manager.isDrSecondary() || manager.isPerformanceSecondary()) return;
    const auto write = std::make_shared<Write>(Write{m_process->watched->begin(), m_process->isAlive, true, false});
    if (!body(barrier::Scope{write->transaction, m_process->barrier, {}})) return;
    ++m_process->writesUnderWay;
    m_world.after(m_world.between(Duration{0}, milliseconds{20}), [this, write] { finishWrite(write); });
}

void Cluster::mountAt(const std::string& path)
{
    request([&](const barrier::Scope& scope) {
        if (find(scope, path)) return false;
        mount::MountEntry entry;
        entry.path = path;
        entry.type = path == "auth/token/" ? "token" : "kv";
        entry.uuid = "mount-" + std::to_string(m_shared.uuidNext++);
        m_world.note(m_number, "mounts", m_shared.uuidNext - 1, path);
        return mount::storeMount(scope, kindAt(path), entry).has_value();
    });
}

void Cluster::unmount(const std::string& path)
{
    request([&](const barrier::Scope& scope) {
        auto entry = find(scope, path);
        if (!entry || isSingleton(*entry)) return false;
        entry->isTainted = true;
        m_world.note(m_number, "unmounts", 0, path + " " + entry->uuid);
        return mount::storeMount(scope, kindAt(path), *entry) && PathFilters::ofPrimary(scope).forget(entry->path, entry->uuid);
    });
}

void Cluster::moveMount(const std::string& from, const std::string& to)
{
    request([&](const barrier::Scope& scope) {
        auto entry = find(scope, from);
        if (!entry || isSingleton(*entry) || kindAt(from) != kindAt(to) || find(scope, to)) return false;
        entry->path = to;
        m_world.note(m_number, "moves", 0, from + " to " + to + " " + entry->uuid);
        return mount::storeMount(scope, kindAt(to), *entry) && PathFilters::ofPrimary(scope).forget(from, {});
    });
}

void Cluster::setFilter(const std::string& secondaryId, PathFilter filter)
{
    if (m_process && plan(Type::Performance).mode != Mode::Primary) return;
    request([&](const barrier::Scope& scope) {
        auto filters = PathFilters::ofPrimary(scope);
        const auto before = filters.find(secondaryId);
        const auto mounts = sharedMounts(scope);
        if (!before || !mounts) return false;
        if (*before && (*before)->isAllowing == filter.isAllowing) {
            for (const auto& uuid : (*before)->unmounted) {
                if (std::ranges::count(*mounts, uuid, &mount::MountEntry::uuid) > 0) filter.unmounted.push_back(uuid);
            }
        }
        std::string text = secondaryId + (filter.isAllowing ? " allow" : " deny");
        for (const auto& path : filter.paths) text += " " + path;
        m_world.note(m_number, "sets a filter", 0, text);
        return filters.put(secondaryId, filter).has_value();
    });
}

void Cluster::removeFilter(const std::string& secondaryId)
{
    if (m_process && plan(Type::Performance).mode != Mode::Primary) return;
    request([&](const barrier::Scope& scope) {
        m_world.note(m_number, "removes a filter", 0, secondaryId);
        return PathFilters::ofPrimary(scope).erase(secondaryId).has_value();
    });
}

/// As core/server does it each second.
void Cluster::cleanMounts()
{
    Process& process = *m_process;
    const auto& manager = *process.manager;
    if (manager.isDrSecondary() || !manager.writeRefusal().empty() || process.barrier.isSealed()) return;
    mount::MountCleaner cleaner{*process.watched, process.barrier};
    static_cast<void>(cleaner.tick({.shared = !manager.isPerformanceSecondary(), .local = true}).has_value());
    if (manager.roles().isSecondaryInSync()) static_cast<void>(cleaner.cleanOrphans().has_value());
}

} // namespace sim
