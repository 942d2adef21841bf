#include "core/base/encoding.h"
#include "core/crypto/otp.h"
#include "core/sys/node/node_endpoints.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <QtTest>

using namespace core;
using policy::Operation;
namespace json = boost::json;

namespace {

class FakeNode final : public sys::Node {
public:
    sys::SealStatus sealStatus() const override { return status; }
    sys::Health health() const override { return condition; }
    sys::Leader leader() const override { return {}; }
    Result<sys::InitResult> initialize(const sys::InitOptions& options) override
    {
        if (options.shareCount < 1) return Error{ErrorCode::InvalidArgument, "invalid seal configuration: shares must be at least one"};
        sys::InitResult result;
        result.shares.push_back(SecretBytes::copyOf(std::string(33, 'k')));
        result.rootToken = "hvs.root";
        return result;
    }
    Result<> provideUnsealShare(SecretBytes, bool) override
    {
        ++status.progress;
        return {};
    }
    void resetUnseal() override { status.progress = 0; }

    sys::SealStatus status;
    sys::Health condition;
};

} // namespace

class TestNodeEndpoints : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void healthShowsTheStateByItsCode_data();
    void healthShowsTheStateByItsCode();
    void healthShowsHowFarASecondaryIsBehind_data();
    void healthShowsHowFarASecondaryIsBehind();
    void refusesBadInput_data();
    void refusesBadInput();
    void initialisesOnce();
    void anAutomaticSealHasRecoveryKeys();
    void makesATokenFromAQuorum();
    void forgetsTheSharesWhenOneIsWrong();
    void oneAttemptServesBothKinds();
    void aDrSecondaryMakesNoRootToken();

private:
    mount::Response call(Operation operation, const std::string& path, const std::string& body = "{}")
    {
        mount::Request request;
        request.operation = operation;
        request.path = path;
        request.data = json::parse(body).as_object();
        return m_endpoints->handle(request);
    }
    static json::object bodyOf(const mount::Response& response) { return json::parse(response.rawBody).as_object(); }

    FakeNode m_node;
    FakeClock m_clock;
    SeededRandom m_random{1};
    bool m_areSharesGood = true;
    std::unique_ptr<sys::RootGeneration> m_generation;
    sys::Rekey m_rekey{{}}; // tested in tst_rekey
    std::unique_ptr<sys::NodeEndpoints> m_endpoints;
};

void TestNodeEndpoints::init()
{
    m_node.status = {};
    m_node.condition = {};
    m_areSharesGood = true;
    sys::RootGeneration::Services services;
    services.random = &m_random;
    services.threshold = [] { return 2; };
    services.verify = [this](const std::vector<SecretBytes>&) -> Result<> {
        if (m_areSharesGood) return {};
        return Error{ErrorCode::InvalidArgument, "invalid key"};
    };
    services.makeToken = [](sys::RootGeneration::Kind) -> Result<std::string> { return std::string{"hvs.abcdefghijklmnopqrstuvwx"}; };
    m_generation = std::make_unique<sys::RootGeneration>(std::move(services));
    m_endpoints = std::make_unique<sys::NodeEndpoints>(m_node, *m_generation, m_rekey, m_clock);
}

void TestNodeEndpoints::healthShowsTheStateByItsCode_data()
{
    QTest::addColumn<bool>("isInitialized");
    QTest::addColumn<bool>("isSealed");
    QTest::addColumn<bool>("isDr");
    QTest::addColumn<QString>("query");
    QTest::addColumn<int>("status");
    QTest::newRow("new") << false << true << false << "{}" << 501;
    QTest::newRow("sealed") << true << true << false << "{}" << 503;
    QTest::newRow("active") << true << false << false << "{}" << 200;
    QTest::newRow("dr") << true << false << true << "{}" << 472;
    QTest::newRow("chosen") << true << true << false << R"({"sealedcode":"299"})" << 299;
    QTest::newRow("no number") << true << true << false << R"({"sealedcode":"soon"})" << 400;
    QTest::newRow("no number, though not of this state") << true << false << false << R"({"sealedcode":"soon"})" << 400;
    QTest::newRow("no status code") << true << false << false << R"({"performancestandbycode":"20"})" << 400;
    for (const auto* code : {"100", "101", "199", "304", "1000", "-1"}) { // a stranger must not end or hide an answer of a proxy
        QTest::addRow("not a whole answer: %s", code) << true << false << false << QString{R"({"activecode":"%1"})"}.arg(code) << 400;
    }
    QTest::newRow("chosen for a dr secondary") << true << false << true << R"({"drsecondarycode":"200"})" << 200;
    QTest::newRow("a primary has no lag") << true << false << false << R"({"maxlag":"0s","lagcode":"599"})" << 200;
    QTest::newRow("no duration") << true << false << false << R"({"maxlag":"soon"})" << 400;
}

void TestNodeEndpoints::healthShowsTheStateByItsCode()
{
    QFETCH(bool, isInitialized);
    QFETCH(bool, isSealed);
    QFETCH(bool, isDr);
    QFETCH(QString, query);
    QFETCH(int, status);
    m_node.condition.isInitialized = isInitialized;
    m_node.condition.isSealed = isSealed;
    m_node.condition.isDrSecondary = isDr;
    const auto response = call(Operation::Read, "sys/health", query.toStdString());
    QCOMPARE(response.status, status);
    if (status != 400) QCOMPARE(bodyOf(response).contains("cluster_id"), isInitialized && !isSealed);
}

void TestNodeEndpoints::healthShowsHowFarASecondaryIsBehind_data()
{
    QTest::addColumn<int>("lagMs"); // -1: unknown
    QTest::addColumn<bool>("isDr");
    QTest::addColumn<QString>("query");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("text");
    QTest::newRow("not asked") << 60'000 << false << "{}" << 200 << "";
    QTest::newRow("level") << 900 << false << R"({"maxlag":"5s"})" << 200 << "";
    QTest::newRow("behind")
        << 7'250 << false << R"({"maxlag":"5s"})" << 475
        << "performance replication is 7.2 s behind its primary, which is more than 5.0 s; the secondary is not connected to its primary";
    QTest::newRow("chosen code")
        << 7'250 << false << R"({"maxlag":5,"lagcode":"503"})" << 503
        << "performance replication is 7.2 s behind its primary, which is more than 5.0 s; the secondary is not connected to its primary";
    QTest::newRow("behind by a millisecond") << 5'001 << false << R"({"maxlag":"5s"})" << 475
                                             << "performance replication is 5001 ms behind its primary, which is more than 5000 ms; the secondary is "
                                                "not connected to its primary";
    QTest::newRow("not compared yet")
        << -1 << false << R"({"maxlag":"5s"})" << 475
        << "this performance secondary has not compared equal with its primary since it was unsealed. Wait, or look at the link's verdict.";
    QTest::newRow("dr, not compared yet") << -1 << true << R"({"maxlag":"5s"})" << 475
                                          << "this dr secondary has not compared equal with its primary since it was unsealed. Wait, or look at the "
                                             "link's verdict.";
    QTest::newRow("dr, level") << 900 << true << R"({"maxlag":"5s"})" << 472 << "";
    QTest::newRow("dr, behind")
        << 7'250 << true << R"({"maxlag":"5s","drsecondarycode":"200"})" << 475
        << "dr replication is 7.2 s behind its primary, which is more than 5.0 s; the secondary is not connected to its primary";
}

/// The class: a text cuts two numbers until they look equal, and then says that one is larger. It can occur at each place that shows a value and
/// its limit. What holds: health shows milliseconds if tenths of a second are equal.
void TestNodeEndpoints::healthShowsHowFarASecondaryIsBehind()
{
    QFETCH(int, lagMs);
    QFETCH(bool, isDr);
    QFETCH(QString, query);
    QFETCH(int, status);
    QFETCH(QString, text);
    m_node.condition.isInitialized = true;
    m_node.condition.isSealed = false;
    m_node.condition.isDrSecondary = isDr;
    sys::Following following;
    following.type = isDr ? "dr" : "performance";
    if (lagMs >= 0) following.lag = std::chrono::milliseconds{lagMs};
    m_node.condition.following = following;
    const auto response = call(Operation::Read, "sys/health", query.toStdString());
    QCOMPARE(response.status, status);
    const auto body = bodyOf(response);
    QCOMPARE(body.contains("replication_primary_canary_age_ms"), lagMs >= 0);
    const auto* reason = body.if_contains("replication_lag");
    QCOMPARE(reason ? QString::fromStdString(std::string{reason->as_string()}) : QString{}, text);
}

void TestNodeEndpoints::refusesBadInput_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("body");
    QTest::addColumn<QString>("text");
    const QString unseal{"sys/unseal"};
    QTest::newRow("no key") << unseal << "{}"
                            << "'key' must be specified in request body as JSON, or 'reset' set to true";
    QTest::newRow("no base64") << unseal << R"({"key":"!!!"})"
                               << "'key' must be a valid hex or base64 string";
    QTest::newRow("short") << unseal << R"({"key":"YWJj"})"
                           << "invalid key: key is shorter than minimum 16 bytes";
    QTest::newRow("long") << unseal << R"({"key":")" + QString{80, 'A'} + R"("})"
                          << "invalid key: key is longer than maximum 33 bytes";
    QTest::newRow("no attempt") << "sys/generate-root/update"
                                << R"({"key":"YWJjYWJjYWJjYWJjYWJjYWJj","nonce":"x"})"
                                << "no root generation in progress";
    QTest::newRow("otp length") << "sys/generate-root/attempt"
                                << R"({"otp":"short"})"
                                << "OTP string is wrong length";
    QTest::newRow("not dr") << "sys/replication/dr/secondary/generate-operation-token/attempt"
                            << "{}"
                            << "Not a DR secondary";
}

void TestNodeEndpoints::refusesBadInput()
{
    QFETCH(QString, path);
    QFETCH(QString, body);
    QFETCH(QString, text);
    m_node.status.isInitialized = true;
    m_node.status.isSealed = path == "sys/unseal";
    const auto response = call(Operation::Update, path.toStdString(), body.toStdString());
    QVERIFY(response.isError);
    QCOMPARE(response.status, 400);
    QCOMPARE(QString::fromStdString(response.errors.at(0)), text);
}

void TestNodeEndpoints::initialisesOnce()
{
    auto response = call(Operation::Update, "sys/init", R"({"secret_shares":0,"secret_threshold":1})");
    QCOMPARE(response.errors.at(0), std::string{"invalid seal configuration: shares must be at least one"});
    response = call(Operation::Update, "sys/init", R"({"secret_shares":1,"secret_threshold":1,"pgp_keys":null,"recovery_shares":5})");
    const auto body = bodyOf(response);
    QCOMPARE(body.at("root_token").as_string(), json::string{"hvs.root"});
    QCOMPARE(body.at("keys").as_array().size(), std::size_t{1});
    m_node.status.isInitialized = true;
    QCOMPARE(call(Operation::Update, "sys/init").errors.at(0), std::string{"Vault is already initialized"});
}

void TestNodeEndpoints::anAutomaticSealHasRecoveryKeys()
{
    m_node.status.type = "pkcs11";
    m_node.status.isAutomatic = true;
    const auto status = bodyOf(call(Operation::Read, "sys/seal-status"));
    QVERIFY(status.at("recovery_seal").as_bool());
    QCOMPARE(std::string{status.at("recovery_seal_type").as_string()}, std::string{"shamir"});
    QVERIFY(call(Operation::Update, "sys/init", R"({"secret_shares":1,"secret_threshold":1})").errors[0] ==
            "recovery configuration must be supplied");
    QVERIFY(call(Operation::Update, "sys/init", R"({"recovery_shares":"-1"})").errors[0] ==
            "recovery configuration must specify a positive number of shares");
    const auto made = bodyOf(call(Operation::Update, "sys/init", R"({"recovery_shares":1,"recovery_threshold":1})"));
    QVERIFY(made.at("keys").as_array().empty() && made.at("keys_base64").as_array().empty());
    QCOMPARE(made.at("recovery_keys").as_array().size(), std::size_t{1});
    QCOMPARE(made.at("recovery_keys_base64").as_array().size(), std::size_t{1});
}

void TestNodeEndpoints::makesATokenFromAQuorum()
{
    m_node.status.isInitialized = true;
    m_node.status.isSealed = false;
    const auto started = bodyOf(call(Operation::Update, "sys/generate-root/attempt"));
    const std::string otp{started.at("otp").as_string()};
    const std::string nonce{started.at("nonce").as_string()};
    QCOMPARE(otp.size(), sys::kOtpLength);
    QVERIFY(call(Operation::Update, "sys/generate-root/attempt").isError); // already in progress
    QCOMPARE(bodyOf(call(Operation::Read, "sys/generate-root/attempt")).at("otp").as_string(), json::string{});

    const auto share = [&](char c) { return json::serialize(json::object{{"key", toHex(std::string(33, c))}, {"nonce", nonce}}); };
    QCOMPARE(bodyOf(call(Operation::Update, "sys/generate-root/update", share('a'))).at("progress").as_int64(), 1);
    QCOMPARE(call(Operation::Update, "sys/generate-root/update", share('a')).errors.at(0),
             std::string{"given key has already been provided during this generation operation"});
    const auto done = bodyOf(call(Operation::Update, "sys/generate-root/update", share('b')));
    QVERIFY(done.at("complete").as_bool());
    const auto token = crypto::decodeWithOtp(std::string{done.at("encoded_token").as_string()}, otp);
    QCOMPARE(*token, std::string{"hvs.abcdefghijklmnopqrstuvwx"});
    QVERIFY(!bodyOf(call(Operation::Read, "sys/generate-root/attempt")).at("started").as_bool());
}

void TestNodeEndpoints::forgetsTheSharesWhenOneIsWrong()
{
    m_areSharesGood = false;
    auto status = m_generation->start(sys::RootGeneration::Kind::RootToken, {});
    QVERIFY(m_generation->provide(sys::RootGeneration::Kind::RootToken, SecretBytes::copyOf("a"), status->nonce));
    const auto last = m_generation->provide(sys::RootGeneration::Kind::RootToken, SecretBytes::copyOf("b"), status->nonce);
    QCOMPARE(last.error().detail, std::string{"root generation aborted: invalid key"});
    QVERIFY(m_generation->status(sys::RootGeneration::Kind::RootToken).isStarted);
    QCOMPARE(m_generation->status(sys::RootGeneration::Kind::RootToken).progress, 0);
    m_areSharesGood = true;
    QVERIFY(m_generation->provide(sys::RootGeneration::Kind::RootToken, SecretBytes::copyOf("a"), status->nonce));
    QVERIFY(m_generation->provide(sys::RootGeneration::Kind::RootToken, SecretBytes::copyOf("c"), status->nonce)->isComplete);
}

void TestNodeEndpoints::oneAttemptServesBothKinds()
{
    using Kind = sys::RootGeneration::Kind;
    const auto status = m_generation->start(Kind::DrOperationToken, {});
    QVERIFY(!m_generation->start(Kind::RootToken, {}));
    QVERIFY(!m_generation->status(Kind::RootToken).isStarted);
    const auto wrong = m_generation->provide(Kind::RootToken, SecretBytes::copyOf("a"), status->nonce);
    QVERIFY(wrong.error().detail.starts_with("incorrect strategy supplied"));
    m_generation->cancel();
    QVERIFY(m_generation->start(Kind::RootToken, {}));
}

void TestNodeEndpoints::aDrSecondaryMakesNoRootToken()
{
    m_node.status.isInitialized = true;
    m_node.status.isSealed = false;
    m_node.condition.isDrSecondary = true;
    QCOMPARE(call(Operation::Update, "sys/generate-root/attempt").errors.at(0), std::string{"path disabled in replication DR secondary mode"});
    QVERIFY(!call(Operation::Update, "sys/replication/dr/secondary/generate-operation-token/attempt").isError);
}

QTEST_APPLESS_MAIN(TestNodeEndpoints)
#include "tst_node_endpoints.moc"
