#include "core/trust/rekey_due.h"

#include "core/barrier/barrier.h"
#include "core/trust/member_keys.pb.h"

#include <algorithm>

namespace core::trust {
namespace {

constexpr std::string_view kPath = RekeyDue::kKey.substr(2); // without "s/"

std::string encode(const RekeyDue& due)
{
    stored::RekeyDue row;
    row.set_revoked_unix_ms(toUnixMs(due.revokedAt));
    for (const auto& id : due.compromised) row.add_compromised(id);
    row.set_renewal(due.renewal);
    for (const auto& hash : due.formerKeys) row.add_former_keys(hash);
    row.set_is_unfinished(due.isUnfinished);
    for (const auto& id : due.revoked) row.add_revoked(id);
    return row.SerializeAsString();
}

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
    due.isUnfinished = row.is_unfinished();
    for (const auto& id : row.revoked()) due.addRevoked(id);
    due.formerKeys.insert(row.former_keys().begin(), row.former_keys().end());
    return due;
}

Result<> RekeyDue::store(const barrier::Scope& scope) const
{
    return scope.shared({}).put(kPath, encode(*this));
}

Result<log::Operation> RekeyDue::operation(const barrier::Barrier& barrier) const
{
    return barrier.putOperation(std::string{kKey}, encode(*this));
}

void RekeyDue::add(std::string id)
{
    if (std::ranges::find(compromised, id) == compromised.end() && compromised.size() < kMax) compromised.push_back(std::move(id));
}

void RekeyDue::addRevoked(const std::string& id)
{
    std::erase(revoked, id);
    if (revoked.size() >= kMax) revoked.erase(revoked.begin());
    revoked.push_back(id);
}

bool RekeyDue::knows(const std::string& id) const
{
    return std::ranges::find(compromised, id) != compromised.end() || std::ranges::find(revoked, id) != revoked.end();
}

} // namespace core::trust
