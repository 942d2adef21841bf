#include "core/snapshot/diff.h"

#include "core/barrier/scope.h"
#include "core/engine/kv/key_metadata.h"
#include "core/snapshot/content_survey.h"

#include <boost/json/array.hpp>

#include <charconv>
#include <deque>
#include <optional>
#include <set>

namespace core::snapshot {
namespace {

namespace json = boost::json;
using mount::TableKind;

constexpr std::size_t kFetchCount = 256;
constexpr std::size_t kFetchBytes = 4u << 20;

/// Goes through a range in order, some keys at a time.
class Cursor {
public:
    Cursor(const storage::Reader& reader, std::string_view prefix) : m_reader{reader}, m_next{prefix}, m_end{storage::endOfPrefix(prefix)} {}

    struct Row {
        std::string key, value;
    };
    /// The present row; null: the end. Errors: Io, Corrupt.
    Result<const Row*> row()
    {
        if (m_rows.empty() && !m_isAtEnd) {
            std::size_t bytes = 0;
            auto done = m_reader.scan(m_next, m_end, [&](std::string_view key, std::string_view value) {
                m_rows.push_back({std::string{key}, std::string{value}});
                bytes += key.size() + value.size();
                return m_rows.size() < kFetchCount && bytes < kFetchBytes;
            });
            if (!done) return std::move(done).error();
            m_isAtEnd = m_rows.empty();
            if (!m_isAtEnd) m_next = m_rows.back().key + '\0';
        }
        return m_rows.empty() ? nullptr : &m_rows.front();
    }
    void advance() { m_rows.pop_front(); }

private:
    const storage::Reader& m_reader;
    std::string m_next;
    const std::string m_end;
    std::deque<Row> m_rows;
    bool m_isAtEnd = false;
};

struct KnownMount {
    TableKind kind = TableKind::Secrets;
    mount::MountEntry entry;
};
using Mounts = std::map<std::string, KnownMount, std::less<>>; // by the folder of their data

Result<> addMounts(Mounts& mounts, const storage::Reader& reader, const barrier::Barrier& barrier)
{
    log::Transaction transaction{reader, LogIndex{}};
    const barrier::Scope scope{transaction, barrier, {.shared = false, .local = false}};
    for (const auto kind : {TableKind::Secrets, TableKind::Auth}) {
        auto entries = mount::loadMounts(scope, kind);
        if (!entries) return std::move(entries).error();
        for (auto& entry : *entries) {
            auto folder = mount::dataFolder(kind, entry);
            if (entry.type != "system" && entry.type != "token") mounts[std::move(folder)] = {kind, std::move(entry)};
        }
    }
    return {};
}

/// What a key belongs to.
struct Place {
    std::string area;
    const KnownMount* mount = nullptr;
    std::string_view rest; // below the mount's folder, or the whole logical key
    bool isCountedOnly = false;
};

Place placeOf(const Mounts& mounts, std::string_view key)
{
    const auto logical = key.substr(2);
    auto at = mounts.upper_bound(logical);
    if (at != mounts.begin() && logical.starts_with((--at)->first)) {
        const auto& mount = at->second;
        if (mount.entry.type == "cubbyhole") return {"cubbyhole", nullptr, {}, true};
        return {mount.kind == TableKind::Auth ? "auth" : "secrets", &mount, logical.substr(at->first.size()), false};
    }
    static constexpr std::pair<std::string_view, std::string_view> kCounted[] = {
        {"sys/token/", "tokens"}, {"sys/expire/", "leases"}, {"sys/wrapping/", "wrapping"}, {"sys/cubbyhole/", "cubbyhole"}};
    for (const auto& [folder, area] : kCounted) {
        if (logical.starts_with(folder)) return {std::string{area}, nullptr, {}, true};
    }
    if (logical.starts_with("sys/policy/")) return {"policies", nullptr, logical.substr(11), false};
    if (logical.starts_with("core/mounts/") || logical.starts_with("core/auth/") || logical.starts_with("core/audit/")) {
        return {"mounts", nullptr, logical, false};
    }
    return {"system", nullptr, logical, false};
}

std::vector<std::uint32_t> versionsOf(const std::optional<std::string>& metadata)
{
    std::vector<std::uint32_t> numbers;
    const auto decoded = metadata ? engine::KvKeyMetadata::decode(*metadata) : Result<engine::KvKeyMetadata>{engine::KvKeyMetadata{}};
    if (!decoded) return numbers;
    for (const auto& version : decoded->versions) {
        if (!version.isDestroyed) numbers.push_back(version.number);
    }
    return numbers;
}

class Comparison {
public:
    Comparison(const barrier::Barrier& barrier, const Mounts& mounts, std::size_t entriesMax)
        : m_barrier{barrier}
        , m_mounts{mounts}
        , m_entriesMax{entriesMax}
    {}

    /// One key that exists on only one side, or has different bytes on both.
    Result<> take(std::string_view key, const std::string* before, const std::string* after)
    {
        const auto place = placeOf(m_mounts, key);
        auto left = opened(key, before);
        if (!left) return std::move(left).error();
        auto right = opened(key, after);
        if (!right) return std::move(right).error();
        if (before && after && *left == *right) return {}; // sealed again, but the value is the same
        const auto change = !before ? Change::Added : !after ? Change::Removed : Change::Changed;
        if (place.isCountedOnly) {
            count(place.area, change);
            return {};
        }
        Difference difference{place.area, place.mount ? place.mount->entry.path : std::string{}, std::string{place.rest}, change, {}, {}};
        if (place.area == "mounts") {
            const auto entry = mount::decodeMount(after ? **right : **left);
            if (entry) difference.path = entry->path;
        }
        if (place.mount && place.mount->entry.type == "kv" && !refineKv(difference, *place.mount, *left, *right)) return {};
        count(place.area, change);
        note(std::move(difference));
        return {};
    }
    Diff finish() && { return std::move(m_diff); }

private:
    Result<std::optional<std::string>> opened(std::string_view key, const std::string* stored) const
    {
        if (!stored) return std::optional<std::string>{};
        if (key == barrier::kKeyringKey) return std::optional{*stored}; // sealed with the root key
        auto value = m_barrier.openValue(key, *stored);
        if (!value) return std::move(value).error();
        return std::optional{std::move(*value)};
    }
    void count(const std::string& area, Change change)
    {
        auto& counts = m_diff.counts[area];
        ++(change == Change::Added ? counts.added : change == Change::Removed ? counts.removed : counts.changed);
    }
    void note(Difference difference)
    {
        if (m_diff.entries.size() < m_entriesMax) m_diff.entries.push_back(std::move(difference));
        else m_diff.isTruncated = true;
    }
    /// Turns a stored key into a secret's path. False: the metadata of the same secret has reported it already.
    bool refineKv(Difference& difference, const KnownMount& mount, const std::optional<std::string>& before, const std::optional<std::string>& after)
    {
        std::string_view rest = difference.path;
        if (rest.starts_with("values/")) {
            difference.path.erase(0, 7);
            return true;
        }
        if (rest.starts_with("metadata/")) {
            difference.path.erase(0, 9);
            difference.versionsBefore = versionsOf(before);
            difference.versionsAfter = versionsOf(after);
            m_toldMount = mount.entry.path;
            m_told.insert(difference.path);
            if (m_told.size() > kToldMax) m_told.erase(m_told.begin());
            return true;
        }
        const auto slash = rest.rfind('/');
        if (!rest.starts_with("versions/") || slash < 9) return true; // the mount's configuration
        std::uint32_t number = 0;
        std::from_chars(rest.data() + slash + 1, rest.data() + rest.size(), number);
        std::string path{rest.substr(9, slash - 9)};
        // Every write of a version also writes the metadata, whose key comes first.
        if (m_toldMount == mount.entry.path && (m_told.contains(path) || m_diff.isTruncated)) return false;
        difference.path = std::move(path);
        if (before) difference.versionsBefore = {number};
        if (after) difference.versionsAfter = {number};
        return true;
    }

    static constexpr std::size_t kToldMax = 1'000'000;
    const barrier::Barrier& m_barrier;
    const Mounts& m_mounts;
    const std::size_t m_entriesMax;
    Diff m_diff;
    std::string m_toldMount;
    std::set<std::string, std::less<>> m_told; // secrets of a mount whose metadata differs
};

json::array numbersOf(const std::vector<std::uint32_t>& numbers)
{
    json::array out;
    for (const auto number : numbers) out.emplace_back(number);
    return out;
}

} // namespace

Result<Diff> diff(const storage::Reader& before, const storage::Reader& after, const barrier::Barrier& barrier, std::size_t entriesMax)
{
    Mounts mounts;
    if (auto added = addMounts(mounts, before, barrier); !added) return std::move(added).error();
    if (auto added = addMounts(mounts, after, barrier); !added) return std::move(added).error();
    Comparison comparison{barrier, mounts, entriesMax};
    for (const std::string_view storageClass : {"s/", "l/"}) {
        Cursor left{before, storageClass}, right{after, storageClass};
        while (true) {
            const auto ours = left.row();
            if (!ours) return ours.error();
            const auto theirs = right.row();
            if (!theirs) return theirs.error();
            if (!*ours && !*theirs) break;
            const int order = !*ours ? 1 : !*theirs ? -1 : (*ours)->key.compare((*theirs)->key);
            Result<> taken;
            if (order < 0) taken = comparison.take((*ours)->key, &(*ours)->value, nullptr);
            else if (order > 0) taken = comparison.take((*theirs)->key, nullptr, &(*theirs)->value);
            else if ((*ours)->value != (*theirs)->value) taken = comparison.take((*ours)->key, &(*ours)->value, &(*theirs)->value);
            if (!taken) return std::move(taken).error();
            if (order <= 0) left.advance();
            if (order >= 0) right.advance();
        }
    }
    return std::move(comparison).finish();
}

json::object Diff::toJson() const
{
    static constexpr const char* kNames[] = {"added", "removed", "changed"};
    json::object summary;
    for (const auto& [area, each] : counts) {
        summary[area] = json::object{{"added", each.added}, {"removed", each.removed}, {"changed", each.changed}};
    }
    json::array list;
    for (const auto& entry : entries) {
        json::object row{{"area", entry.area}, {"path", entry.mount + entry.path}, {"change", kNames[static_cast<int>(entry.change)]}};
        if (!entry.mount.empty()) row["mount"] = entry.mount;
        if (!entry.versionsBefore.empty() || !entry.versionsAfter.empty()) {
            row["versions_before"] = numbersOf(entry.versionsBefore);
            row["versions_after"] = numbersOf(entry.versionsAfter);
        }
        list.push_back(std::move(row));
    }
    return {{"differs", !isEmpty()}, {"summary", std::move(summary)}, {"entries", std::move(list)}, {"truncated", isTruncated}};
}

} // namespace core::snapshot
