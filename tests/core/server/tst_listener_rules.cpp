#include "core/server/config/config.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace core;
using namespace core::server;
using namespace std::chrono_literals;

// The class: a restricting or protecting key is accepted and has no effect. Places looked at: all keys of a listener. Each is read here, and
// tst_listener, tst_peer_address and tst_body_budget show its effect. A key that keeps clients out and is not supported stops the start.
class TestListenerRules : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyKeyIsRead();
    void reservedHeadersAreDropped();
    void defaultsAreVaults();
    void zeroMeansTheDefault();
    void whatCannotBeObeyedStopsTheStart_data();
    void whatCannotBeObeyedStopsTheStart();
    void unixListenersComeLast();
    void forwardedRequestsHaveTheWidestLimits();

private:
    Result<Config> load(const QByteArray& listener, const QByteArray& more = {});
    QTemporaryDir m_directory;
};

Result<Config> TestListenerRules::load(const QByteArray& listener, const QByteArray& more)
{
    const std::filesystem::path file{m_directory.filePath("server.hcl").toStdString()};
    std::ofstream{file} << "storage \"inmem\" {}\nlistener \"tcp\" {\n  tls_disable = true\n" << listener.constData() << "\n}\n" << more.constData();
    return loadConfig({file}, [](std::string_view) { return std::optional<std::string>{}; });
}

void TestListenerRules::everyKeyIsRead()
{
    const auto config = load(R"(
        max_json_depth = 40
        max_json_string_value_length = "41"
        max_json_object_entry_count = 42
        max_json_array_element_count = 43
        max_json_token = 44
        x_forwarded_for_authorized_addrs = "10.0.0.1, 192.168.0.0/16"
        x_forwarded_for_hop_skips = "2"
        x_forwarded_for_reject_not_authorized = "false"
        x_forwarded_for_reject_not_present = false
        proxy_protocol_behavior = "allow_authorized"
        proxy_protocol_authorized_addrs = ["10.0.0.2", "10.0.0.3"]
        require_request_header = true
        redact_addresses = true
        redact_cluster_name = "true"
        redact_version = 1
        disable_replication_status_endpoints = true
        tls_cipher_suites = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        tls_max_version = "tls12"
        http_read_timeout = "3s"
        http_read_header_timeout = 4
        http_write_timeout = "5s"
        http_idle_timeout = "6m"
        custom_response_headers { "default" = { "X-All" = ["a", "b"] } "4xx" = { "X-Bad" = ["u"] } }
    )");
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    QVERIFY2(config->warnings.empty(), config->warnings.empty() ? "" : config->warnings.front().c_str());
    const auto& rules = config->listeners.front().rules;
    QVERIFY((rules.json ==
             mount::JsonLimits{.depthMax = 40, .stringBytesMax = 41, .objectEntryCountMax = 42, .arrayElementCountMax = 43, .tokenCountMax = 44}));
    QVERIFY((rules.forwardedFor.authorizedNetworks == std::vector<std::string>{"10.0.0.1", "192.168.0.0/16"}));
    QVERIFY(rules.forwardedFor.hopSkips == 2 && !rules.forwardedFor.rejectsNotAuthorized && !rules.forwardedFor.rejectsNotPresent);
    QVERIFY(rules.proxyProtocol.behavior == http::ProxyProtocolRules::Behavior::AllowAuthorized &&
            rules.proxyProtocol.authorizedNetworks.size() == 2);
    QVERIFY(rules.isRequestHeaderRequired && rules.isReplicationStatusOff);
    QVERIFY(rules.redaction.addresses && rules.redaction.clusterName && rules.redaction.version);
    QVERIFY(rules.isTls12Max && rules.tlsCipherSuites.starts_with("TLS_ECDHE"));
    QVERIFY(rules.readTimeout == 3s && rules.headerTimeout == 4s && rules.writeTimeout == 5s && rules.idleTimeout == 6min);
    QVERIFY(rules.replyHeaders.linesFor(404).ends_with("X-All: a; b\r\nX-Bad: u\r\n"));
}

/// Headers that Vault drops with a warning do not stop the start, because they keep nobody out.
void TestListenerRules::reservedHeadersAreDropped()
{
    const auto config = load(
        R"(custom_response_headers { "default" = { "X-Vault-Foo" = ["a"] "x-vault-bar" = ["b"] "X-Empty" = [] "X-None" = [""] "X-Good" = ["c"] } })");
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    QCOMPARE(config->warnings.size(), std::size_t{4});
    const auto lines = QString::fromStdString(config->listeners.front().rules.replyHeaders.linesFor(200));
    QVERIFY2(lines.endsWith(u"X-Good: c\r\n") && !lines.contains(u"vault", Qt::CaseInsensitive) && !lines.contains(u"X-Empty") &&
                 !lines.contains(u"X-None"),
             qPrintable(lines));
}

void TestListenerRules::defaultsAreVaults()
{
    const auto config = load("");
    QVERIFY(config);
    const auto& rules = config->listeners.front().rules;
    QVERIFY(
        (rules.json ==
         mount::JsonLimits{
             .depthMax = 500, .stringBytesMax = 1'048'576, .objectEntryCountMax = 10'000, .arrayElementCountMax = 10'000, .tokenCountMax = 500'000}));
    QVERIFY(!rules.forwardedFor.isOn() && rules.forwardedFor.rejectsNotAuthorized && rules.forwardedFor.rejectsNotPresent);
    QVERIFY(rules.readTimeout == 30s && rules.headerTimeout == 10s && rules.idleTimeout == 5min);
    QVERIFY(!rules.redaction.isOn() && !rules.isRequestHeaderRequired && !rules.unixSocket);
}

void TestListenerRules::zeroMeansTheDefault()
{
    const auto config = load(
        "max_json_depth = 0\nmax_json_token = \"0\"\nhttp_read_timeout = 0\nhttp_idle_timeout = \"0s\"\nrole = \"default\"\nchroot_namespace = \"\"");
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    const auto& rules = config->listeners.front().rules;
    QVERIFY(rules.json == mount::JsonLimits{} && rules.readTimeout == 30s && rules.idleTimeout == 5min);
}

void TestListenerRules::whatCannotBeObeyedStopsTheStart_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QByteArray>("key");
    for (const QByteArray line :
         {"chroot_namespace = \"ns1\"", "role = \"metrics_only\"", "disable_unauthed_rekey_endpoints = true", "max_json_depth = 5000",
          "max_json_token = -1", "x_forwarded_for_authorized_addrs = \"proxy.example\"", "x_forwarded_for_hop_skips = -1",
          "proxy_protocol_behavior = \"sometimes\"", "proxy_protocol_behavior = \"deny_unauthorized\"", "tls_max_version = \"tls11\"",
          "http_read_timeout = \"soon\"", "custom_response_headers { \"9xx\" = { \"X-A\" = [\"b\"] } }",
          "custom_response_headers { \"2xx\" = { \"X-A\" = [1] } }", "custom_response_headers { \"2xx\" = { \"Content-Length\" = [\"1\"] } }"}) {
        QTest::newRow(line.constData()) << line << line.left(line.indexOf(' '));
    }
}

void TestListenerRules::whatCannotBeObeyedStopsTheStart()
{
    QFETCH(QByteArray, line);
    QFETCH(QByteArray, key);
    const auto config = load(line);
    QVERIFY(!config);
    const auto detail = QByteArray::fromStdString(config.error().detail);
    QVERIFY2(detail.contains("server.hcl:4: ") && detail.contains(key), detail.constData());
}

void TestListenerRules::unixListenersComeLast()
{
    const auto config = load("address = \"127.0.0.1:9200\"", "");
    QVERIFY(config);
    const std::filesystem::path file{m_directory.filePath("unix.hcl").toStdString()};
    std::ofstream{file}
        << "listener \"unix\" {\n  address = \"/run/v.sock\"\n  socket_mode = \"0660\"\n  socket_user = 0\n  socket_group = \"root\"\n}\n";
    const auto both =
        loadConfig({file, m_directory.filePath("server.hcl").toStdString()}, [](std::string_view) { return std::optional<std::string>{}; });
    QVERIFY2(both, both ? "" : both.error().detail.c_str());
    QCOMPARE(both->listeners.size(), std::size_t{2});
    QCOMPARE(both->effectiveApiAddr(), std::string{"http://127.0.0.1:9200"}); // never the socket's
    const auto& socket = both->listeners.back().rules.unixSocket;
    QVERIFY(socket && socket->path == "/run/v.sock" && socket->mode == "0660" && socket->user == "0" && socket->group == "root");
    QVERIFY(both->listeners.back().isTlsDisabled);
}

void TestListenerRules::forwardedRequestsHaveTheWidestLimits()
{
    const auto config =
        load("max_json_depth = 10",
             "listener \"tcp\" {\n address = \"127.0.0.1:9300\"\n tls_disable = true\n max_json_depth = 20\n max_json_token = 5\n}\n");
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    const auto widest = widestJsonLimits(config->listeners);
    QCOMPARE(widest.depthMax, std::size_t{20});
    QCOMPARE(widest.tokenCountMax, std::size_t{500'000});
    QVERIFY(widestJsonLimits({}) == mount::JsonLimits{});
}

QTEST_APPLESS_MAIN(TestListenerRules)
#include "tst_listener_rules.moc"
