#include "core/auth/token/token_backend.h"
#include "core/base/encoding.h"
#include "core/engine/cubbyhole/cubbyhole_backend.h"
#include "core/http/message.h"
#include "tests/core/request/request_stack.h"

#include <thread>

using namespace testing_stack;
using policy::Operation;
using request::State;
using request::StateSigner;

class TestRequestState : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void stateIsReadBack();
    void aRotationEndsWhatFormerMembersCanWrite();
    void aRotationIsAdoptedAtOnce();
    void refusesWhatNoClusterWrote_data();
    void refusesWhatNoClusterWrote();
    void sharedNumbersGrowOverPromotions();
    void writesNameTheirIndex();
    void asksForWhatIsMissingBeforeAnythingElse();
    void aSecondaryComparesSharedIndexes();
    void forwardedWritesNameThePrimarysIndex();
    void forwardingHeadersAreRefused();
    void tellsIndexesWhileItReloads();
};

namespace {

std::string headerOf(const mount::Response& response)
{
    for (const auto& [name, value] : response.headers) {
        if (name == "X-Vault-Index") return value;
    }
    return {};
}

constexpr WallTime kNow{std::chrono::hours{500'000}};
constexpr int kNoStatusOfItsOwn = 0; // of an answer; HTTP then sends 200 or 204

barrier::Keyring makeKeyring(std::uint64_t set = 1)
{
    SeededRandom random{set};
    return barrier::Keyring::create(random, kNow);
}

StateSigner signerOf(RequestStack& stack)
{
    return StateSigner{valueOf(stack.barrier.keyring())};
}

mount::Response readAt(RequestStack& stack, const std::string& index, const std::string& token = {})
{
    return stack.send(Operation::Read, "auth/token/lookup-self", {}, token, [&](mount::Request& request) { request.stateHeaders.push_back(index); });
}

mount::Response write(RequestStack& stack)
{
    return stack.update("cubbyhole/a", {{"v", 1}});
}

struct Fixture {
    RequestStack stack{[](mount::BackendRegistry& registry, RequestStack& self) {
        registry.add(
            mount::TableKind::Secrets, "cubbyhole",
            {.make = [&self](const mount::MountEntry&) { return std::make_shared<engine::CubbyholeBackend>(self.wrapping, http::envelopeOf); },
             .isMountable = false});
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
};

} // namespace

void TestRequestState::stateIsReadBack()
{
    const StateSigner signer{makeKeyring()};
    const State state{"1c1f", 12, 34};
    const auto text = signer.write(state);
    QVERIFY(fromBase64(text)->starts_with("v1:1c1f:12:34:"));
    const auto read = signer.read(text, kNow);
    QVERIFY(read && *read == state);
}

/// Protects against one kind of error: a former member can forge a value forever, because the key is never replaced. Indexes had this error once,
/// when they were signed with the forest key. Statements of older programs still have it (core/replication/set/statement.h). Now a rotation replaces
/// the key of indexes, and older indexes are valid for one day.
void TestRequestState::aRotationEndsWhatFormerMembersCanWrite()
{
    OsRandom random;
    auto keyring = barrier::Keyring::create(random, kNow - std::chrono::hours{100});
    const std::string former = StateSigner{keyring}.write({"a", 1, 2});
    keyring.rotate(random, kNow);
    const StateSigner signer{keyring};
    const auto at = [](std::chrono::minutes later) { return kNow + later; };
    QVERIFY(signer.read(former, at(std::chrono::minutes{24 * 60 - 1})).has_value());
    QVERIFY(!signer.read(former, at(std::chrono::hours{24})));
    QVERIFY(signer.read(signer.write({"a", 1, 2}), at(std::chrono::hours{2400})).has_value());
    QVERIFY(signer.write({"a", 1, 2}) != former);
    QVERIFY(!StateSigner{keyring}.read(former.substr(0, former.size() - 8), kNow));
}

void TestRequestState::aRotationIsAdoptedAtOnce()
{
    Fixture f;
    const auto former = signerOf(f.stack);
    auto keyring = valueOf(f.stack.barrier.keyring());
    keyring.rotate(f.stack.random, f.stack.clock.now());
    f.stack.barrier.unseal(std::move(keyring));
    const auto told = f.stack.pipeline.stateAfter(LogIndex{1}, {});
    QVERIFY(!former.read(told, f.stack.clock.now()));
    QVERIFY(signerOf(f.stack).read(told, f.stack.clock.now()).has_value());
    QVERIFY(f.stack.pipeline.hasStates({former.write({kClusterId, 1, 0})}));
}

void TestRequestState::refusesWhatNoClusterWrote_data()
{
    QTest::addColumn<QByteArray>("text");
    const StateSigner signer{makeKeyring()};
    const StateSigner other{makeKeyring(2)};
    const std::string good = *fromBase64(signer.write({"a", 1, 2}));
    const auto row = [](const char* name, const std::string& inside) { QTest::newRow(name) << QByteArray::fromStdString(toBase64(inside)); };
    QTest::newRow("empty") << QByteArray{};
    QTest::newRow("no base64") << QByteArray{"!"};
    QTest::newRow("of another set") << QByteArray::fromStdString(other.write({"a", 1, 2}));
    QTest::newRow("huge") << QByteArray(5000, 'A');
    row("nothing inside", "");
    row("other index", "v1:a:9:2:" + good.substr(9));
    row("another version", "v2" + good.substr(2));
    row("without signature", "v1:a:1:2:");
    row("one part more", good + ":x");
    row("cut", good.substr(0, good.size() - 1));
    row("one digit changed", [&] {
        std::string text = good;
        text.back() = text.back() == 'a' ? 'b' : 'a';
        return text;
    }());
    // Validly signed but without meaning: only a cluster with a bug writes these.
    QTest::newRow("colon in the id") << QByteArray::fromStdString(signer.write({"a:b", 1, 2}));
}

void TestRequestState::refusesWhatNoClusterWrote()
{
    QFETCH(QByteArray, text);
    const StateSigner signer{makeKeyring()};
    QVERIFY(!signer.read(text.toStdString(), kNow));
}

void TestRequestState::sharedNumbersGrowOverPromotions()
{
    using request::sharedNumber;
    QVERIFY(sharedNumber(Epoch{1}, LogIndex{5}) < sharedNumber(Epoch{1}, LogIndex{6}));
    QVERIFY(sharedNumber(Epoch{1}, LogIndex{1'000'000}) < sharedNumber(Epoch{2}, LogIndex{1}));
    QCOMPARE(sharedNumber(Epoch{0}, LogIndex{7}), std::uint64_t{7});
    // An attacker can forge 16 epochs at a time. At the largest epoch the number must stop, and must not wrap around.
    QVERIFY(sharedNumber(Epoch{100'000}, LogIndex{1}) > sharedNumber(Epoch{65'536}, LogIndex{1}));
    QVERIFY(sharedNumber(Epoch{1u << 24}, LogIndex{1}) >= sharedNumber(Epoch{(1u << 24) - 1}, LogIndex{1}));
    QVERIFY(sharedNumber(Epoch{1}, LogIndex{(std::uint64_t{1} << 40) - 1}) < sharedNumber(Epoch{2}, LogIndex{}));
}

void TestRequestState::writesNameTheirIndex()
{
    Fixture f;
    const auto first = headerOf(write(f.stack));
    const auto state = signerOf(f.stack).read(first, f.stack.clock.now());
    QVERIFY(state.has_value());
    QCOMPARE(state->clusterId, std::string{kClusterId});
    QCOMPARE(state->local, f.stack.store->appliedIndex().value());
    QVERIFY(headerOf(f.stack.read("cubbyhole/a")).empty());
    QVERIFY(!readAt(f.stack, first).isError);
    // Taking a use of a limited token is a write too.
    const auto limited = f.stack.makeToken([](token::TokenEntry& entry) {
        entry.policies = {"default"};
        entry.usesLeft = 2;
    });
    QVERIFY(!headerOf(f.stack.read("auth/token/lookup-self", limited.id)).empty());
    f.stack.roles.isDr = true;
    QVERIFY(f.stack.pipeline.stateAfter(LogIndex{1}, {}).empty());
}

void TestRequestState::asksForWhatIsMissingBeforeAnythingElse()
{
    Fixture f;
    const auto signer = signerOf(f.stack);
    const auto next = f.stack.store->appliedIndex().value() + 1;
    const auto ahead = readAt(f.stack, signer.write({kClusterId, next, 0}), "hvs.nobody");
    QCOMPARE(ahead.status, 412);
    QCOMPARE(ahead.errors.front(), std::string{"required index state not present"});
    QVERIFY(write(f.stack).errors.empty());
    QCOMPARE(readAt(f.stack, signer.write({kClusterId, next, 0}), "hvs.nobody").status, 403);
    QCOMPARE(readAt(f.stack, "nonsense").status, 412);
    // All of several values are checked.
    const auto both = f.stack.send(Operation::Read, "auth/token/lookup-self", {}, {}, [&](mount::Request& request) {
        request.stateHeaders = {signer.write({kClusterId, 1, 0}), signer.write({kClusterId, next + 100, 0})};
    });
    QCOMPARE(both.status, 412);
}

void TestRequestState::aSecondaryComparesSharedIndexes()
{
    Fixture f;
    const auto signer = signerOf(f.stack);
    f.stack.roles.isPerformance = true;
    f.stack.roles.place = {Epoch{2}, LogIndex{50}};
    using request::sharedNumber;
    const auto statusAt = [&](const std::string& cluster, Epoch epoch, std::uint64_t index) {
        return readAt(f.stack, signer.write({cluster, 1, sharedNumber(epoch, LogIndex{index})})).status;
    };
    QCOMPARE(statusAt("the primary", Epoch{2}, 50), kNoStatusOfItsOwn);
    QCOMPARE(statusAt("the primary", Epoch{2}, 51), 412);
    QCOMPARE(statusAt("the primary", Epoch{1}, 5000), kNoStatusOfItsOwn); // from a primary that was replaced since then
    QCOMPARE(statusAt("the primary", Epoch{3}, 1), 412);                  // from a primary that this cluster does not follow yet
    QCOMPARE(statusAt(kClusterId, Epoch{2}, 51), 412);
    // The local index of another cluster has no meaning here.
    QCOMPARE(readAt(f.stack, signer.write({"the primary", 1'000'000, sharedNumber(Epoch{2}, LogIndex{50})})).status, kNoStatusOfItsOwn);
    QCOMPARE(readAt(f.stack, signer.write({kClusterId, 1'000'000, 0})).status, 412);
    f.stack.roles.isPerformance = false; // promoted: for its own writes, its own index says everything
    QCOMPARE(statusAt(kClusterId, Epoch{9}, 51), kNoStatusOfItsOwn);
}

void TestRequestState::forwardedWritesNameThePrimarysIndex()
{
    Fixture f;
    f.stack.roles.isPerformance = true;
    f.stack.roles.place = {Epoch{1}, LogIndex{50}};
    replication::Forwarder::Answer answer;
    answer.index = LogIndex{80};
    f.stack.forwarder.answer = answer;
    const auto told = signerOf(f.stack).read(headerOf(f.stack.update("auth/token/roles/a", {{"orphan", true}})), f.stack.clock.now());
    QVERIFY(told.has_value());
    QCOMPARE(told->shared, request::sharedNumber(Epoch{1}, LogIndex{80}));
    answer.index = {};
    f.stack.forwarder.answer = answer;
    QVERIFY(headerOf(f.stack.update("auth/token/roles/a", {{"orphan", true}})).empty()); // the primary wrote nothing
}

void TestRequestState::forwardingHeadersAreRefused()
{
    Fixture f;
    const auto with = [&](const char* name, const char* value) {
        return f.stack.send(Operation::Read, "auth/token/lookup-self", {}, {}, [&](mount::Request& request) {
            request.headers.push_back({name, value});
        });
    };
    QCOMPARE(with("x-vault-forward", "active-node").errors,
             std::vector<std::string>{"forwarding via header X-Vault-Forward disabled in configuration"});
    QCOMPARE(with("x-vault-inconsistent", "forward-active-node").errors,
             std::vector<std::string>{"forwarding via header X-Vault-Inconsistent=forward-active-node disabled in configuration"});
    QVERIFY(!with("x-vault-inconsistent", "fail").isError);
}

/// Simulates an activation or rotation that ends while requests run. The thread sanitizer finds the races.
void TestRequestState::tellsIndexesWhileItReloads()
{
    Fixture f;
    const auto signer = signerOf(f.stack);
    std::thread reloading{[&] {
        for (int round = 0; round < 100; ++round) static_cast<void>(f.stack.pipeline.reload().has_value());
    }};
    int readCount = 0;
    for (int round = 0; round < 1000; ++round)
        readCount += signer.read(f.stack.pipeline.stateAfter(LogIndex{1}, {}), f.stack.clock.now()).has_value();
    reloading.join();
    QCOMPARE(readCount, 1000);
}

QTEST_APPLESS_MAIN(TestRequestState)
#include "tst_request_state.moc"
