#include "tests/core/cluster/test_cluster.h"

#include "core/base/encoding.h"
#include "core/base/log_listener.h"
#include "core/base/logging.h"
#include "core/replication/wire/peer.pb.h"

#include <QScopeGuard>
#include <QTemporaryDir>

#include <fstream>
#include <future>

using namespace testing_cluster;
using barrier::StorageClass;

/// Signed epochs: which of two primaries of a set continues to write, and what the other one answers.
class TestFencing : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void statementsAreReadBackAndHaveAnOrder();
    void aStatementStopsTheReplacedPrimary();
    void aStopIsLoggedOnlyOnceItIsStored_data();
    void aStopIsLoggedOnlyOnceItIsStored();
    void aFailedActivationLeavesItStopped();
    void aSecondaryTellsTheReplacedPrimary();
    void twoPromotionsOfOneEpochLeaveOnePrimary();
    void forgedStatementsFenceNobody_data();
    void forgedStatementsFenceNobody();
    void aKnownStatementIsAnsweredAtOnce();
    void strangersDoNotFillTheLog();
    void formerMembersStopNobody_data();
    void formerMembersStopNobody();
    void membersWithoutTheRightStopNobody_data();
    void membersWithoutTheRightStopNobody();
    void aPerformanceSecondaryCannotMakeStatementsForTheDrSet();
    void theNamedClusterMustConfirmAStatement();
    void aFalseSuccessorIsRefused_data();
    void aFalseSuccessorIsRefused();
    void forgedHighEpochsHaveNoEffect();
};

namespace {

std::string statementOf(TestCluster& cluster, Type type)
{
    const auto response = cluster.manager().epochs().statement(type);
    if (!response.data) qFatal("epoch: %s", response.errors.front().c_str());
    return std::string{response.data->at("statement").as_string()};
}

bool promote(TestCluster& cluster, Type type)
{
    return !cluster.manager().operations().promoteSecondary(type, "", false).isError;
}

/// Gives the secondary `id` of `primary` the right to succeed without a switchover.
bool allow(TestCluster& primary, Type type, const std::string& id)
{
    return !primary.manager().seats().setSuccession(type, id, true).isError;
}

/// Whether a secondary knows that the other one may succeed.
bool knowsTheRightOf(TestCluster& secondary, const std::string& id)
{
    for (const Member& member : secondary.port().members()) {
        if (member.id == id && member.succession == Succession::Allowed) return true;
    }
    return false;
}

/// A statement that any cluster with the set's keys could make, also a revoked one.
std::string forged(TestCluster& holder, Type type, const std::string& setId, TestCluster& named, std::uint64_t epoch)
{
    EpochStatement statement;
    statement.type = type;
    statement.setId = setId;
    statement.epoch = Epoch{epoch};
    statement.clusterId = named.clusterId();
    statement.clusterName = named.clusterName();
    statement.apiAddress = named.apiAddress();
    statement.clusterAddress = named.address();
    statement.promotionId = "forged";
    return toBase64(statement.sign(holder.barrier().keyring()->forestKey()));
}

EpochStatement sample()
{
    EpochStatement statement;
    statement.type = Type::Performance;
    statement.setId = "set";
    statement.epoch = Epoch{7};
    statement.predecessor = Epoch{6};
    statement.clusterId = "id";
    statement.clusterName = "north";
    statement.apiAddress = "https://north:8200";
    statement.clusterAddress = "https://north:8201";
    statement.promotionId = "one";
    statement.issuedAt = WallTime{std::chrono::seconds{1'700'000'000}};
    return statement;
}

} // namespace

void TestFencing::statementsAreReadBackAndHaveAnOrder()
{
    const SecretBytes key = SecretBytes::copyOf("forest key"), other = SecretBytes::copyOf("another");
    const EpochStatement statement = sample();
    const std::string encoded = statement.sign(key);
    const auto read = StatementVerifier{key}.verify(encoded, Type::Performance, "set");
    QVERIFY(read);
    QCOMPARE(boost::json::serialize(statementObject(*read)), boost::json::serialize(statementObject(statement)));
    QCOMPARE(read->promotionId, statement.promotionId);
    QVERIFY(StatementVerifier{other}.verify(encoded, Type::Performance, "set").error().code == ErrorCode::PermissionDenied);
    QVERIFY(StatementVerifier{key}.verify(encoded, Type::Dr, "set").error().code == ErrorCode::FailedPrecondition);
    QVERIFY(StatementVerifier{key}.verify(encoded, Type::Performance, "other").error().code == ErrorCode::FailedPrecondition);
    for (std::size_t i = 0; i < encoded.size(); ++i) { // no byte can be changed
        std::string forged = encoded;
        forged[i] = static_cast<char>(forged[i] ^ 1);
        const auto result = StatementVerifier{key}.verify(forged, Type::Performance, "set");
        QVERIFY2(!result, ("byte " + std::to_string(i)).c_str());
        QVERIFY(!StatementVerifier{key}.verify(encoded.substr(0, i), Type::Performance, "set"));
    }

    EpochStatement laterEpoch = sample(), laterCluster = sample(), laterPromotion = sample();
    laterEpoch.epoch = Epoch{8};
    laterEpoch.clusterId = "a";
    laterCluster.clusterId = "ie";
    laterCluster.promotionId = "a";
    laterPromotion.promotionId = "two";
    for (const auto& later : {laterEpoch, laterCluster, laterPromotion}) {
        QVERIFY(later.isLaterThan(statement));
        QVERIFY(!statement.isLaterThan(later));
    }
    QVERIFY(!statement.isLaterThan(statement));
}

void TestFencing::aStatementStopsTheReplacedPrimary()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(statementOf(b, Type::Performance), statementOf(a, Type::Performance)); // it came with the activation
    QVERIFY(allow(a, Type::Performance, "b"));
    QVERIFY(promote(b, Type::Performance));
    QVERIFY(b.manager().writeRefusal().empty());
    QVERIFY(a.manager().writeRefusal().empty()); // no cluster has informed it

    const auto shown = a.manager().epochs().show(Type::Performance, statementOf(b, Type::Performance));
    QVERIFY(!shown.isError);
    QVERIFY(shown.data->at("is_replaced").as_bool());
    const std::string refusal = a.manager().writeRefusal();
    QVERIFY(refusal.find("\"b\" (https://b), epoch 2") != std::string::npos);
    QVERIFY(refusal.find("performance/primary/demote") != std::string::npos);
    const auto status = a.manager().reports().status(Type::Performance);
    QCOMPARE(status.at("replaced_by").at("cluster_name").as_string(), std::string_view{"b"});
    QCOMPARE(statementOf(a, Type::Performance), statementOf(b, Type::Performance));                    // the primary passes the statement on
    QVERIFY(!a.manager().epochs().show(Type::Performance, statementOf(b, Type::Performance)).isError); // showing it twice does no harm
    a.restart();
    QCOMPARE(a.manager().writeRefusal(), refusal);
    // The next step in the refusal works.
    QVERIFY(!a.manager().operations().demotePrimary(Type::Performance).isError);
    QVERIFY(a.manager().writeRefusal().empty());
    SecondaryActivation::UpdateOptions options;
    options.unwrap.token = b.token(Type::Performance, "a");
    QVERIFY(!a.manager().activation().update(Type::Performance, options).isError);
    QVERIFY(a.isInSyncWith(b, Type::Performance));
}

void TestFencing::aStopIsLoggedOnlyOnceItIsStored_data()
{
    QTest::addColumn<bool>("isDiskFailing");
    QTest::addColumn<bool>("isOlderProgram");
    QTest::newRow("by the trust log, stored") << false << false;
    QTest::newRow("by the trust log, not stored") << true << false;
    QTest::newRow("by a member of an older version, stored") << false << true;
    QTest::newRow("by a member of an older version, not stored") << true << true;
}

/// The class: the log says that something has happened before it is stored, and then it is not stored; or the answer hides that it was not. It can occur
/// at each line that is written ahead of a commit: a stop, a storage that is older, an operator's choice, a contest, the end of a trust log. What
/// holds: Epochs and TrustExchange write the line after the commit, and return the error of storing.
void TestFencing::aStopIsLoggedOnlyOnceItIsStored()
{
    QFETCH(bool, isDiskFailing);
    QFETCH(bool, isOlderProgram);
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QVERIFY(allow(a, Type::Performance, "b"));
    QVERIFY(promote(b, Type::Performance));
    // b answers as an older version does, which keeps no trust log. So it confirms the statement itself.
    const auto answerAsOlder = [setId = a.stateText(Type::Performance, "cluster_id")](const Member&, const wire::PeerRequest&, auto done) {
        wire::PeerAnswer answer;
        auto& role = *answer.mutable_description()->add_roles();
        role.set_type(1);
        role.set_mode(static_cast<std::uint32_t>(Mode::Primary));
        role.set_set_id(setId);
        role.set_epoch(2);
        done(std::move(answer));
    };
    if (isOlderProgram) b.handlePeer = answerAsOlder;
    auto listener = logging::LogListener::open(logging::Level::Warn, logging::Format::Standard);
    QVERIFY(listener);
    if (isDiskFailing) a.power.turnOff();
    const auto shown = a.manager().epochs().show(Type::Performance, statementOf(b, Type::Performance));
    QCOMPARE(shown.isError, isDiskFailing);
    const std::string logged = (*listener)->take();
    QCOMPARE(logged.find("this primary has been replaced") == std::string::npos, isDiskFailing);
    QCOMPARE(logged.find("the trust log ends here") != std::string::npos, isOlderProgram && !isDiskFailing);
    if (isDiskFailing) QVERIFY2(shown.errors.front().find("could not be stored") != std::string::npos, shown.errors.front().c_str());
}

void TestFencing::aFailedActivationLeavesItStopped()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QVERIFY(allow(a, Type::Performance, "b"));
    QVERIFY(promote(b, Type::Performance));
    QVERIFY(!a.manager().epochs().show(Type::Performance, statementOf(b, Type::Performance)).isError);
    const std::string refusal = a.manager().writeRefusal();
    QVERIFY(!refusal.empty());

    // It is about to be wiped and to follow another set. That fails after the other primary was asked.
    QVERIFY(!c.manager().operations().enablePrimary(Type::Performance, "").isError);
    a.failsToKeep = true;
    QVERIFY(!a.manager().activation().enable(Type::Performance, {.token = c.token(Type::Performance, "a")}, {.mayReplacePrimary = true}).isError);
    a.manager().waitUntilIdle();
    QVERIFY(a.manager().roles().mode(Type::Performance) == Mode::Primary);
    QCOMPARE(a.manager().writeRefusal(), refusal);
}

void TestFencing::aSecondaryTellsTheReplacedPrimary()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(!c.follow(a, Type::Performance, "c").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QVERIFY(allow(a, Type::Performance, "b"));
    QVERIFY(c.isInSyncWith(a, Type::Performance));
    QVERIFY(eventually([&] { return knowsTheRightOf(c, "b"); }));
    // A new primary lets in only the members that its list names, so each must have the list with all three.
    for (TestCluster* each : {&b, &c}) QTRY_COMPARE(each->manager().roles().trust(Type::Performance)->head().seats.size(), std::size_t{3});
    QVERIFY(promote(b, Type::Performance));
    QVERIFY(!c.manager().epochs().show(Type::Performance, statementOf(b, Type::Performance)).isError);
    QVERIFY(eventually([&] { return !a.manager().writeRefusal().empty(); }));
    QVERIFY(c.manager().writeRefusal().empty());
}

void TestFencing::twoPromotionsOfOneEpochLeaveOnePrimary()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!b.follow(a, Type::Dr, "b").isError);
    QVERIFY(!c.follow(a, Type::Dr, "c").isError);
    QVERIFY(b.isInSyncWith(a, Type::Dr));
    QVERIFY(c.isInSyncWith(a, Type::Dr));
    // A cluster that is promoted before it has the list with its seat has no right to succeed, and nobody follows it.
    for (TestCluster* each : {&b, &c}) QTRY_COMPARE(each->manager().roles().trust(Type::Dr)->head().seats.size(), std::size_t{3});
    a.shutDown();
    QVERIFY(promote(b, Type::Dr));
    QVERIFY(promote(c, Type::Dr));
    const auto epochOf = [](TestCluster& of) { return of.manager().reports().status(Type::Dr).at("epoch").to_number<std::uint64_t>(); };
    QCOMPARE(epochOf(b), epochOf(c));
    const std::string ofB = statementOf(b, Type::Dr), ofC = statementOf(c, Type::Dr);
    const auto newsTo = [](TestCluster& to, const std::string& statement) {
        const auto answer = to.manager().epochs().show(Type::Dr, statement);
        return answer.isError ? std::nullopt : std::optional{answer.data->at("is_news").as_bool()};
    };
    QVERIFY(newsTo(c, ofB) == std::optional{false});
    QVERIFY(newsTo(b, ofC) == std::optional{true});
    QVERIFY(c.manager().writeRefusal().empty());
    QVERIFY(b.manager().writeRefusal().find("\"c\"") != std::string::npos);
    a.restart();
    QVERIFY(!a.manager().epochs().show(Type::Dr, ofB).isError);
    QVERIFY(!a.manager().epochs().show(Type::Dr, ofC).isError);
    QVERIFY(a.manager().writeRefusal().find("\"c\"") != std::string::npos);
}

void TestFencing::forgedStatementsFenceNobody_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("nothing") << "";
    QTest::newRow("no base64") << "%%%";
    QTest::newRow("no statement") << "aGVsbG8=";
    QTest::newRow("signed by another key") << "forged";
    QTest::newRow("of another type") << "type";
    QTest::newRow("larger than any") << QString{8 << 20, QChar{'A'}};
}

void TestFencing::forgedStatementsFenceNobody()
{
    QFETCH(QString, text);
    TestCluster a{"a"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    EpochStatement statement = sample();
    statement.setId = a.stateText(Type::Dr, "cluster_id");
    statement.type = text == QStringLiteral("type") ? Type::Performance : Type::Dr;
    const bool isOwnKey = text == QStringLiteral("type");
    const SecretBytes key = isOwnKey ? a.barrier().keyring()->forestKey().clone() : SecretBytes::copyOf("another");
    const bool isMade = text == QStringLiteral("forged") || isOwnKey;
    const auto shown = a.manager().epochs().show(Type::Dr, isMade ? toBase64(statement.sign(key)) : text.toStdString());
    QVERIFY(shown.isError);
    QCOMPARE(shown.status, 400);
    QVERIFY(a.manager().writeRefusal().empty());
    QVERIFY(a.putShared("logical/x/1", "goes on"));
}

void TestFencing::aKnownStatementIsAnsweredAtOnce()
{
    TestCluster a{"a"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    const std::string statement = statementOf(a, Type::Dr);
    // Shown while an operation runs. That may take long, and the answer must not wait for its end.
    std::future<mount::Response> shown;
    bool isAnswered = false;
    a.manager().roles().whileLinksStopped(Type::Dr, [&] {
        shown = std::async(std::launch::async, [&] { return a.manager().epochs().show(Type::Dr, statement); });
        isAnswered = shown.wait_for(std::chrono::seconds{5}) == std::future_status::ready;
        return mount::Response{};
    });
    QVERIFY(isAnswered);
    QVERIFY(!shown.get().data->at("is_news").as_bool());
}

void TestFencing::aFalseSuccessorIsRefused_data()
{
    QTest::addColumn<bool>("isDr");
    QTest::newRow("performance") << false;
    QTest::newRow("DR, with the performance role") << true;
}

/// Class: a member with the right stops its primary against the operators' will. Where else: the performance role that a DR copy takes
/// along. What holds: with key shares the primary continues at a later epoch than the successor's and keeps its secondaries, and the same
/// cluster cannot succeed there again.
void TestFencing::aFalseSuccessorIsRefused()
{
    QFETCH(bool, isDr);
    const Type type = isDr ? Type::Dr : Type::Performance;
    TestCluster a{"a"}, x{"x"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    if (isDr) QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!c.follow(a, Type::Performance, "c").isError);
    QVERIFY(!x.follow(a, type, "x").isError);
    QVERIFY(c.isInSyncWith(a, Type::Performance));
    QVERIFY(x.isInSyncWith(a, type));
    if (!isDr) QVERIFY(allow(a, type, "x"));
    QVERIFY(a.manager().operations().refuseSuccessor(type).isError); // no cluster has replaced it
    QVERIFY(promote(x, type));
    QVERIFY(!a.manager().epochs().show(type, statementOf(x, type)).isError);
    if (isDr) QVERIFY(!a.manager().epochs().show(Type::Performance, statementOf(x, Type::Performance)).isError);
    QVERIFY(!a.manager().writeRefusal().empty());

    const auto refused = a.manager().operations().refuseSuccessor(type);
    QVERIFY(!refused.isError);
    QVERIFY(a.manager().writeRefusal().empty());
    QVERIFY(!a.manager().epochs().show(type, statementOf(x, type)).data->at("is_news").as_bool());
    QVERIFY(a.putShared("logical/x/1", "goes on"));
    // Another attempt of the same cluster does not count, also after a restart.
    a.restart();
    QVERIFY(a.manager().writeRefusal().empty());
    QVERIFY(!x.manager().operations().demotePrimary(type).isError);
    QVERIFY(!x.manager().operations().promoteSecondary(type, "", true).isError);
    QVERIFY(!x.manager().operations().demotePrimary(type).isError);
    QVERIFY(!x.manager().operations().promoteSecondary(type, "", true).isError);
    QVERIFY(a.manager().epochs().show(type, statementOf(x, type)).isError);
    QVERIFY(a.manager().writeRefusal().empty());
    QVERIFY(a.putShared("logical/x/2", "goes on"));
    // A secondary that knows the successor, and was never welcomed by it, stays with this primary.
    if (isDr) return;
    QVERIFY(c.isInSyncWith(a, Type::Performance));
    QVERIFY(eventually([&] { return c.manager().roles().trust(type)->judge().contested().empty(); }));
    QVERIFY(c.manager().trust().choose(type, "00").isError);
}

/// A hostile jump could use up the epochs.
void TestFencing::forgedHighEpochsHaveNoEffect()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!b.follow(a, Type::Dr, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Dr));
    for (const auto epoch : {~std::uint64_t{0}, std::uint64_t{1} << 40, std::uint64_t{18}}) {
        const auto shown = a.manager().epochs().show(Type::Dr, forged(b, Type::Dr, a.stateText(Type::Dr, "cluster_id"), b, epoch));
        QVERIFY(!shown.isError && !shown.data->at("is_news").as_bool());
        QVERIFY(a.manager().writeRefusal().empty());
    }
    QVERIFY(promote(b, Type::Dr)); // honest
    QVERIFY(!a.manager().epochs().show(Type::Dr, statementOf(b, Type::Dr)).isError);
    QVERIFY(!a.manager().writeRefusal().empty());
    QVERIFY(!a.manager().operations().demotePrimary(Type::Dr).isError);
    QVERIFY(promote(a, Type::Dr));
    QVERIFY(a.manager().writeRefusal().empty());
    QCOMPARE(a.manager().reports().status(Type::Dr).at("epoch").to_number<std::uint64_t>(), std::uint64_t{3});
}

/// Class: a key that every member ever had proved authority. Where else: the statement in a hello or heartbeat of a link (below, by the
/// same check), batch tokens and X-Vault-Index (they have keys of their own), a server certificate of a copied authority (link proofs).
/// What holds: a statement counts when a present member with the right confirms it over its pinned certificate.
void TestFencing::formerMembersStopNobody_data()
{
    QTest::addColumn<bool>("isDr");
    QTest::newRow("performance") << false;
    QTest::newRow("DR") << true;
}

void TestFencing::formerMembersStopNobody()
{
    QFETCH(bool, isDr);
    const Type type = isDr ? Type::Dr : Type::Performance;
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(type, "").isError);
    QVERIFY(!b.follow(a, type, "b").isError);
    QVERIFY(b.isInSyncWith(a, type));
    if (!isDr) QVERIFY(allow(a, type, "b"));
    const std::string setId = a.stateText(type, "cluster_id");
    const auto revoked = a.manager().seats().revokeSecondary(type, "b");
    QVERIFY(!revoked.isError);
    QVERIFY(!revoked.warnings.empty() && revoked.warnings.front().find("sys/rekey") != std::string::npos);
    QVERIFY(!b.manager().operations().promoteSecondary(type, "", true).isError);
    for (const auto& statement : {statementOf(b, type), forged(b, type, setId, b, 5), forged(b, type, setId, a, 5)}) {
        const auto shown = a.manager().epochs().show(type, statement, "192.0.2.1");
        QVERIFY(shown.isError);
        QCOMPARE(shown.status, 400);
        QVERIFY(a.manager().writeRefusal().empty());
        QVERIFY(a.putShared("logical/x/1", "goes on"));
    }
    a.restart();
    QVERIFY(a.manager().epochs().show(type, statementOf(b, type)).isError);
    QVERIFY(a.manager().writeRefusal().empty());
}

void TestFencing::membersWithoutTheRightStopNobody_data()
{
    QTest::addColumn<bool>("isDr");
    QTest::newRow("performance, by default") << false;
    QTest::newRow("DR, taken away") << true;
}

void TestFencing::membersWithoutTheRightStopNobody()
{
    QFETCH(bool, isDr);
    const Type type = isDr ? Type::Dr : Type::Performance;
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(type, "").isError);
    QVERIFY(!b.follow(a, type, "b").isError);
    QVERIFY(!c.follow(a, type, "c").isError);
    QVERIFY(b.isInSyncWith(a, type));
    QVERIFY(c.isInSyncWith(a, type));
    if (isDr) QVERIFY(!a.manager().seats().setSuccession(type, "b", false).isError);
    QVERIFY(eventually([&] {
        for (const Member& member : c.port().members()) {
            if (member.id == "b" && member.type == type && !member.fingerprint.empty() && !member.maySucceed()) return true;
        }
        return false;
    }));
    QVERIFY(promote(b, type));
    const std::string statement = statementOf(b, type);
    QVERIFY(a.manager().epochs().show(type, statement).isError);
    QVERIFY(c.manager().epochs().show(type, statement).isError);
    QVERIFY(a.manager().writeRefusal().empty());
    QVERIFY(c.isInSyncWith(a, type)); // it still follows
    QVERIFY(a.putShared("logical/x/1", "goes on"));
}

void TestFencing::aPerformanceSecondaryCannotMakeStatementsForTheDrSet()
{
    TestCluster a{"a"}, d{"d"}, p{"p"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!d.follow(a, Type::Dr, "d").isError);
    QVERIFY(!p.follow(a, Type::Performance, "p").isError);
    QVERIFY(p.isInSyncWith(a, Type::Performance));
    QVERIFY(d.isInSyncWith(a, Type::Dr));
    QVERIFY(allow(a, Type::Performance, "p")); // a right in the performance set, not in the other
    const std::string drSet = a.stateText(Type::Dr, "cluster_id");
    for (TestCluster* named : {&p, &d, &a}) {
        QVERIFY(a.manager().epochs().show(Type::Dr, forged(p, Type::Dr, drSet, *named, 4)).isError);
        QVERIFY(d.manager().epochs().show(Type::Dr, forged(p, Type::Dr, drSet, *named, 4)).isError);
    }
    QVERIFY(a.manager().writeRefusal().empty());
    QVERIFY(d.isInSyncWith(a, Type::Dr));
}

/// Another cluster names a present member that has the right.
void TestFencing::theNamedClusterMustConfirmAStatement()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!b.follow(a, Type::Dr, "b").isError);
    QVERIFY(!c.follow(a, Type::Dr, "c").isError);
    QVERIFY(b.isInSyncWith(a, Type::Dr));
    QVERIFY(c.isInSyncWith(a, Type::Dr));
    const std::string setId = a.stateText(Type::Dr, "cluster_id");
    QVERIFY(a.manager().epochs().show(Type::Dr, forged(c, Type::Dr, setId, b, 2)).isError); // b is a secondary and says so
    QVERIFY(a.manager().writeRefusal().empty());
    QVERIFY(promote(b, Type::Dr));
    QVERIFY(a.manager().epochs().show(Type::Dr, forged(c, Type::Dr, setId, b, 2)).isError); // b is primary, by another statement
    QVERIFY(a.manager().epochs().show(Type::Dr, forged(c, Type::Dr, setId, b, 3)).isError); // and of another epoch
    QVERIFY(!a.manager().epochs().show(Type::Dr, statementOf(b, Type::Dr)).isError);
    QVERIFY(!a.manager().writeRefusal().empty());
}

void TestFencing::strangersDoNotFillTheLog()
{
    QTemporaryDir folder;
    const std::string path = folder.filePath(QStringLiteral("log")).toStdString();
    logging::configure({.level = logging::Level::Warn, .file = path});
    const auto quiet = qScopeGuard([] { logging::configure({}); });
    TestCluster a{"a"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    EpochStatement forged = sample();
    forged.type = Type::Dr;
    forged.setId = a.stateText(Type::Dr, "cluster_id");
    for (int at = 0; at < 200; ++at) {
        forged.promotionId = std::to_string(at);
        QVERIFY(a.manager().epochs().show(Type::Dr, toBase64(forged.sign(SecretBytes::copyOf("another")))).isError);
    }
    std::ifstream log{path};
    int lines = 0;
    for (std::string line; std::getline(log, line);) lines += line.find("statement was refused") != std::string::npos;
    QVERIFY(lines <= 2);
}

QTEST_GUILESS_MAIN(TestFencing)
#include "tst_fencing.moc"
