#include "core/trust/rekey_due.h"

#include "core/trust/member_keys.pb.h"

#include <algorithm>

namespace core::trust {
namespace {

constexpr std::string_view kPath = RekeyDue::kKey.substr(2); // without "s/"

} // namespace

Result<RekeyDue> RekeyDue::load(const barrier::Scope& scope)
{
    auto text = scope.shared({}).get(kPath);
    if (!text) return std::move(text).error();
    RekeyDue due;
    if (!*text) return due;
    stored::RekeyDue row;
    if (!row.ParseFromString(**text)) return Error{ErrorCode::Corrupt, std::string{kKey} + " is damaged"};
    due.revokedAt = fromUnixMs(row.revoked_unix_ms());
    for (const auto& id : row.compromised()) due.add(id);
    due.renewal = row.renewal();
    due.formerKeys.insert(row.former_keys().begin(), row.former_keys().end());
    return due;
}

Result<> RekeyDue::store(const barrier::Scope& scope) const
{
    stored::RekeyDue row;
    row.set_revoked_unix_ms(toUnixMs(revokedAt));
    for (const auto& id : compromised) row.add_compromised(id);
    row.set_renewal(renewal);
    for (const auto& hash : formerKeys) row.add_former_keys(hash);
    return scope.shared({}).put(kPath, row.SerializeAsString());
}

void RekeyDue::add(std::string id)
{
    if (std::ranges::find(compromised, id) == compromised.end() && compromised.size() < kMax) compromised.push_back(std::move(id));
}

} // namespace core::trust
