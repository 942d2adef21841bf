#include "core/token/token_store.h"

#include "core/barrier/barrier.h"
#include "core/base/encoding.h"
#include "core/policy/policy.h"
#include "core/token/batch_signature.h"
#include "core/token/expiry_index.h"
#include "core/token/token_codec.h"
#include "core/token/token_rows.h"

#include <algorithm>

namespace core::token {

using namespace rows;

namespace {

constexpr std::string_view kServicePrefix = "hvs.";
constexpr std::string_view kBatchPrefix = "hvb.";
constexpr std::string_view kBatchPath = "sys/token/batch"; // additional data of every batch token
constexpr std::size_t kIdLength = 24;

bool isAlive(const TokenEntry& entry, WallTime now)
{
    return entry.usesLeft >= 0 && (!entry.expires() || entry.expiresAt > now);
}

} // namespace

TokenStore::TokenStore(Random& random) : m_random{random} {}
TokenStore::~TokenStore() = default;

Result<TokenStore::Salt> TokenStore::salt(const barrier::Scope& scope, bool isCommittedState)
{
    std::uint64_t generation = 0;
    {
        ReadLock lock{m_mutex};
        if (m_salt) return m_salt;
        generation = m_saltGeneration;
    }
    auto view = tokenView(scope);
    auto stored = view.get("salt");
    if (!stored) return stored.error();
    if (!*stored) {
        if (isCommittedState) return Salt{}; // no token was ever made here
        *stored = m_random.base62(32);
        if (auto put = view.put("salt", **stored); !put) return put.error();
    }
    auto key = std::make_shared<const crypto::HmacKey>(**stored);
    if (isCommittedState) {
        WriteLock lock{m_mutex};
        if (m_saltGeneration == generation) m_salt = key;
    }
    return Salt{std::move(key)};
}

Result<std::string> TokenStore::saltedId(const barrier::Scope& scope, std::string_view id)
{
    auto key = salt(scope, false);
    if (!key) return key.error();
    return hexOf((*key)->mac(id));
}

Result<TokenPointer> TokenStore::check(const barrier::Scope& scope, std::string_view id, WallTime now)
{
    if (id.empty()) return TokenPointer{};
    if (id.starts_with(kBatchPrefix)) return openBatch(scope, id, now);
    auto key = salt(scope, true);
    if (!key) return key.error();
    if (!*key) return TokenPointer{};

    const crypto::Digest salted = (*key)->mac(id);
    auto found = m_cache.find(salted);
    if (!found.object) {
        auto entry = read(scope, hexOf(salted), id, now);
        if (!entry || !*entry) return entry;
        found.object = *entry;
        // The count of uses changes with every use, so such a token is not cached.
        if (found.object->usesLeft == 0) m_cache.insert(salted, found.object, found.generation);
    }
    if (!isAlive(*found.object, now)) return TokenPointer{};
    if (m_mayHaveJobs.load(std::memory_order_acquire)) {
        auto ended = hasEnded(scope, *found.object);
        if (!ended) return ended.error();
        if (*ended) return TokenPointer{};
    }
    return found.object;
}

Result<TokenPointer> TokenStore::find(const barrier::Scope& scope, std::string_view id, WallTime now)
{
    if (id.empty()) return TokenPointer{};
    if (id.starts_with(kBatchPrefix)) return openBatch(scope, id, now);
    auto salted = saltedId(scope, id);
    if (!salted) return salted.error();
    auto entry = findBySaltedId(scope, *salted, now);
    if (!entry || !*entry) return entry;
    auto named = std::make_shared<TokenEntry>(**entry);
    named->id = id;
    return TokenPointer{std::move(named)};
}

Result<TokenPointer> TokenStore::findBySaltedId(const barrier::Scope& scope, std::string_view saltedId, WallTime now)
{
    auto entry = read(scope, saltedId, {}, now);
    if (!entry || !*entry) return entry;
    auto ended = hasEnded(scope, **entry);
    if (!ended) return ended.error();
    return *ended ? TokenPointer{} : *entry;
}

Result<std::optional<std::string>> TokenStore::saltedIdOfAccessor(const barrier::Scope& scope, std::string_view accessor)
{
    auto salted = saltedId(scope, accessor);
    if (!salted) return salted.error();
    auto bytes = tokenView(scope).get(accessorKey(*salted));
    if (!bytes) return bytes.error();
    if (!*bytes) return std::optional<std::string>{};
    auto leading = decodeAccessor(**bytes);
    if (!leading) return leading.error();
    return std::optional<std::string>{std::move(leading->saltedId)};
}

Result<TokenPointer> TokenStore::findByAccessor(const barrier::Scope& scope, std::string_view accessor, WallTime now)
{
    auto salted = saltedIdOfAccessor(scope, accessor);
    if (!salted) return salted.error();
    return *salted ? findBySaltedId(scope, **salted, now) : TokenPointer{};
}

Result<TokenPointer> TokenStore::read(const barrier::Scope& scope, std::string_view saltedId, std::string_view id, WallTime now) const
{
    auto entry = load(scope, saltedId);
    if (!entry) return entry.error();
    if (!*entry || !isAlive(**entry, now)) return TokenPointer{};
    (*entry)->id = id;
    return std::make_shared<const TokenEntry>(std::move(**entry));
}

Result<TokenPointer> TokenStore::openBatch(const barrier::Scope& scope, std::string_view id, WallTime now) const
{
    const auto sealed = fromBase64Url(id.substr(kBatchPrefix.size()));
    if (!sealed) return TokenPointer{};
    auto bytes = scope.barrier().openValue(kBatchPath, *sealed);
    if (!bytes && bytes.error().code == ErrorCode::NotFound) {
        // The token was made after a rotation. This node has the new keyring but has not loaded it yet.
        auto keyring = scope.transaction().get(barrier::kKeyringKey);
        if (!keyring) return keyring.error();
        if (*keyring) {
            if (auto reloaded = scope.barrier().reload(**keyring); !reloaded) return reloaded.error();
            bytes = scope.barrier().openValue(kBatchPath, *sealed);
        }
    }
    if (!bytes) {
        if (bytes.error().code == ErrorCode::Sealed) return bytes.error();
        return TokenPointer{};
    }
    auto part = signedPart(scope, *bytes, now);
    if (!part) return std::move(part).error();
    if (!*part) return TokenPointer{};
    auto entry = decodeToken((*part)->entry);
    if (!entry || entry->type != TokenType::Batch || !isAlive(*entry, now)) return TokenPointer{};
    // No cluster makes a root token of this type. But a former member has the keys that seal batch tokens, and could make one.
    if (std::ranges::find(entry->policies, policy::kRootPolicyName) != entry->policies.end()) return TokenPointer{};
    entry->id = id;
    entry->madeBy = std::move((*part)->madeBy);
    if (!entry->parent.empty()) {
        // Only the cluster that made the token knows its parent, and only while the parent lives.
        auto parent = load(scope, entry->parent);
        if (!parent) return parent.error();
        if (!*parent || !isAlive(**parent, now)) return TokenPointer{};
        auto ended = hasEnded(scope, *entry);
        if (!ended) return ended.error();
        if (*ended) return TokenPointer{};
    }
    return std::make_shared<const TokenEntry>(std::move(*entry));
}

Result<TokenEntry> TokenStore::create(const barrier::Scope& scope, TokenEntry draft)
{
    if (!draft.parent.empty()) {
        // Read in this transaction, so that a revocation of the parent at the same time conflicts.
        auto parent = load(scope, draft.parent);
        if (!parent) return parent.error();
        if (!*parent) return Error{ErrorCode::PermissionDenied, "the parent token has ended"};
    }
    if (draft.type == TokenType::Batch) {
        draft.accessor.clear();
        draft.cubbyholeId.clear();
        draft.isRenewable = false;
        std::string plain = encodeToken(draft);
        if (m_batchTrust.ownKeys) {
            const auto own = m_batchTrust.ownKeys();
            if (!own) return Error{ErrorCode::Sealed, "this cluster's keys are not loaded"};
            plain = withSignature(std::move(plain), own->token().key);
        }
        auto sealed = scope.barrier().sealValue(kBatchPath, plain);
        if (!sealed) return sealed.error();
        draft.id = std::string{kBatchPrefix} + toBase64Url(*sealed);
        return draft;
    }

    const bool isGiven = !draft.id.empty();
    if (!isGiven) draft.id = std::string{kServicePrefix} + m_random.base62(kIdLength);
    draft.accessor = m_random.base62(kIdLength);
    draft.cubbyholeId = m_random.base62(kIdLength);

    auto key = salt(scope, false);
    if (!key) return key.error();
    const std::string salted = hexOf((*key)->mac(draft.id));
    auto view = tokenView(scope);
    if (isGiven) {
        auto isTaken = view.exists(idKey(salted));
        if (!isTaken) return isTaken.error();
        if (*isTaken) return Error{ErrorCode::AlreadyExists, "cannot create a token with a duplicate ID"};
    }
    if (auto put = store(scope, salted, draft); !put) return put.error();
    const AccessorEntry accessor{.accessor = draft.accessor, .saltedId = salted};
    if (auto put = view.put(accessorKey(hexOf((*key)->mac(draft.accessor))), encodeAccessor(accessor)); !put) return put.error();
    if (!draft.parent.empty()) {
        if (auto put = view.put(parentFolder(draft.parent) + salted, "1"); !put) return put.error();
    }
    if (draft.expires()) {
        if (auto added = addExpiry(scope, expiryOf(salted, draft)); !added) return added.error();
    }
    for (const auto& hook : m_makeHooks) {
        if (auto made = hook(scope, salted, draft); !made) return made.error();
    }
    return draft;
}

Result<TokenEntry> TokenStore::createRoot(const barrier::Scope& scope, WallTime now)
{
    TokenEntry draft;
    draft.policies = {"root"};
    draft.path = "auth/token/root";
    draft.displayName = "root";
    draft.createdAt = now;
    draft.issuedAt = now;
    draft.isRenewable = false;
    return create(scope, std::move(draft));
}

Result<> TokenStore::replace(const barrier::Scope& scope, std::string_view saltedId, const TokenEntry& before, const TokenEntry& after)
{
    if (before.expiresAt != after.expiresAt) {
        if (before.expires()) {
            if (auto removed = removeExpiry(scope, expiryOf(saltedId, before)); !removed) return removed;
        }
        if (after.expires()) {
            if (auto added = addExpiry(scope, expiryOf(saltedId, after)); !added) return added;
        }
    }
    return store(scope, saltedId, after);
}

Result<TokenPointer> TokenStore::takeUse(const barrier::Scope& scope, std::string_view id, WallTime now)
{
    auto salted = saltedId(scope, id);
    if (!salted) return salted.error();
    auto entry = findBySaltedId(scope, *salted, now);
    if (!entry || !*entry || (*entry)->usesLeft == 0) return entry;
    auto used = std::make_shared<TokenEntry>(**entry);
    used->usesLeft = used->usesLeft == 1 ? -1 : used->usesLeft - 1;
    if (auto put = store(scope, *salted, *used); !put) return put.error();
    used->id = id;
    return TokenPointer{std::move(used)};
}

Result<std::vector<std::string>> TokenStore::accessors(const barrier::Scope& scope) const
{
    std::vector<std::string> found;
    std::optional<Error> broken;
    auto visited = tokenView(scope).forEach("accessor/", [&](std::string_view, std::string_view value) {
        auto entry = decodeAccessor(value);
        if (!entry) {
            broken = entry.error();
            return false;
        }
        found.push_back(std::move(entry->accessor));
        return true;
    });
    if (!visited) return visited.error();
    if (broken) return *broken;
    std::sort(found.begin(), found.end());
    return found;
}

void TokenStore::changed(const log::ChangedKeys& keys)
{
    keys.forEach([this](std::string_view key) { forget(key); });
}

void TokenStore::forget(std::string_view physicalKey)
{
    constexpr std::string_view kFolder = "l/sys/token/";
    if (!physicalKey.starts_with(kFolder)) return;
    const auto path = physicalKey.substr(kFolder.size());
    if (path.starts_with("id/")) {
        const auto raw = fromHex(path.substr(3));
        crypto::Digest digest{};
        if (!raw || raw->size() != digest.size()) return;
        std::copy_n(reinterpret_cast<const unsigned char*>(raw->data()), digest.size(), digest.begin());
        m_cache.erase(digest);
    } else if (path.starts_with("revoke/") || path.starts_with("orphan/") || path.starts_with(kPathEndingFolder)) {
        m_jobGeneration.fetch_add(1, std::memory_order_acq_rel);
        m_mayHaveJobs.store(true, std::memory_order_release);
    } else if (path == "salt") {
        forgetAll();
    }
}

void TokenStore::forgetAll()
{
    {
        WriteLock lock{m_mutex};
        ++m_saltGeneration;
        m_salt.reset();
    }
    m_cache.clear();
    m_jobGeneration.fetch_add(1, std::memory_order_acq_rel);
    m_mayHaveJobs.store(true, std::memory_order_release);
}

} // namespace core::token
