#include "tests/core/cluster/test_cluster.h"

#include "core/base/encoding.h"

#include <boost/json/parse.hpp>

#include <future>

using namespace testing_cluster;

/// How a cluster becomes a secondary, over real TLS, and what is left if that fails.
class TestActivation : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void failedActivationLeavesTheDataAsItWas();
    void theAnswerSaysWhatBecomesOfTokens_data();
    void theAnswerSaysWhatBecomesOfTokens();
    void activationByPublicKeyNeedsNoCallToTheApi();
    void onlyOneActivationAsksAPrimaryAtATime();
    void aPowerCutLeavesAnActivationDoneOrNotBegun_data();
    void aPowerCutLeavesAnActivationDoneOrNotBegun();
};

void TestActivation::failedActivationLeavesTheDataAsItWas()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(b.putShared("logical/b/own", "precious"));
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    const std::string root = b.manager().reports().root(Type::Dr);
    QCOMPARE(b.manager().activation().enable(Type::Dr, {.token = "no such token"}).status, 500);
    const std::string revoked = a.token(Type::Dr, "b");
    QVERIFY(!a.manager().seats().revokeSecondary(Type::Dr, "b").isError);
    const auto refused = b.manager().activation().enable(Type::Dr, {.token = revoked});
    QCOMPARE(refused.status, 500);
    QVERIFY(refused.errors.front().starts_with("error fetching secondary bootstrap package: "));
    const std::string other = a.token(Type::Dr, "c");
    QCOMPARE(b.manager().activation().enable(Type::Performance, {.token = other}).status, 400); // of another type
    const std::string unreachable = a.token(Type::Dr, "e");
    a.shutDown();
    QCOMPARE(b.manager().activation().enable(Type::Dr, {.token = unreachable}).status, 500);
    b.manager().waitUntilIdle();
    QCOMPARE(b.manager().reports().root(Type::Dr), root);
    QCOMPARE(b.getShared("logical/b/own").value_or(""), std::string{"precious"});
    QCOMPARE(b.stateText(Type::Dr, "mode"), std::string{"disabled"});
    QVERIFY(b.manager().writeRefusal().empty());
}

/// The class: an answer that says that all went well, and not what the caller cannot do any more. Here an activation, after which the token that
/// asked for it is gone. It could occur with each change of role and each restore. What holds: the answer says so, and which way in there is now.
void TestActivation::theAnswerSaysWhatBecomesOfTokens_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<QByteArray>("way");
    QTest::newRow("performance") << int(Type::Performance) << QByteArray{"holdfast operator generate-root -init"};
    QTest::newRow("dr") << int(Type::Dr) << QByteArray{"holdfast operator generate-root -dr-token -init"};
}

void TestActivation::theAnswerSaysWhatBecomesOfTokens()
{
    QFETCH(int, type);
    QFETCH(QByteArray, way);
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type(type), "").isError);
    const auto answer = b.manager().activation().enable(Type(type), {.token = a.token(Type(type), "b")});
    QVERIFY(!answer.isError);
    QVERIFY(std::ranges::any_of(answer.warnings, [&](const auto& text) {
        return text.find("are gone with its data") != std::string::npos && text.find(way.toStdString()) != std::string::npos &&
               text.find("the primary's key shares unseal this cluster") != std::string::npos;
    }));
    // Another primary of the same set wipes nothing.
    QVERIFY(b.isInSyncWith(a, Type(type)));
    QVERIFY(!a.manager().seats().revokeSecondary(Type(type), "b").isError);
    SecondaryActivation::UpdateOptions other;
    other.unwrap.token = a.token(Type(type), "b2");
    const auto followed = b.manager().activation().update(Type(type), other);
    QVERIFY(!followed.isError);
    QVERIFY(std::ranges::none_of(followed.warnings, [](const auto& text) { return text.find("are gone") != std::string::npos; }));
}

void TestActivation::activationByPublicKeyNeedsNoCallToTheApi()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    const auto keyOf = [](TestCluster& cluster, Type type) {
        const auto response = cluster.manager().activation().generatePublicKey(type);
        return std::string{response.data->at("secondary_public_key").as_string()};
    };
    const auto tokenFor = [&a](const std::string& id, const std::string& key, std::chrono::nanoseconds ttl) {
        const auto response = a.manager().seats().secondaryToken(Type::Performance, id, ttl, {}, key);
        return response.data ? std::string{response.data->at("token").as_string()} : std::string{};
    };
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(a.putShared("logical/one/1", "1"));
    QVERIFY(b.putShared("logical/b/own", "precious"));
    const std::string replaced = keyOf(b, Type::Performance);
    const std::string key = keyOf(b, Type::Performance);
    QVERIFY(key != replaced);
    QCOMPARE(a.manager().activation().generatePublicKey(Type::Performance).status, 400);
    QCOMPARE(a.manager().seats().secondaryToken(Type::Performance, "b", std::chrono::minutes{30}, {}, "no key").status, 400);
    QCOMPARE(a.manager().seats().secondaryToken(Type::Performance, "b", std::chrono::minutes{30}, {}, std::string(43, 'A') + "=").status, 400);

    // A token for another key, of another cluster, changed, expired, or of another type: each is refused, and nothing is wiped.
    const auto refusal = [](TestCluster& cluster, Type type, const std::string& token) {
        const auto response = cluster.manager().activation().enable(type, {.token = token});
        return std::to_string(response.status) + " " + (response.errors.empty() ? std::string{} : response.errors.front());
    };
    const std::string token = tokenFor("b", key, std::chrono::minutes{30});
    QVERIFY(!token.empty());
    QVERIFY(refusal(b, Type::Performance, tokenFor("old", replaced, std::chrono::minutes{30})).starts_with("400 the token has been altered"));
    QVERIFY(refusal(c, Type::Performance, token).starts_with("400 the token was made for a public key"));
    keyOf(c, Type::Performance);
    QVERIFY(refusal(c, Type::Performance, token).starts_with("400 the token has been altered"));
    auto bundle = boost::json::parse(*fromBase64(token)).as_object();
    QVERIFY(bundle.at("client_key").is_null());
    bundle["id"] = "somebody else";
    QVERIFY(refusal(b, Type::Performance, toBase64(boost::json::serialize(bundle))).starts_with("400 the token has been altered"));
    keyOf(b, Type::Dr);
    QVERIFY(refusal(b, Type::Dr, token).starts_with("400 "));
    const auto expired = refusal(b, Type::Performance, tokenFor("late", key, std::chrono::nanoseconds{1}));
    QVERIFY2(expired.starts_with("500 ") && expired.find("expired") != std::string::npos, expired.c_str());
    QCOMPARE(b.getShared("logical/b/own").value_or(""), std::string{"precious"});

    QVERIFY(!b.manager().activation().enable(Type::Performance, {.token = token}).isError);
    b.manager().waitUntilIdle();
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(b.getShared("logical/one/1").value_or(""), std::string{"1"});
    QVERIFY(!b.getShared("logical/b/own"));

    // The key was valid for one activation.
    SecondaryActivation::UpdateOptions options;
    options.unwrap.token = token;
    QCOMPARE(b.manager().activation().update(Type::Performance, options).status, 400);
    options.unwrap.token = tokenFor("again", keyOf(b, Type::Performance), std::chrono::minutes{30});
    QVERIFY(!b.manager().activation().update(Type::Performance, options).isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(b.stateText(Type::Performance, "secondary_id"), std::string{"again"});
    QCOMPARE(b.manager().activation().update(Type::Performance, options).status, 400);
}

void TestActivation::onlyOneActivationAsksAPrimaryAtATime()
{
    TestCluster b{"b"};
    std::promise<void> isAsking, mayAnswer;
    TestCluster::onUnwrap() = [&] {
        isAsking.set_value();
        mayAnswer.get_future().wait();
    };
    auto first = std::async(std::launch::async, [&] { return b.manager().activation().enable(Type::Dr, {.token = "hanging"}).status; });
    isAsking.get_future().wait();
    TestCluster::onUnwrap() = {};
    QCOMPARE(b.manager().activation().enable(Type::Performance, {.token = "another"}).status, 503);
    QVERIFY(!b.manager().operations().enablePrimary(Type::Performance, "").isError); // no other operation waits for it
    mayAnswer.set_value();
    QCOMPARE(first.get(), 500);
    QCOMPARE(b.manager().activation().enable(Type::Dr, {.token = "another"}).status, 400); // it is a primary now
}

void TestActivation::aPowerCutLeavesAnActivationDoneOrNotBegun_data()
{
    QTest::addColumn<int>("survival");
    QTest::newRow("nothing unsynced survives") << static_cast<int>(testing_log::Survival::Nothing);
    QTest::newRow("some of it survives") << static_cast<int>(testing_log::Survival::Sectors);
}

void TestActivation::aPowerCutLeavesAnActivationDoneOrNotBegun()
{
    QFETCH(int, survival);
    TestCluster a{"a"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(a.putShared("logical/one/1", "the primary's"));
    int doneCount = 0, undoneCount = 0;
    bool isCut = true;
    for (int step = 1; isCut; ++step) {
        TestCluster b{"b"};
        QVERIFY(b.putShared("logical/b/own", "precious"));
        const std::string token = a.token(Type::Dr, "b" + std::to_string(step));
        b.power.cutAfter(static_cast<std::uint64_t>(step));
        UnwrapOptions options;
        options.token = token;
        b.manager().activation().enable(Type::Dr, options);
        b.manager().waitUntilIdle();
        isCut = b.power.isOff() && step < 200;
        b.losePower(a, static_cast<testing_log::Survival>(survival));
        const std::string mode = b.stateText(Type::Dr, "mode");
        if (mode == "disabled") {
            ++undoneCount;
            QCOMPARE(b.getShared("logical/b/own").value_or("lost"), std::string{"precious"});
            QVERIFY(!b.getShared("logical/one/1"));
            QVERIFY(b.putShared("logical/b/more", "writable"));
        } else {
            ++doneCount;
            QCOMPARE(mode, std::string{"secondary"});
            QVERIFY(!b.getShared("logical/b/own"));
            QVERIFY2(b.isInSyncWith(a, Type::Dr), ("step " + std::to_string(step)).c_str());
            QCOMPARE(b.getShared("logical/one/1").value_or("lost"), std::string{"the primary's"});
        }
    }
    QVERIFY(doneCount > 0);
    QVERIFY(undoneCount > 0);
}

QTEST_GUILESS_MAIN(TestActivation)
#include "tst_activation.moc"
