#ifndef Q_MOC_RUN
#include "core/crypto/digest.h"
#include "core/sys/replication/operation_tokens.h"
#include "core/trust/rekey_due.h"
#include "tests/core/backend_fixture.h"
#endif

#include <QTest>

using namespace core;
using namespace testing_backend;

/// How long DR operation tokens are valid.
class TestOperationTokens : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void isValidUntilItIsErased();
    void endsWithTheRevocationOfACompromisedMember();
    void keepsTokensOfOlderPrograms();
};

namespace {

struct Stand {
    Fixture fixture{mountOf("sys/", "system")};
    sys::OperationTokens tokens{fixture.random};

    /// Runs in a transaction of its own, and returns what the work returns.
    template<class Work>
    auto with(const Work& work)
    {
        std::optional<decltype(work(std::declval<const barrier::Scope&>()))> out;
        const auto done = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            out.emplace(work(*context.system));
            return mount::Response{};
        });
        if (!done || !*out) qFatal("the transaction failed");
        return std::move(**out);
    }
    std::string create()
    {
        return with([this](const barrier::Scope& scope) { return tokens.create(scope, fixture.clock.now()); });
    }
    bool isValid(const std::string& token)
    {
        return with([&](const barrier::Scope& scope) { return tokens.isValid(scope, token); });
    }
    std::size_t count()
    {
        return with([this](const barrier::Scope& scope) { return tokens.count(scope); });
    }
    void put(const std::string& path, const std::string& value)
    {
        with([&](const barrier::Scope& scope) -> Result<bool> {
            auto put = scope.ignored("core/dr-operation-token/").put(path, value);
            return put ? Result<bool>{true} : Result<bool>{put.error()};
        });
    }
    void revokeCompromised(std::uint64_t renewal)
    {
        with([&](const barrier::Scope& scope) -> Result<bool> {
            trust::RekeyDue due;
            due.renewal = renewal;
            auto stored = due.store(scope);
            return stored ? Result<bool>{true} : Result<bool>{stored.error()};
        });
    }
};

} // namespace

void TestOperationTokens::isValidUntilItIsErased()
{
    Stand stand;
    const auto token = stand.create();
    QVERIFY(stand.isValid(token));
    QVERIFY(!stand.isValid(token + "x"));
    QVERIFY(!stand.isValid({}));
    QCOMPARE(stand.count(), std::size_t{1});
    stand.with([&](const barrier::Scope& scope) -> Result<bool> {
        auto erased = stand.tokens.erase(scope, token);
        return erased ? Result<bool>{true} : Result<bool>{erased.error()};
    });
    QVERIFY(!stand.isValid(token));
    QCOMPARE(stand.count(), std::size_t{0});
}

// A member that is revoked as compromised can have had every token that was made until then. Others with the same rule: wrapping tokens, the members' own
// keys, the keys of identity tokens.
void TestOperationTokens::endsWithTheRevocationOfACompromisedMember()
{
    Stand stand;
    const auto before = stand.create();
    stand.revokeCompromised(1);
    QVERIFY(!stand.isValid(before));
    QCOMPARE(stand.count(), std::size_t{0});
    const auto after = stand.create();
    QVERIFY(stand.isValid(after));
    QCOMPARE(stand.count(), std::size_t{1});
    stand.revokeCompromised(2);
    QVERIFY(!stand.isValid(after));
}

void TestOperationTokens::keepsTokensOfOlderPrograms()
{
    Stand stand;
    stand.put(crypto::sha256Hex("hvs.old"), "2026-11-01T00:00:00Z");
    QVERIFY(stand.isValid("hvs.old"));
    stand.revokeCompromised(1);
    QVERIFY(!stand.isValid("hvs.old"));
}

QTEST_GUILESS_MAIN(TestOperationTokens)
#include "tst_operation_tokens.moc"
