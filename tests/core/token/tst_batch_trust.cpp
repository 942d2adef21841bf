#include "core/auth/token/token_backend.h"
#include "core/base/encoding.h"
#include "core/replication/scope/forward_bounds.h"
#include "core/token/batch_signature.h"
#include "core/token/token_codec.h"
#include "tests/core/request/request_stack.h"

using namespace testing_stack;
using namespace std::chrono_literals;

// The class: a batch token was valid because its seal opened, though every member and every former member of the set can make such a seal. Places
// looked at: requests (TokenStore::check), lookups (find), DR operation tokens (find), uploads (check); each calls openBatch(). What holds: a token
// is valid only with the signature of a cluster that is a member now.
class TestBatchTrust : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void ownTokensCount();
    void tokensOfMembersCountUntilTheyAreRevoked();
    void theMakersBoundHoldsForUploadsToo();
    void whatIsNotSignedByAMemberIsRefused_data();
    void whatIsNotSignedByAMemberIsRefused();
    void unsignedTokensEnd();
    void formerOwnKeysCountForATime();

private:
    struct Cluster { // another cluster: its keys, and the same keyring
        explicit Cluster(std::uint64_t seed) : random{seed}, keys{trust::MemberKeys::create(random, WallTime{})} {}
        SeededRandom random;
        trust::MemberKeys keys;
    };
    static std::string entryOf(RequestStack& stack)
    {
        token::TokenEntry entry;
        entry.type = token::TokenType::Batch;
        entry.policies = {"p"};
        entry.createdAt = entry.issuedAt = stack.clock.now();
        entry.expiresAt = stack.clock.now() + 1h;
        return token::encodeToken(entry);
    }
    static std::string sealed(RequestStack& stack, const std::string& plain)
    {
        return "hvb." + toBase64Url(*stack.barrier.sealValue("sys/token/batch", plain));
    }
    token::TokenPointer found(RequestStack& stack, const std::string& id)
    {
        return stack.inspect([&](const auto& scope) { return valueOf(stack.tokens.check(scope, id, stack.clock.now())); });
    }
    void trust(RequestStack& stack)
    {
        stack.tokens.setBatchTrust({[this] { return std::optional{m_own.keys}; },
                                    [this](std::string_view publicKey) -> std::optional<trust::TokenMakers::Maker> {
                                        if (publicKey != m_member.keys.token().key.publicKey() || m_isRevoked) return std::nullopt;
                                        return trust::TokenMakers::Maker{std::string{publicKey}, "north", trust::TokenMakers::SetType::Performance};
                                    }});
        stack.write([](const barrier::Scope& scope) { check(scope.local({}).put(token::kUnsignedUntilPath, "0")); });
    }

    Cluster m_own{11}, m_member{12}, m_stranger{13};
    bool m_isRevoked = false;
};

void TestBatchTrust::init()
{
    m_isRevoked = false;
    m_own.keys = Cluster{11}.keys;
}

void TestBatchTrust::ownTokensCount()
{
    RequestStack stack;
    trust(stack);
    const auto made = stack.makeToken([&](auto& draft) {
        draft.type = token::TokenType::Batch;
        draft.policies = {"p"};
        draft.expiresAt = stack.clock.now() + 1h;
    });
    for (int round = 0; round < 2; ++round) { // verified, then remembered
        const auto token = found(stack, made.id);
        QVERIFY(token && token->policies == std::vector<std::string>{"p"} && token->madeBy.empty());
    }
    // A program that knows no signatures accepts it too: the fields that it does not know come last.
    const auto plain = *stack.barrier.openValue("sys/token/batch", *fromBase64Url(made.id.substr(4)));
    QVERIFY(token::decodeToken(plain));
}

void TestBatchTrust::tokensOfMembersCountUntilTheyAreRevoked()
{
    RequestStack stack;
    trust(stack);
    const auto id = sealed(stack, token::withSignature(entryOf(stack), m_member.keys.token().key));
    const auto token = found(stack, id);
    QVERIFY(token);
    QCOMPARE(token->madeBy, std::string{"north"}); // the forwarding bound of this cluster applies
    m_isRevoked = true;
    QVERIFY(!found(stack, id));
}

// The class: a check before a request runs leaves out a reason for which the request would be refused. Uploads are the only place
// (RequestPipeline::mayUpload). Requests, forwarded requests and DR operations check the bound too.
void TestBatchTrust::theMakersBoundHoldsForUploadsToo()
{
    RequestStack stack{[](mount::BackendRegistry& registry, RequestStack& self) {
        registry.add(mount::TableKind::Auth, "token",
                     {.make =
                          [&self](const mount::MountEntry&) {
                              return std::make_shared<auth::TokenBackend>(auth::TokenBackend::Services{.tokens = self.tokens,
                                                                                                       .policies = self.policies,
                                                                                                       .directory = self.directory,
                                                                                                       .router = self.router,
                                                                                                       .requestTidy = [] { return true; }});
                          },
                      .isMountable = false});
    }};
    trust(stack);
    stack.policy("p", R"(path "auth/token/*" { capabilities = ["update"] })");
    stack.policy("narrow", R"(path "auth/token/lookup-self" { capabilities = ["update"] })");
    const auto id = sealed(stack, token::withSignature(entryOf(stack), m_member.keys.token().key));
    const auto may = [&](std::string_view path) { return stack.pipeline.mayUpload({.clientToken = id, .path = path, .remoteAddress = "127.0.0.1"}); };
    QVERIFY(may("auth/token/lookup") && may("auth/token/lookup-self"));
    stack.write([](const barrier::Scope& scope) { check(replication::ForwardBounds{scope}.put("north", {"narrow"})); });
    QVERIFY(!may("auth/token/lookup") && may("auth/token/lookup-self"));
    stack.write([](const barrier::Scope& scope) { check(replication::ForwardBounds{scope}.erase("north")); });
    QVERIFY(may("auth/token/lookup"));
}

void TestBatchTrust::whatIsNotSignedByAMemberIsRefused_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("no signature") << 0;
    QTest::newRow("a stranger's") << 1;
    QTest::newRow("a member's of another entry") << 2;
    QTest::newRow("the member key instead of the token key") << 3;
    QTest::newRow("cut off") << 4;
    QTest::newRow("a member's name, a stranger's signature") << 5;
    QTest::newRow("more behind it") << 6;
}

void TestBatchTrust::whatIsNotSignedByAMemberIsRefused()
{
    QFETCH(int, kind);
    RequestStack stack;
    trust(stack);
    const auto entry = entryOf(stack);
    const auto good = token::withSignature(entry, m_member.keys.token().key);
    const auto foreign = token::withSignature(entry, m_stranger.keys.token().key);
    QVERIFY(found(stack, sealed(stack, good)));
    const std::string plains[] = {entry,
                                  foreign,
                                  entry + std::string{good.substr(entry.size())}.replace(40, 8, "12345678"),
                                  token::withSignature(entry, m_member.keys.member().key),
                                  good.substr(0, good.size() - 1),
                                  good.substr(0, good.size() - 64) + foreign.substr(foreign.size() - 64),
                                  good + entry};
    QVERIFY(!found(stack, sealed(stack, plains[kind])));
}

void TestBatchTrust::unsignedTokensEnd()
{
    RequestStack stack;
    trust(stack);
    const auto id = sealed(stack, entryOf(stack));
    QVERIFY(!found(stack, id));
    stack.write([&](const barrier::Scope& scope) {
        check(scope.local({}).put(token::kUnsignedUntilPath, std::to_string(toUnixMs(stack.clock.now() + 10s))));
    });
    QVERIFY(found(stack, id)); // an older program made it, and the cluster was updated just now
    stack.clock.advance(10s);
    QVERIFY(!found(stack, id));
}

void TestBatchTrust::formerOwnKeysCountForATime()
{
    RequestStack stack;
    trust(stack);
    const auto id = sealed(stack, token::withSignature(entryOf(stack), m_own.keys.token().key));
    QVERIFY(found(stack, id));
    m_own.keys = m_own.keys.withNewToken(m_own.random, stack.clock.now(), stack.clock.now() + 10s);
    QVERIFY(found(stack, id));
    stack.clock.advance(10s);
    QVERIFY(!found(stack, id));
}

QTEST_GUILESS_MAIN(TestBatchTrust)
#include "tst_batch_trust.moc"
