#include "core/replication/wire/program_version.h"
#include "tests/core/cluster/test_cluster.h"

using namespace testing_cluster;

// The class: a cluster follows a primary whose data its program does not know, or a set does something that one of its members cannot do.
// Looked at: every way to follow (activation by a wrapped token and by a public key, update-primary, a switchover), everything that says in
// advance that it would fail (preflight, readiness: tst_preflight, tst_verdict), and everything that needs all members (a new root key, a
// switchover, the end of batch tokens without a signature). What holds now: both ends know both versions. The follower itself and the
// primary refuse an older follower before anything is spent or wiped. A set with an older member keeps that program's rules.
class TestProgramVersions : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aMissingVersionCountsAsOlder();
    void aTokenOfANewerPrimaryIsNotSpent();
    void anOlderClusterCannotFollowANewerOne_data();
    void anOlderClusterCannotFollowANewerOne();
    void aNewerClusterFollowsAnOlderOne_data();
    void aNewerClusterFollowsAnOlderOne();
    void aPrimaryRefusesAnOlderFollower();
    void updatePrimaryRefusesANewerOne();
    void aSwitchoverNeedsEqualVersions_data();
    void aSwitchoverNeedsEqualVersions();
    void anOlderMemberIsKnownByNameAlsoWhileItIsAway();
    void anOlderMemberIsNamedBeforeAPromotion();
};

namespace {

/// Starts the cluster again with that program; a secondary with its primary's shares.
void run(TestCluster& cluster, const char* program, const TestCluster* primary = nullptr)
{
    cluster.program = program;
    cluster.restart(primary);
}

std::string errorOf(const mount::Response& response)
{
    return response.errors.empty() ? std::string{} : response.errors.front();
}

bool names(const std::string& text, const std::string& one, const std::string& other)
{
    return text.find(one) != std::string::npos && text.find(other) != std::string::npos;
}

} // namespace

void TestProgramVersions::aMissingVersionCountsAsOlder()
{
    QVERIFY(isOlderProgram("", "0.2.0"));
    QVERIFY(isOlderProgram("0.9.9", "0.10.0"));
    QVERIFY(!isOlderProgram("0.2.0", "0.2"));
    QVERIFY(!isOlderProgram("0.2.0", ""));
    QCOMPARE(programFromWire("0.2.0\n"), std::string{});
    QCOMPARE(programFromWire(std::string(65, '1')), std::string{});
}

void TestProgramVersions::aTokenOfANewerPrimaryIsNotSpent()
{
    const std::string claims = R"({"type":"wrapping","addr":"https://192.0.2.1:8200","program":"0.3.0"})";
    const auto part = [](const std::string& text) {
        return QByteArray::fromStdString(text).toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals).toStdString();
    };
    const std::string token = part(R"({"alg":"ES512","typ":"JWT"})") + "." + part(claims) + "." + part("signature");
    // It would take seconds to find out that nobody is at that address.
    const auto refused = unwrapActivation({.token = token, .program = "0.2.0"}, WallTime{});
    QVERIFY(!refused);
    QVERIFY(refused.error().code == ErrorCode::Unsupported);
    QVERIFY2(names(refused.error().detail, "Holdfast 0.2.0", "Holdfast 0.3.0"), refused.error().detail.c_str());
}

void TestProgramVersions::anOlderClusterCannotFollowANewerOne_data()
{
    QTest::addColumn<int>("type");
    QTest::newRow("performance") << static_cast<int>(Type::Performance);
    QTest::newRow("dr") << static_cast<int>(Type::Dr);
}

void TestProgramVersions::anOlderClusterCannotFollowANewerOne()
{
    QFETCH(int, type);
    TestCluster a{"a"}, b{"b"};
    run(a, "0.3.0");
    QVERIFY(b.putShared("logical/kept", "value"));
    QVERIFY(!a.manager().operations().enablePrimary(static_cast<Type>(type), "").isError);
    const auto refused = b.follow(a, static_cast<Type>(type), "b");
    QCOMPARE(refused.status, 400);
    QVERIFY2(names(errorOf(refused), "this cluster runs Holdfast " HOLDFAST_VERSION, "primary Holdfast 0.3.0"), errorOf(refused).c_str());
    QCOMPARE(b.getShared("logical/kept").value_or(""), std::string{"value"});
    QVERIFY(a.manager().roles().role(static_cast<Type>(type))->find("b")->memberKey.empty()); // the seat is free
}

void TestProgramVersions::aNewerClusterFollowsAnOlderOne_data()
{
    QTest::addColumn<QByteArray>("primary");
    QTest::newRow("older") << QByteArray{"0.1.9"};
    QTest::newRow("so old that it sends no version") << QByteArray{};
}

void TestProgramVersions::aNewerClusterFollowsAnOlderOne()
{
    QFETCH(QByteArray, primary);
    TestCluster a{"a"}, b{"b"};
    run(a, primary.constData());
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    const auto done = b.follow(a, Type::Performance, "b");
    QVERIFY2(!done.isError, errorOf(done).c_str());
    QVERIFY(a.putShared("logical/one", "value"));
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    const auto older = b.manager().members().older();
    QCOMPARE(older.size(), std::size_t{1});
    QCOMPARE(older.front().text(), "the primary runs " + programText(primary.toStdString()));
    QVERIFY(a.manager().members().older().empty());
}

void TestProgramVersions::aPrimaryRefusesAnOlderFollower()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    const std::string name = a.token(Type::Performance, "b");
    const auto bundle = ActivationBundle::fromJson(TestCluster::tokens()[name], SystemClock{}.now());
    QVERIFY(bundle);
    // The question of a program that sends no version.
    const auto refused = b.port().fetchBootstrap({.type = Type::Performance,
                                                  .setId = bundle->setId,
                                                  .secondaryId = "b",
                                                  .identity = &bundle->identity,
                                                  .authorityCertificate = bundle->authorityCertificate,
                                                  .address = bundle->primaryClusterAddress,
                                                  .program = ""});
    QVERIFY(!refused);
    QVERIFY2(names(refused.error().detail, "\"b\" runs a Holdfast older than 0.2.0", "this primary Holdfast " HOLDFAST_VERSION),
             refused.error().detail.c_str());
    QVERIFY(!a.manager().roles().role(Type::Performance)->find("b")->isActivated);
}

void TestProgramVersions::updatePrimaryRefusesANewerOne()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    run(a, "0.3.0");
    const auto refused =
        b.manager().activation().update(Type::Performance, {.unwrap = {.token = a.token(Type::Performance, "again")}, .addresses = {}});
    QCOMPARE(refused.status, 400);
    QVERIFY2(names(errorOf(refused), "this cluster runs Holdfast " HOLDFAST_VERSION, "primary Holdfast 0.3.0"), errorOf(refused).c_str());
    // An existing link continues, because an older copy is better than none. Readiness reports it.
    QVERIFY(a.putShared("logical/two", "value"));
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(b.getShared("logical/two").value_or(""), std::string{"value"});
}

void TestProgramVersions::aSwitchoverNeedsEqualVersions_data()
{
    QTest::addColumn<QByteArray>("secondary");
    QTest::newRow("a newer secondary") << QByteArray{"0.3.0"};
    QTest::newRow("an older secondary") << QByteArray{"0.1.9"};
}

void TestProgramVersions::aSwitchoverNeedsEqualVersions()
{
    QFETCH(QByteArray, secondary);
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    run(b, secondary.constData(), &a);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    mount::Response refused;
    QVERIFY(eventually([&] {
        refused = a.manager().switchover().begin(Type::Performance, {.secondaryId = "b"});
        return refused.status == 400;
    }));
    QVERIFY2(names(errorOf(refused), "\"b\" runs Holdfast " + secondary.toStdString(), "this primary Holdfast " HOLDFAST_VERSION),
             errorOf(refused).c_str());
    QVERIFY(a.putShared("logical/three", "value"));
}

void TestProgramVersions::anOlderMemberIsKnownByNameAlsoWhileItIsAway()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(!c.follow(a, Type::Performance, "c").isError);
    QVERIFY(a.manager().members().older().empty());
    run(b, "0.1.9", &a);
    const auto isKnown = [](TestCluster& by, const std::string& text) {
        const auto older = by.manager().members().older();
        return older.size() == 1 && older.front().text() == text;
    };
    QVERIFY(eventually([&] { return isKnown(a, "the secondary \"b\" runs Holdfast 0.1.9"); }));
    a.manager().tick();
    a.manager().waitUntilIdle();
    QVERIFY(eventually([&] { return isKnown(c, "the member \"b\" runs Holdfast 0.1.9"); }));
    b.shutDown();
    a.restart();
    QVERIFY(isKnown(a, "the secondary \"b\" runs Holdfast 0.1.9"));
}

/// What a promotion would break is reported before it, with the names of the members: in the preview, and in the status of each end.
void TestProgramVersions::anOlderMemberIsNamedBeforeAPromotion()
{
    TestCluster primary{"primary"}, fresh{"fresh"}, old{"old"};
    run(primary, "0.1.9");
    run(old, "0.1.9");
    QVERIFY(!primary.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!fresh.follow(primary, Type::Performance, "fresh").isError);
    QVERIFY(!old.follow(primary, Type::Performance, "old").isError);
    QVERIFY(fresh.isInSyncWith(primary, Type::Performance) && old.isInSyncWith(primary, Type::Performance));
    boost::json::object data;
    const auto answersOf = [&data] {
        std::size_t count = 0;
        for (const auto& member : data.at("members").as_array()) count += member.as_object().at("answers").as_bool() ? 1 : 0;
        return count;
    };
    QVERIFY(eventually([&] {
        auto said = fresh.peers().preview().preview(Type::Performance);
        if (!said.data) return false;
        data = std::move(*said.data);
        return answersOf() == 1;
    }));
    const auto text = boost::json::serialize(data);
    QVERIFY2(names(text, "the primary runs Holdfast 0.1.9", "the member \\\"old\\\" runs Holdfast 0.1.9"), text.c_str());
    QCOMPARE(data.at("members").as_array().front().as_object().at("program_version").as_string(), boost::json::string{"0.1.9"});
    QVERIFY2(boost::json::serialize(data.at("next_steps")).find("Upgrade first") != std::string::npos, text.c_str());
    const auto status = fresh.manager().reports().status(Type::Performance);
    const auto& above = status.at("primaries").as_array().front().as_object();
    QVERIFY(above.at("is_program_older").as_bool());
    QCOMPARE(above.at("program_version").as_string(), boost::json::string{"0.1.9"});
    // The older cluster sees no older member.
    const auto below = primary.manager().reports().status(Type::Performance).at("secondaries").as_array();
    QCOMPARE(below.size(), std::size_t{2});
    for (const auto& one : below) QVERIFY(!one.as_object().at("is_program_older").as_bool());
}

QTEST_GUILESS_MAIN(TestProgramVersions)
#include "tst_program_versions.moc"
