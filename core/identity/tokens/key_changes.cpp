#include "core/identity/tokens/key_changes.h"

#include "core/base/logging.h"
#include "core/identity/tokens/signing_algorithm.h"

#include <algorithm>
#include <utility>

namespace core::identity {
namespace {

bool isExpired(const VerificationKey& key, WallTime now)
{
    return key.validUntil && *key.validUntil <= now;
}

/// Makes a pair and returns its id.
Result<std::string> addPair(TokenRows& rows, NamedKey& key, Random& random)
{
    const auto* const algorithm = signingAlgorithmNamed(key.algorithm);
    if (!algorithm)
        return Error{ErrorCode::Corrupt, "the key \"" + key.name + "\" of identity tokens has an algorithm that is not known: " + key.algorithm};
    const auto pair = crypto::AsymmetricKey::generate(algorithm->key);
    auto id = random.uuid();
    if (auto put = rows.putPrivateHalf(key.name, id, pair.pkcs8()); !put) return std::move(put).error();
    key.keys.push_back({.id = id, .algorithm = key.algorithm, .publicDer = pair.publicDer(), .validUntil = {}});
    return id;
}

/// Erases the private half, so the pair signs nothing more. The tokens that it has signed are valid until `until`.
Result<> retire(TokenRows& rows, NamedKey& key, const std::string& id, WallTime until)
{
    const auto at = std::ranges::find(key.keys, id, &VerificationKey::id);
    if (at != key.keys.end()) at->validUntil = until;
    return rows.erasePrivateHalf(id);
}

Result<> forgetExpiredPairs(TokenRows& rows, NamedKey& key, WallTime now)
{
    for (const auto& each : key.keys) {
        if (!isExpired(each, now)) continue;
        if (auto erased = rows.forgetId(each.id); !erased) return erased;
    }
    std::erase_if(key.keys, [now](const VerificationKey& each) { return isExpired(each, now); });
    return {};
}

} // namespace

Result<> makePairs(TokenRows& rows, NamedKey& key, Random& random, WallTime now)
{
    if (!key.currentId.empty()) {
        if (auto retired = retire(rows, key, key.currentId, laterBy(now, key.verificationTtl)); !retired) return retired;
        if (auto retired = retire(rows, key, key.nextId, now); !retired)
            return retired; // the next pair has signed nothing, so its public half is not needed
    }
    auto renewal = rows.renewal();
    if (!renewal) return std::move(renewal).error();
    key.renewal = *renewal;
    auto current = addPair(rows, key, random);
    if (!current) return std::move(current).error();
    auto next = addPair(rows, key, random);
    if (!next) return std::move(next).error();
    key.currentId = std::move(*current);
    key.nextId = std::move(*next);
    key.nextRotation = laterBy(now, key.rotationPeriod);
    if (auto forgotten = forgetExpiredPairs(rows, key, now); !forgotten) return forgotten;
    return rows.putKey(key);
}

Result<> renewKnownPairs(TokenRows& rows, NamedKey& key, Random& random, WallTime now)
{
    auto renewal = rows.renewal();
    if (!renewal) return std::move(renewal).error();
    if (key.renewal >= *renewal) return {};
    for (auto& pair : key.keys) pair.validUntil = now;
    for (const auto& id : {key.currentId, key.nextId}) {
        if (auto erased = rows.erasePrivateHalf(id); !erased) return erased;
    }
    key.currentId.clear();
    key.nextId.clear();
    return makePairs(rows, key, random, now);
}

Result<> rotate(TokenRows& rows, NamedKey& key, std::chrono::seconds verificationTtl, Random& random, WallTime now)
{
    auto renewal = rows.renewal();
    if (!renewal) return std::move(renewal).error();
    if (key.renewal < *renewal) return renewKnownPairs(rows, key, random, now);
    if (auto retired = retire(rows, key, key.currentId, laterBy(now, verificationTtl)); !retired) return retired;
    auto next = addPair(rows, key, random);
    if (!next) return std::move(next).error();
    key.currentId = std::exchange(key.nextId, std::move(*next));
    key.nextRotation = laterBy(now, key.rotationPeriod);
    if (auto forgotten = forgetExpiredPairs(rows, key, now); !forgotten) return forgotten;
    return rows.putKey(key);
}

Result<NamedKey> ensureDefaultKey(TokenRows& rows, Random& random, WallTime now)
{
    auto found = rows.key(NamedKey::kDefaultName);
    if (!found) return std::move(found).error();
    if (*found) return std::move(**found);
    NamedKey key;
    key.name = NamedKey::kDefaultName;
    key.allowedClientIds = {"*"};
    if (auto made = makePairs(rows, key, random, now); !made) return std::move(made).error();
    return key;
}

Result<bool> maintainKeys(TokenRows& rows, Random& random, WallTime now)
{
    auto renewal = rows.renewal();
    if (!renewal) return std::move(renewal).error();
    std::optional<NamedKey> due;
    auto visited = rows.forEachKey([&](const NamedKey& key) {
        const bool hasExpired = std::ranges::any_of(key.keys, [now](const VerificationKey& each) { return isExpired(each, now); });
        if (hasExpired || key.nextRotation <= now || key.renewal < *renewal) due = key;
        return !due;
    });
    if (!visited) return std::move(visited).error();
    if (!due) return false;
    if (due->renewal < *renewal) {
        if (auto renewed = renewKnownPairs(rows, *due, random, now); !renewed) return std::move(renewed).error();
        logging::info("identity", "a key of identity tokens is replaced, because a revoked member knows it", {{"key", due->name}});
        return true;
    }
    if (due->nextRotation <= now) {
        if (auto rotated = rotate(rows, *due, due->verificationTtl, random, now); !rotated) return std::move(rotated).error();
        logging::info("identity", "a key of identity tokens is rotated, as its period demands", {{"key", due->name}});
        return true;
    }
    if (auto forgotten = forgetExpiredPairs(rows, *due, now); !forgotten) return std::move(forgotten).error();
    if (auto put = rows.putKey(*due); !put) return std::move(put).error();
    return true;
}

} // namespace core::identity
