#include "core/trust/member_keys.h"

#include "core/log/commit_retry.h"
#include "core/trust/member_keys.pb.h"

#include <algorithm>

namespace core::trust {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSeedBytes = 32;
constexpr std::string_view kReplacementPurpose = "replacement";

std::string_view withoutClass(std::string_view key)
{
    return key.substr(2); // "i/"
}

/// The caller must wipe the result.
std::string encoded(const OwnKey& own)
{
    stored::PrivateKey row;
    row.set_version(kVersion);
    row.set_seed(own.key.seed().data(), own.key.seed().size());
    row.set_created_unix_ms(toUnixMs(own.createdAt));
    row.set_renewal(own.renewal);
    for (const auto& former : own.former) {
        auto* to = row.add_former();
        to->set_public_key(former.publicKey);
        to->set_counts_until_unix_ms(toUnixMs(former.countsUntil));
        to->set_signature(former.signature);
    }
    std::string text = row.SerializeAsString();
    wipe(*row.mutable_seed());
    return text;
}

Result<OwnKey> decoded(std::string_view text, std::string_view name)
{
    stored::PrivateKey row;
    const bool isRead = row.ParseFromArray(text.data(), static_cast<int>(text.size()));
    SecretBytes seed = SecretBytes::copyOf(row.seed());
    wipe(*row.mutable_seed());
    if (!isRead || seed.size() != kSeedBytes) return Error{ErrorCode::Corrupt, std::string{name} + " is damaged"};
    if (row.version() != kVersion) {
        return Error{ErrorCode::Corrupt, std::string{name} + " has the form " + std::to_string(row.version()) + ", this program knows " +
                                             std::to_string(kVersion) + "; a newer program wrote it"};
    }
    OwnKey own{SigningKey{std::move(seed)}, fromUnixMs(row.created_unix_ms()), {}, row.renewal()};
    for (const auto& former : row.former()) {
        if (own.former.size() < kFormerKeysMax) {
            own.former.push_back({former.public_key(), fromUnixMs(former.counts_until_unix_ms()), former.signature()});
        }
    }
    return own;
}

std::shared_ptr<const OwnKey> made(Random& random, WallTime now)
{
    return std::make_shared<const OwnKey>(OwnKey{SigningKey{random.secret(kSeedBytes)}, now, {}, 0});
}

std::shared_ptr<const OwnKey> replaced(const OwnKey& own, Random& random, WallTime now, WallTime formerCountsUntil, std::uint64_t renewal)
{
    OwnKey next{SigningKey{random.secret(kSeedBytes)}, now, {}, renewal};
    // The former key signs its replacement, so a cluster that knows only the former key can follow the chain.
    next.former.push_back({own.key.publicKey(), formerCountsUntil, own.key.sign(kReplacementPurpose, next.key.publicKey())});
    for (const auto& former : own.former) {
        if (former.countsUntil > now && next.former.size() < kFormerKeysMax) next.former.push_back(former);
    }
    return std::make_shared<const OwnKey>(std::move(next));
}

Result<> put(const barrier::Scope& scope, std::string_view key, const OwnKey& own)
{
    std::string text = encoded(own);
    auto done = scope.ignored({}).put(withoutClass(key), text);
    wipe(text);
    return done;
}

/// Null: none is stored.
Result<std::shared_ptr<const OwnKey>> loadStored(const barrier::Scope& scope, std::string_view key)
{
    auto text = scope.ignored({}).get(withoutClass(key));
    if (!text) return std::move(text).error().withContext(key);
    if (!*text) return std::shared_ptr<const OwnKey>{};
    auto own = decoded(**text, key);
    wipe(**text);
    if (!own) return std::move(own).error();
    return std::make_shared<const OwnKey>(std::move(*own));
}

Result<std::shared_ptr<const OwnKey>> loadOrMake(const barrier::Scope& scope, std::string_view key, Random& random, WallTime now)
{
    auto stored = loadStored(scope, key);
    if (!stored || *stored) return stored;
    auto own = made(random, now);
    if (auto done = put(scope, key, *own); !done) return std::move(done).error().withContext(key);
    return own;
}

} // namespace

bool isReplacement(std::string_view former, std::string_view next, std::string_view signature)
{
    return isSignedBy(former, kReplacementPurpose, next, signature);
}

bool OwnKey::owns(std::string_view publicKey, WallTime now) const
{
    if (publicKey == key.publicKey()) return true;
    return std::ranges::any_of(former, [&](const auto& each) { return each.publicKey == publicKey && now < each.countsUntil; });
}

MemberKeys MemberKeys::create(Random& random, WallTime now)
{
    return {made(random, now), made(random, now)};
}

Result<MemberKeys> MemberKeys::load(const barrier::Scope& scope, Random& random, WallTime now)
{
    auto member = loadOrMake(scope, kMemberKeyKey, random, now);
    if (!member) return std::move(member).error();
    auto token = loadOrMake(scope, kTokenKeyKey, random, now);
    if (!token) return std::move(token).error();
    auto nextMember = loadStored(scope, kNextMemberKeyKey);
    if (!nextMember) return std::move(nextMember).error();
    auto nextToken = loadStored(scope, kNextTokenKeyKey);
    if (!nextToken) return std::move(nextToken).error();
    if (!*nextMember || !*nextToken) return MemberKeys{std::move(*member), std::move(*token)};
    return MemberKeys{std::move(*member), std::move(*token), std::move(*nextMember), std::move(*nextToken)};
}

MemberKeys MemberKeys::withNewMember(Random& random, WallTime now, WallTime formerCountsUntil) const
{
    return {replaced(*m_member, random, now, formerCountsUntil, m_member->renewal), m_token};
}

MemberKeys MemberKeys::withNewToken(Random& random, WallTime now, WallTime formerCountsUntil) const
{
    return {m_member, replaced(*m_token, random, now, formerCountsUntil, m_token->renewal)};
}

MemberKeys MemberKeys::withNext(Random& random, WallTime now, WallTime formerCountsUntil, std::uint64_t renewal) const
{
    return {m_member, m_token, replaced(*m_member, random, now, formerCountsUntil, renewal),
            replaced(*m_token, random, now, formerCountsUntil, renewal)};
}

Result<> MemberKeys::store(const barrier::Scope& scope) const
{
    if (auto done = put(scope, kMemberKeyKey, *m_member); !done) return done;
    if (auto done = put(scope, kTokenKeyKey, *m_token); !done) return done;
    const auto keep = [&scope](std::string_view key, const OwnKey* own) {
        return own ? put(scope, key, *own) : scope.ignored({}).erase(withoutClass(key));
    };
    if (auto done = keep(kNextMemberKeyKey, m_nextMember.get()); !done) return done;
    return keep(kNextTokenKeyKey, m_nextToken.get());
}

Result<std::vector<log::Operation>> MemberKeys::operations(const barrier::Barrier& barrier) const
{
    std::vector<log::Operation> out;
    const std::pair<std::string_view, const OwnKey*> rows[] = {{kMemberKeyKey, m_member.get()}, {kTokenKeyKey, m_token.get()}};
    for (const auto& [key, own] : rows) {
        std::string text = encoded(*own);
        auto operation = barrier.putOperation(std::string{key}, text);
        wipe(text);
        if (!operation) return std::move(operation).error();
        out.push_back(std::move(*operation));
    }
    return out;
}

Result<> KeyHolder::load(log::Store& store, const barrier::Barrier& barrier, Random& random, WallTime now)
{
    std::optional<MemberKeys> loaded;
    auto committed = log::commitAgainOnConflict(store, "storing the cluster's keys", [&](log::Transaction& transaction) -> Result<> {
        auto keys = MemberKeys::load({transaction, barrier, {}}, random, now);
        if (!keys) return std::move(keys).error();
        loaded.emplace(std::move(*keys));
        return {};
    });
    if (!committed) return std::move(committed).error();
    set(std::move(*loaded)); // only now: a key that is not on disk must sign nothing
    return {};
}

void KeyHolder::set(MemberKeys keys)
{
    MutexLock lock{m_mutex};
    m_keys = std::move(keys);
}

std::optional<MemberKeys> KeyHolder::keys() const
{
    MutexLock lock{m_mutex};
    return m_keys;
}

} // namespace core::trust
