#include "core/trust/entry.pb.h"
#include "core/trust/judge.h"

namespace core::trust {

namespace {

constexpr std::uint32_t kVersion = 1;

Error corrupt()
{
    return Error{ErrorCode::Corrupt, "the stored trust log is damaged"};
}

} // namespace

std::string Judge::encode() const
{
    wire::StoredLog out;
    out.set_version(kVersion);
    std::map<std::string_view, std::uint32_t> indexOf; // in `entries`; the head and every source are among them
    for (const auto& entry : m_entries) {
        indexOf.emplace(entry->hash, static_cast<std::uint32_t>(indexOf.size()));
        out.add_entries(entry->encoded);
    }
    for (const auto& source : m_sources) out.add_sources(indexOf.at(source->hash));
    out.set_head(indexOf.at(m_head->hash));
    for (const auto& hash : m_contested) {
        if (const auto found = indexOf.find(hash); found != indexOf.end()) out.add_contested(found->second);
    }
    for (const auto& key : m_base.keys) out.add_base_revoked(key);
    for (const auto& hash : m_base.voided) out.add_base_voided(hash);
    return out.SerializeAsString();
}

Result<Judge> Judge::decode(std::string_view text)
{
    wire::StoredLog in;
    if (!in.ParseFromArray(text.data(), static_cast<int>(text.size()))) return corrupt();
    if (in.version() != kVersion)
        return Error{ErrorCode::Unsupported, "the stored trust log has version " + std::to_string(in.version()) + "; this program reads version " +
                                                 std::to_string(kVersion) + ". Start the newer program again."};
    Judge judge;
    for (const auto& encoded : in.entries()) {
        auto entry = Entry::parse(encoded);
        if (!entry) return std::move(entry).error();
        auto pointer = std::make_shared<const Entry>(std::move(*entry));
        if (!judge.m_byHash.emplace(pointer->hash, pointer).second) return corrupt();
        judge.m_entries.push_back(std::move(pointer));
    }
    const auto count = static_cast<std::uint32_t>(judge.m_entries.size());
    if (in.head() >= count) return corrupt();
    judge.m_head = judge.m_entries[in.head()];
    for (const auto index : in.sources()) {
        if (index >= count) return corrupt();
        judge.m_sources.push_back(judge.m_entries[index]);
    }
    for (const auto index : in.contested()) {
        if (index >= count) return corrupt();
        judge.m_contested.insert(judge.m_entries[index]->hash);
    }
    judge.m_base.keys.insert(in.base_revoked().begin(), in.base_revoked().end());
    judge.m_base.voided.insert(in.base_voided().begin(), in.base_voided().end());
    judge.refreshRevocations();
    return judge;
}

} // namespace core::trust
