#include "core/replication/set/former_primary.h"

#include "core/replication/wire/peer.pb.h"

#include <algorithm>

namespace core::replication {

namespace {

std::string pathOf(Type type)
{
    return "core/replication/" + std::string{toString(type)} + "/former-primaries";
}

} // namespace

std::string formerPrimariesKey(Type type)
{
    return "i/" + pathOf(type);
}

Result<std::vector<FormerPrimary>> loadFormerPrimaries(const barrier::Scope& scope, Type type)
{
    auto value = scope.ignored({}).get(pathOf(type));
    if (!value) return std::move(value).error().withContext("loading the former primaries");
    std::vector<FormerPrimary> primaries;
    if (!*value) return primaries;
    wire::FormerPrimaries row;
    if (!row.ParseFromString(**value) || row.members().members_size() != row.statements_size()) {
        return Error{ErrorCode::Corrupt, "former primaries"};
    }
    const Members members = fromWire(row.members());
    for (std::size_t at = 0; at < members.size(); ++at) primaries.push_back({members[at], row.statements(static_cast<int>(at))});
    return primaries;
}

Result<> storeFormerPrimaries(const barrier::Scope& scope, Type type, const std::vector<FormerPrimary>& primaries)
{
    wire::FormerPrimaries row;
    Members members;
    for (const FormerPrimary& one : primaries) {
        members.push_back(one.member);
        row.add_statements(one.statement);
    }
    toWire(members, *row.mutable_members());
    return scope.ignored({}).put(pathOf(type), row.SerializeAsString());
}

Result<> keepFormerPrimary(const barrier::Scope& scope, Type type, const std::string& statement)
{
    auto told = loadMembers(scope, type);
    if (!told) return std::move(told).error();
    const auto primary = std::ranges::find_if(*told, [type](const Member& member) {
        return member.type == type && member.isPrimary && !member.fingerprint.empty() && !member.memberKey.empty() &&
               !member.endpoint.clusterAddress.empty();
    });
    if (primary == told->end()) return {};
    auto primaries = loadFormerPrimaries(scope, type);
    if (!primaries) return std::move(primaries).error();
    std::erase_if(*primaries, [&](const FormerPrimary& one) { return one.member.memberKey == primary->memberKey; });
    primaries->insert(primaries->begin(), {*primary, statement});
    if (primaries->size() > kFormerPrimariesMax) primaries->resize(kFormerPrimariesMax);
    return storeFormerPrimaries(scope, type, *primaries);
}

} // namespace core::replication
