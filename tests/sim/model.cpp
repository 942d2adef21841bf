#include "tests/sim/model.h"

#include "core/storage/engine.h"

namespace sim {

namespace {

std::uint64_t hashOfEntry(std::string_view key, std::string_view value)
{
    return hashOf(value, hashOf(key));
}

constexpr std::string_view kFilters = "s/core/replication/filters/";

} // namespace

std::string_view mountUuidOf(std::string_view key)
{
    for (const std::string_view folder : {"s/logical/", "s/auth/", "s/core/mounts/", "s/core/auth/"}) {
        if (!key.starts_with(folder)) continue;
        const auto rest = key.substr(folder.size());
        return rest.substr(0, rest.find('/'));
    }
    return {};
}

std::uint64_t ContentSum::mount(std::string_view uuid) const
{
    const auto found = mounts->find(uuid);
    return found == mounts->end() ? 0 : found->second;
}

std::uint64_t ContentSum::rest() const
{
    std::uint64_t rest = shared ^ filters;
    for (const auto& [uuid, sum] : *mounts) rest ^= sum;
    return rest;
}

bool ContentSum::isOf(const ContentSum& primary, bool isFiltered) const
{
    if (!isFiltered) return shared == primary.shared;
    for (const auto& [uuid, sum] : *mounts) {
        if (sum != 0 && sum != primary.mount(uuid)) return false;
    }
    return filters == 0 && rest() == primary.rest();
}

void Histories::begin(const std::string& logId, LogIndex index, ContentSum sum, Duration at)
{
    m_histories[logId] = History{index, {sum}, {at}};
}

void Histories::append(const std::string& logId, LogIndex index, ContentSum sum, Duration time)
{
    auto& history = m_histories[logId];
    const auto at = index.value() - history.first.value();
    history.sums.resize(at, history.sums.empty() ? ContentSum{} : history.sums.back());
    history.times.resize(at, time);
    history.sums.push_back(sum);
    history.times.push_back(time);
}

void Histories::cutBehind(const std::string& logId, LogIndex last)
{
    const auto found = m_histories.find(logId);
    if (found == m_histories.end()) return;
    const auto count = last.value() - found->second.first.value() + 1;
    if (found->second.sums.size() <= count) return;
    found->second.sums.resize(count);
    found->second.times.resize(count);
}

std::optional<Duration> Histories::firstBehind(const std::string& logId, LogIndex index, bool isWithLocal) const
{
    const auto found = m_histories.find(logId);
    if (found == m_histories.end() || index < found->second.first) return std::nullopt;
    const History& history = found->second;
    for (std::size_t at = index.value() - history.first.value() + 1; at < history.sums.size(); ++at) {
        const ContentSum& before = history.sums[at - 1];
        const ContentSum& after = history.sums[at];
        if (before.shared != after.shared || (isWithLocal && before.local != after.local)) return history.times[at];
    }
    return std::nullopt;
}

std::optional<ContentSum> Histories::at(const std::string& logId, LogIndex index) const
{
    const auto found = m_histories.find(logId);
    if (found == m_histories.end() || index < found->second.first) return std::nullopt;
    const auto at = index.value() - found->second.first.value();
    if (at >= found->second.sums.size()) return std::nullopt;
    return found->second.sums[at];
}

void ClusterModel::put(const std::string& key, const std::string& value)
{
    erase(key);
    flip(key, value);
    m_contents[key] = value;
}

/// Adds an entry to the sums, or removes it.
void ClusterModel::flip(const std::string& key, const std::string& value)
{
    const auto hash = hashOfEntry(key, value);
    if (key[0] == 'l') m_sum.local ^= hash;
    if (key[0] != 's') return;
    m_sum.shared ^= hash;
    if (key.starts_with(kFilters)) m_sum.filters ^= hash;
    if (const auto uuid = mountUuidOf(key); !uuid.empty()) {
        auto parts = std::make_shared<ContentSum::Parts>(*m_sum.mounts);
        const auto at = parts->try_emplace(std::string{uuid}, 0).first;
        if ((at->second ^= hash) == 0) parts->erase(at);
        m_sum.mounts = std::move(parts);
    }
    if (key.starts_with("s/core/mounts/") || key.starts_with("s/core/auth/") || key.starts_with(kFilters)) ++m_tableVersion;
}

void ClusterModel::erase(const std::string& key)
{
    const auto at = m_contents.find(key);
    if (at == m_contents.end()) return;
    flip(key, at->second);
    m_contents.erase(at);
}

void ClusterModel::apply(const Change& change)
{
    if (change.isReplacement) {
        m_contents.clear();
        m_sum = {};
        ++m_tableVersion;
        for (const auto& [key, value] : change.kept) put(key, value);
    }
    for (const auto& operation : change.operations) {
        if (operation.kind == log::OperationKind::Put) put(operation.key, operation.value);
        else erase(operation.key);
    }
}

void ClusterModel::committed(const Change& change, LogIndex index, const std::string& logId)
{
    settled();
    if (change.operations.empty() && !change.isReplacement) return;
    if (index != m_index.next()) {
        m_world.fail("cluster " + std::to_string(m_cluster) + " commits index " + toString(index) + " after " + toString(m_index));
    }
    apply(change);
    m_index = index;
    if (logId != m_logId) m_histories.begin(logId, index, m_sum, m_world.now());
    else m_histories.append(logId, index, m_sum, m_world.now());
    m_logId = logId;
}

void ClusterModel::doubtful(Change change)
{
    m_doubtful.push_back(std::move(change));
}

Contents ClusterModel::read(const log::Store& store)
{
    Contents found;
    for (const std::string_view prefix : {"i/", "l/", "s/"}) {
        const auto scanned = store.reader().scan(prefix, storage::endOfPrefix(prefix), [&](std::string_view key, std::string_view value) {
            found.emplace(key, value);
            return true;
        });
        if (!scanned) found.emplace("?", toString(scanned.error()));
    }
    return found;
}

std::string ClusterModel::difference(const Contents& found) const
{
    std::string text;
    std::size_t count = 0;
    const auto add = [&](const std::string& key, const char* what) {
        if (++count <= 12) text += " " + key + " (" + what + ")";
    };
    for (const auto& [key, value] : m_contents) {
        const auto at = found.find(key);
        if (at == found.end()) add(key, "lost");
        else if (at->second != value) add(key, "another value");
    }
    for (const auto& [key, value] : found) {
        if (!m_contents.contains(key)) add(key, "should not exist");
    }
    if (count > 12) text += " and " + std::to_string(count - 12) + " more";
    return text;
}

void ClusterModel::checkEqual(const log::Store& store)
{
    const Contents found = read(store);
    if (found == m_contents) return;
    m_world.fail("cluster " + std::to_string(m_cluster) + " does not hold what it has answered:" + difference(found));
}

void ClusterModel::checkRestarted(const log::Store& store)
{
    const Contents found = read(store);
    const LogIndex last = m_index;
    const std::string before = difference(found);
    const auto doubtful = std::exchange(m_doubtful, {});
    for (std::size_t taken = 0;; ++taken) {
        if (found == m_contents && (store.appliedIndex() == m_index || m_contents.empty())) break;
        if (taken == doubtful.size()) {
            return m_world.fail("cluster " + std::to_string(m_cluster) + " does not hold after a restart at index " + toString(store.appliedIndex()) +
                                " what it had answered up to " + toString(last) + " (" + std::to_string(doubtful.size()) +
                                " were under way):" + before);
        }
        apply(doubtful[taken]);
        m_index = m_index.next();
        if (doubtful[taken].isReplacement || store.logId() != m_logId) m_histories.begin(store.logId(), m_index, m_sum, m_world.now());
        else m_histories.append(m_logId, m_index, m_sum, m_world.now());
        if (store.logId() != m_logId && doubtful[taken].isReplacement) m_logId = store.logId();
    }
    if (m_logId.empty()) m_logId = store.logId();
    if (store.logId() != m_logId) {
        m_world.fail("cluster " + std::to_string(m_cluster) + " has another log after a restart, though nothing was replaced");
    }
}

} // namespace sim
