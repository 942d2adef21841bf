#include "core/base/encoding.h"
#include "core/sys/node/node_endpoints.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <QtTest>

#include <set>

using namespace core;
using policy::Operation;
namespace json = boost::json;

namespace {

class FakeNode final : public sys::Node {
public:
    sys::SealStatus sealStatus() const override { return status; }
    sys::Health health() const override { return condition; }
    sys::Leader leader() const override { return {}; }
    Result<sys::InitResult> initialize(const sys::InitOptions&) override { return sys::InitResult{}; }
    Result<> provideUnsealShare(SecretBytes, bool) override { return {}; }
    void resetUnseal() override {}

    sys::SealStatus status;
    sys::Health condition;
};

/// A key in the API's form: 33 times the same letter.
std::string key(char letter)
{
    return toBase64(std::string(33, letter));
}

} // namespace

class TestRekey : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void refusesWhereItIsNotAllowed_data();
    void refusesWhereItIsNotAllowed();
    void refusesBadInput_data();
    void refusesBadInput();
    void replacesTheShares();
    void wrongSharesChangeNothing();
    void cancellingTakesTheNonceForTenMinutes();
    void aWrongShareIsRefusedAloneIfItIsKnown();
    void newSharesWaitForTheirVerification();
    void verificationByOtherKeysFails();
    void aFailedInstallationKeepsTheAttempt();

private:
    mount::Response call(Operation operation, const std::string& path, const std::string& body = "{}")
    {
        mount::Request request;
        request.operation = operation;
        request.path = "sys/rekey" + path;
        request.data = json::parse(body).as_object();
        return m_endpoints->handle(request);
    }
    json::object read(const std::string& path) { return bodyOf(call(Operation::Read, path)); }
    json::object write(const std::string& path, const std::string& body) { return bodyOf(call(Operation::Update, path, body)); }
    std::string errorOf(const std::string& path, const std::string& body)
    {
        const auto response = call(Operation::Update, path, body);
        return response.errors.empty() ? "none" : response.errors[0];
    }
    json::object give(char letter, const std::string& path = "/update") { return giveText(key(letter), path); }
    json::object giveText(const std::string& text, const std::string& path)
    {
        return write(path, json::serialize(json::object{{"key", text}, {"nonce", m_nonce}}));
    }
    mount::Response cancel(const std::string& path, const std::string& nonce)
    {
        return call(Operation::Delete, path, json::serialize(json::object{{"nonce", nonce}}));
    }
    void start(const json::value& needsVerification = false)
    {
        const json::object body{{"secret_shares", 3}, {"secret_threshold", 2}, {"require_verification", needsVerification}};
        m_nonce = write("/init", json::serialize(body)).at("nonce").as_string().c_str();
    }
    static json::object bodyOf(const mount::Response& response)
    {
        return response.rawBody.empty() ? json::object{{"errors", response.errors.empty() ? "" : response.errors[0]}}
                                        : json::parse(response.rawBody).as_object();
    }

    FakeNode m_node;
    FakeClock m_clock;
    SeededRandom m_random{1};
    bool m_areSharesGood = true;
    std::set<char> m_presentShares; // by their first letter; empty: unknown
    bool m_areNewSharesChecked = false;
    std::optional<Error> m_installFailure;
    std::vector<barrier::ShareSet> m_installed;
    std::string m_nonce;
    sys::RootGeneration m_generation{{}};
    std::unique_ptr<sys::Rekey> m_rekey;
    std::unique_ptr<sys::NodeEndpoints> m_endpoints;
};

void TestRekey::init()
{
    m_node.status = {};
    m_node.status.isInitialized = true;
    m_node.status.isSealed = false;
    m_node.condition = {};
    m_areSharesGood = true;
    m_installFailure.reset();
    m_installed.clear();
    m_presentShares.clear();
    m_areNewSharesChecked = false;
    m_rekey = std::make_unique<sys::Rekey>(
        sys::Rekey::Services{.random = &m_random,
                             .clock = &m_clock,
                             .threshold = [] { return 2; },
                             .verify = [this](const sys::Rekey::Shares&) -> Result<> {
                                 if (m_areSharesGood) return {};
                                 return Error{ErrorCode::InvalidArgument, "invalid key"};
                             },
                             .isShare = [this](const SecretBytes& share) -> std::optional<bool> {
                                 if (m_presentShares.empty()) return std::nullopt;
                                 return m_presentShares.contains(share.view()[0]);
                             },
                             .make = [this](const barrier::ShareCounts& counts) -> Result<barrier::Seal::Rekeyed> {
                                 auto rootKey = m_random.secret(32);
                                 auto made = barrier::ShareSet::make(counts, rootKey, m_random);
                                 if (!made) return std::move(made).error();
                                 if (!m_areNewSharesChecked) made->set.checkKey.clear();
                                 return barrier::Seal::Rekeyed{{std::move(rootKey), std::move(made->set), "id"}, std::move(made->shares)};
                             },
                             .install = [this](const barrier::NewKeys& keys) -> Result<> {
                                 if (m_installFailure) return *m_installFailure;
                                 m_installed.push_back(keys.set);
                                 return {};
                             }});
    m_endpoints = std::make_unique<sys::NodeEndpoints>(m_node, m_generation, *m_rekey, m_clock);
}

void TestRekey::refusesWhereItIsNotAllowed_data()
{
    QTest::addColumn<QByteArray>("state");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("sealed") << QByteArray{"sealed"} << QByteArray{"/init"} << 503 << QByteArray{"Vault is sealed"};
    QTest::newRow("performance secondary") << QByteArray{"performance"} << QByteArray{"/init"} << 400
                                           << QByteArray{"rekeying can only be performed on the primary cluster when replication is activated"};
    QTest::newRow("DR secondary") << QByteArray{"dr"} << QByteArray{"/update"} << 400 << QByteArray{"path disabled in replication DR secondary mode"};
    QTest::newRow("recovery keys of a Shamir seal")
        << QByteArray{} << QByteArray{"-recovery-key/init"} << 400 << QByteArray{"recovery rekeying not supported"};
    QTest::newRow("unseal keys of an automatic seal")
        << QByteArray{"automatic"} << QByteArray{"/init"} << 400
        << QByteArray{"the seal opens by itself and has no unseal keys; recovery keys are replaced at sys/rekey-recovery-key"};
}

void TestRekey::refusesWhereItIsNotAllowed()
{
    QFETCH(QByteArray, state);
    QFETCH(QByteArray, path);
    QFETCH(int, status);
    QFETCH(QByteArray, text);
    m_node.status.isSealed = state == "sealed";
    m_node.status.isAutomatic = state == "automatic";
    m_node.condition.isDrSecondary = state == "dr";
    m_node.condition.performanceMode = state == "performance" ? "secondary" : "primary";
    const auto response = call(Operation::Update, path.toStdString(), R"({"secret_shares":1,"secret_threshold":1})");
    QCOMPARE(response.status, status);
    QCOMPARE(response.errors[0], text.toStdString());
}

void TestRekey::refusesBadInput_data()
{
    QTest::addColumn<bool>("isStarted");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    const auto add = [](const char* name, bool isStarted, const char* path, QByteArray body, const char* text) {
        QTest::newRow(name) << isStarted << QByteArray{path} << body << QByteArray{text};
    };
    const auto good = QByteArray::fromStdString(key('a'));
    add("threshold", false, "/init", R"({"secret_shares":2,"secret_threshold":3})", "provided threshold greater than the total shares");
    add("no shares", false, "/init", "{}", "invalid rekey seal configuration: shares must be at least one");
    add("1 of 5", false, "/init", R"({"secret_shares":5,"secret_threshold":1})",
        "invalid rekey seal configuration: threshold must be greater than one for multiple shares");
    add("no number", false, "/init", R"({"secret_shares":"many"})", "secret_shares and secret_threshold must be numbers");
    add("backup", false, "/init", R"({"secret_shares":3,"secret_threshold":2,"Backup":true})",
        "cannot request a backup of the new keys without providing PGP keys for encryption");
    add("PGP keys", false, "/init", R"({"secret_shares":3,"secret_threshold":2,"pgp_keys":["x"]})", "incorrect number of PGP keys for rekey");
    add("second", true, "/init", R"({"secret_shares":3,"secret_threshold":2})", "rekey already in progress");
    add("none", false, "/update", R"({"key":")" + good + R"("})", "no barrier rekey in progress");
    add("no key", true, "/update", "{}", "'key' must be specified in request body as JSON");
    add("strange key", true, "/update", R"({"key":"?"})", "'key' must be a valid hex or base64 string");
    add("nothing to verify", true, "/verify", R"({"key":")" + good + R"("})", "no rekey verification in progress");
}

void TestRekey::refusesBadInput()
{
    QFETCH(bool, isStarted);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    if (isStarted) start();
    QCOMPARE(errorOf(path.toStdString(), body.toStdString()), text.toStdString());
    QCOMPARE(m_rekey->status().isStarted, isStarted);
    if (isStarted) {
        QCOMPARE(errorOf("/update", json::serialize(json::object{{"key", key('a')}, {"nonce", "other"}})),
                 "incorrect nonce supplied; nonce for this rekey operation is \"" + m_nonce + '"');
    }
}

void TestRekey::replacesTheShares()
{
    QVERIFY(!read("/init").at("started").as_bool());
    start();
    const auto begun = read("/init");
    QVERIFY(begun.at("started").as_bool());
    QCOMPARE(begun.at("n").as_int64(), 3);
    QCOMPARE(begun.at("t").as_int64(), 2);
    QCOMPARE(begun.at("required").as_int64(), 2);
    QCOMPARE(give('a').at("progress").as_int64(), 1);
    QCOMPARE(std::string{give('a').at("errors").as_string()}, std::string{"given key has already been provided during this rekey operation"});
    QVERIFY(m_installed.empty());
    const auto done = give('b');
    QVERIFY(done.at("complete").as_bool());
    QCOMPARE(done.at("keys").as_array().size(), std::size_t{3});
    QCOMPARE(m_installed.size(), std::size_t{1});
    QCOMPARE(m_installed[0].counts.threshold, 2);
    QVERIFY(!m_rekey->status().isStarted);
    // The returned shares open the installed key.
    sys::Rekey::Shares shares;
    for (const auto& text : done.at("keys_base64").as_array()) shares.push_back(*sys::decodeShare(std::string_view{text.as_string()}));
    QVERIFY(m_installed[0].rootKey(shares));
}

void TestRekey::wrongSharesChangeNothing()
{
    start();
    m_areSharesGood = false;
    give('a');
    QCOMPARE(std::string{give('b').at("errors").as_string()}, std::string{"rekey aborted: invalid key"});
    QCOMPARE(m_rekey->status().progress, 0);
    QVERIFY(m_installed.empty());
    m_areSharesGood = true;
    give('a');
    QVERIFY(give('b').at("complete").as_bool());
    start();
    QVERIFY(cancel("/init", m_nonce).errors.empty());
    QVERIFY(!m_rekey->status().isStarted);
}

// The class: a call without a token ends an attempt that has other people's shares. Places looked at: the attempt, its
// verification, for unseal keys and recovery keys (one handler), and the generation of root tokens and DR operation tokens, which
// Vault lets anybody cancel (logged). What holds: in the first ten minutes the nonce is needed.
void TestRekey::cancellingTakesTheNonceForTenMinutes()
{
    QVERIFY(!cancel("/init", "").isError); // nothing to cancel
    start(true);
    give('a');
    for (const auto* nonce : {"", "0", "other"}) QCOMPARE(cancel("/init", nonce).errors.at(0), std::string{"invalid request"});
    QCOMPARE(m_rekey->status().progress, 1);
    m_clock.advance(sys::Rekey::kCancelNonceTime - std::chrono::seconds{1});
    QVERIFY(cancel("/init", "").isError);
    const auto made = give('b');
    const std::string verification{made.at("verification_nonce").as_string()};
    m_clock.advance(std::chrono::seconds{1}); // ten minutes after the start, but not after the start of the verification
    for (const auto& nonce : {std::string{}, m_nonce}) QCOMPARE(cancel("/verify", nonce).errors.at(0), std::string{"invalid request"});
    QVERIFY(!cancel("/verify", verification).isError);
    m_clock.advance(sys::Rekey::kCancelNonceTime);
    QVERIFY(!cancel("/verify", "").isError);
    QVERIFY(m_rekey->status().isStarted);
    QVERIFY(!cancel("/init", "").isError);
    QVERIFY(!m_rekey->status().isStarted);
    start();
    QVERIFY(!cancel("/init", m_nonce).isError);
    QVERIFY(!m_rekey->status().isStarted);
}

void TestRekey::aWrongShareIsRefusedAloneIfItIsKnown()
{
    m_presentShares = {'a', 'b'};
    m_areNewSharesChecked = true;
    m_node.status.areSharesPrimarys = false;
    start(true);
    give('a');
    QCOMPARE(std::string{give('x').at("errors").as_string()}, std::string{"invalid key share; progress stays at 1 of 2"});
    QCOMPARE(m_rekey->status().progress, 1);
    const auto made = give('b');
    m_nonce = made.at("verification_nonce").as_string().c_str();
    const auto& keys = made.at("keys_base64").as_array();
    QCOMPARE(std::string{give('a', "/verify").at("errors").as_string()}, std::string{"invalid key share; progress stays at 0 of 2"});
    giveText(std::string{keys[0].as_string()}, "/verify");
    QCOMPARE(std::string{give('x', "/verify").at("errors").as_string()}, std::string{"invalid key share; progress stays at 1 of 2"});
    QVERIFY(giveText(std::string{keys[1].as_string()}, "/verify").at("complete").as_bool());
    // A cluster that joined a set says whose shares are needed.
    m_node.status.areSharesPrimarys = true;
    start();
    QCOMPARE(std::string{give('x').at("errors").as_string()},
             std::string{"invalid key share; progress stays at 0 of 2; the primary's key shares are wanted here"});
}

void TestRekey::newSharesWaitForTheirVerification()
{
    start(true);
    give('a');
    const auto made = give('b');
    QVERIFY(made.at("complete").as_bool() && made.at("verification_required").as_bool());
    QVERIFY(m_installed.empty());
    QCOMPARE(std::string{give('c').at("errors").as_string()}, std::string{"rekey operation already finished; verification must be performed"});
    m_nonce = made.at("verification_nonce").as_string().c_str();
    const auto& keys = made.at("keys_base64").as_array();
    const auto verify = [&](std::size_t at) { return giveText(std::string{keys[at].as_string()}, "/verify"); };
    QCOMPARE(verify(0).at("progress").as_int64(), 1);
    const auto restarted = bodyOf(cancel("/verify", m_nonce));
    QCOMPARE(restarted.at("progress").as_int64(), 0);
    QVERIFY(std::string{restarted.at("nonce").as_string()} != m_nonce);
    m_nonce = restarted.at("nonce").as_string().c_str();
    verify(2);
    QCOMPARE(read("/verify").at("progress").as_int64(), 1);
    QVERIFY(m_installed.empty());
    QVERIFY(verify(1).at("complete").as_bool());
    QCOMPARE(m_installed.size(), std::size_t{1});
    QVERIFY(!m_rekey->status().isStarted);
}

void TestRekey::verificationByOtherKeysFails()
{
    start("true");
    give('a');
    m_nonce = give('b').at("verification_nonce").as_string().c_str();
    give('x', "/verify");
    QCOMPARE(std::string{give('y', "/verify").at("errors").as_string()}, std::string{"rekey verification failed; incorrect key shares supplied"});
    QVERIFY(m_installed.empty());
    QCOMPARE(m_rekey->status().verificationProgress, 0);
    QVERIFY(m_rekey->status().isStarted);
}

void TestRekey::aFailedInstallationKeepsTheAttempt()
{
    start();
    give('a');
    m_installFailure = Error{ErrorCode::Io, "the disk"};
    QVERIFY(!give('b').contains("keys"));
    QVERIFY(m_installed.empty() && m_rekey->status().isStarted);
    m_installFailure.reset();
    give('a');
    QVERIFY(give('b').at("complete").as_bool());
}

QTEST_APPLESS_MAIN(TestRekey)
#include "tst_rekey.moc"
