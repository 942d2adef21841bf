#include "core/token/token_cache.h"

#include <QTest>

using core::crypto::Digest;
using core::token::TokenCache;
using core::token::TokenEntry;

class TestTokenCache : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsWhatWasRead();
    void dropsWhatWasReadBeforeAnErase();
    void staysWithinItsBound();
};

namespace {

Digest digestOf(std::uint64_t number)
{
    Digest digest{};
    std::memcpy(digest.data() + 8, &number, sizeof number);
    return digest;
}

} // namespace

void TestTokenCache::keepsWhatWasRead()
{
    TokenCache cache;
    const auto missed = cache.find(digestOf(1));
    QVERIFY(!missed.entry);
    cache.insert(digestOf(1), std::make_shared<TokenEntry>(), missed.generation);
    QVERIFY(cache.find(digestOf(1)).entry);
    QVERIFY(!cache.find(digestOf(2)).entry);
    cache.clear();
    QVERIFY(!cache.find(digestOf(1)).entry);
}

void TestTokenCache::dropsWhatWasReadBeforeAnErase()
{
    TokenCache cache;
    const auto missed = cache.find(digestOf(1));
    cache.erase(digestOf(1)); // a revocation was committed while the old entry was being read
    cache.insert(digestOf(1), std::make_shared<TokenEntry>(), missed.generation);
    QVERIFY(!cache.find(digestOf(1)).entry);
}

void TestTokenCache::staysWithinItsBound()
{
    TokenCache cache;
    const std::size_t count = TokenCache::kTokensPerShardMax + 100; // all in one shard
    for (std::size_t number = 0; number < count; ++number) {
        cache.insert(digestOf(number), std::make_shared<TokenEntry>(), 0);
    }
    std::size_t found = 0;
    for (std::size_t number = 0; number < count; ++number) found += cache.find(digestOf(number)).entry ? 1 : 0;
    QCOMPARE(found, TokenCache::kTokensPerShardMax);
}

QTEST_APPLESS_MAIN(TestTokenCache)
#include "tst_token_cache.moc"
