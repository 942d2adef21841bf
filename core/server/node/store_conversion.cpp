#include "core/server/node/store_conversion.h"

#include "core/barrier/store_format.h"
#include "core/barrier/stored_seal.h"
#include "core/base/logging.h"
#include "core/log/commit_retry.h"
#include "core/replication/set/role.h"
#include "core/sys/node/version_history.h"
#include "core/token/token_store.h"
#include "core/trust/member_keys.h"

namespace core::server {
namespace {

Result<> putPlain(log::Transaction& transaction, std::string_view key, std::string value)
{
    const auto stored = transaction.get(key);
    if (!stored) return stored.error();
    if (*stored && **stored == value) return {};
    transaction.put({.kind = log::OperationKind::Put, .key = std::string{key}, .value = std::move(value)});
    return {};
}

/// True if only this cluster writes its shared and local rows.
Result<bool> isAlone(const barrier::Scope& scope)
{
    for (const auto type : {replication::Type::Performance, replication::Type::Dr}) {
        auto role = replication::Role::load(scope, type);
        if (!role) return std::move(role).error();
        if (role->mode != replication::Mode::Disabled) return false;
    }
    return true;
}

Result<> putRowsOfNode(const ConversionServices& services, const barrier::Scope& scope)
{
    if (auto put = putPlain(scope.transaction(), barrier::kInitializedKey, std::string{barrier::kInitializedValue}); !put) return put;
    auto keys = trust::MemberKeys::load(scope, services.random, services.clock.now());
    return keys ? Result<>{} : Result<>{std::move(keys).error().withContext("loading this cluster's keys")};
}

Result<> putSharedRows(const ConversionServices& services, const barrier::Scope& scope)
{
    if (auto limited = limitUnsignedTokens(scope, services.clock.now()); !limited) return limited.error();
    if (auto made = services.wrapping.prepare(scope); !made) return made;
    auto noted = sys::noteVersion(scope, services.clock.now());
    return noted ? Result<>{} : Result<>{noted.error()};
}

/// True if the store is from an older program.
Result<bool> putMissingRows(const ConversionServices& services, const barrier::Scope& scope)
{
    const auto stored = scope.transaction().get(barrier::kStoreFormatKey);
    if (!stored) return stored.error();
    const auto format = *stored ? barrier::StoreFormat::decode(**stored) : Result<barrier::StoreFormat>{barrier::StoreFormat{}};
    if (!format) return format.error();
    if (auto known = format->check("this store"); !known) return known.error();
    if (auto put = putRowsOfNode(services, scope); !put) return put.error();
    if (format->number == barrier::kStoreFormat) return false;
    if (auto put = putPlain(scope.transaction(), barrier::kStoreFormatKey, barrier::StoreFormat::current().encode()); !put) return put.error();
    const auto alone = isAlone(scope);
    if (!alone) return alone.error();
    if (*alone) {
        if (auto put = putSharedRows(services, scope); !put) return put.error();
    }
    return true;
}

} // namespace

Result<bool> convertStore(const ConversionServices& services)
{
    bool isOlder = false;
    const auto isConverted = log::commitAgainOnConflict(services.store, "converting the store", [&](log::Transaction& transaction) -> Result<> {
        const auto found = putMissingRows(services, {transaction, services.barrier, {}});
        if (!found) return found.error();
        isOlder = *found;
        return {};
    });
    if (!isConverted) return isConverted.error();
    if (*isConverted && isOlder) {
        logging::warn("core", "the store of an older program was converted; that program must not open it any more",
                      {{"format", std::to_string(barrier::kStoreFormat)}, {"version", HOLDFAST_VERSION}});
    }
    return isOlder;
}

Result<bool> limitUnsignedTokens(const barrier::Scope& scope, WallTime now)
{
    auto known = scope.local({}).exists(token::kUnsignedUntilPath);
    if (!known || *known) return known ? Result<bool>{false} : Result<bool>{known.error()};
    const auto until = now + token::kUnsignedGrace;
    if (auto put = scope.local({}).put(token::kUnsignedUntilPath, std::to_string(toUnixMs(until))); !put) return put.error();
    logging::warn("core", "batch tokens of the older program end soon, because they have no signature", {{"until", toRfc3339(until)}});
    return true;
}

} // namespace core::server
