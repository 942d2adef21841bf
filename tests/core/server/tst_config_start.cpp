#include "core/server/config/config.h"

#include <QtTest>

#include <map>

using namespace core;
using namespace core::server;
using namespace std::chrono_literals;

/// The configurations of real images, charts and units: leftovers of editors, zeros and empty texts for "the default", variables, templates, and
/// every key with every kind of wrong value.
class TestConfigStart : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void zeroAndEmptyMeanTheDefault_data();
    void zeroAndEmptyMeanTheDefault();
    void prometheusCanBeOff();
    void leftoversOfEditorsAreNotRead();
    void emptyFoldersAreNoConfiguration();
    void raftIsToldByTheEnvironment();
    void nodesOfOneClusterAreRefused_data();
    void nodesOfOneClusterAreRefused();
    void devServersReadFilesOnTop();
    void addressesMayHoldTemplates();
    void everyKeyTakesAnyValueOrNamesItself_data();
    void everyKeyTakesAnyValueOrNamesItself();

private:
    std::filesystem::path write(const QString& name, const QByteArray& text);
    QTemporaryDir m_directory;
};

namespace {

std::optional<std::string> emptyEnvironment(std::string_view)
{
    return std::nullopt;
}

std::vector<InterfaceAddress> interfaces()
{
    return {{.interface = "lo", .address = "127.0.0.1", .prefixBits = 8, .isLoopback = true},
            {.interface = "eth0", .address = "10.1.2.3", .prefixBits = 24, .hasDefaultRoute = true}};
}

const QByteArray kMinimal = "storage \"inmem\" {}\nlistener \"tcp\" { tls_disable = true }\n";

QString detailOf(const Result<Config>& config)
{
    return config ? QString{} : QString::fromStdString(config.error().detail);
}

} // namespace

std::filesystem::path TestConfigStart::write(const QString& name, const QByteArray& text)
{
    QFile file{m_directory.filePath(name)};
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("writing %s", qPrintable(name));
    return file.fileName().toStdString();
}

// The class: charts write zero or the empty text for "the default". Places looked at: all durations, sizes and counts of the server: leases, log
// rotation, the wait for the log, the shipper's buffer, limits of bodies, of JSON and of entries, hops, lockouts, TLS versions, addresses. Only for
// prometheus_retention_time zero has a meaning of its own (below).
void TestConfigStart::zeroAndEmptyMeanTheDefault_data()
{
    QTest::addColumn<QByteArray>("value");
    for (const auto* value : {"0", "\"\"", "\"0s\"", "\"0\"", "\"0h\""}) QTest::newRow(value) << QByteArray{value};
}

void TestConfigStart::zeroAndEmptyMeanTheDefault()
{
    QFETCH(QByteArray, value);
    const bool isSize = value == "0" || value == "\"\"" || value == "\"0\"";
    const auto sizes =
        isSize ? "replication { logshipper_buffer_length = " + value + " logshipper_buffer_size = " + value + " }\nlog_rotate_bytes = " + value + "\n"
               : QByteArray{};
    const auto config =
        loadConfig({write("zero.hcl", kMinimal + "default_lease_ttl = " + value + "\nmax_lease_ttl = " + value + "\nlog_rotate_duration = " + value +
                                          "\nreplication { best_effort_wal_wait_duration = " + value + " }\n" + sizes)},
                   emptyEnvironment);
    QVERIFY2(config, qPrintable(detailOf(config)));
    QVERIFY(config->leaseTtlDefault == 768h && config->leaseTtlMax == 768h);
    QVERIFY(config->logFile.rotateAfter == 24h && config->logFile.rotateBytes == 0);
    QVERIFY(config->replication.walWait == 2s);
    QVERIFY(config->replication.logShipperEntriesMax == 16'384 && !config->replication.logShipperBytesMax);
    // If a key is in two files, the last one counts, also if it is the default.
    const auto first = write("first.hcl", "default_lease_ttl = \"1h\"\n");
    const auto both = loadConfig({first, write("zero.hcl", kMinimal + "default_lease_ttl = " + value)}, emptyEnvironment);
    QVERIFY(both && both->leaseTtlDefault == 768h);
    const auto listener = [&](const QByteArray& line) {
        return loadConfig({write("l.hcl", "storage \"inmem\" {}\nlistener \"tcp\" {\n  tls_disable = true\n  " + line + "\n}\n")}, emptyEnvironment);
    };
    const auto patient = listener("max_request_duration = " + value);
    QVERIFY2(patient && patient->listeners[0].requestDurationMax == 90s, qPrintable(detailOf(patient)));
    for (const auto* key : {"tls_min_version", "tls_max_version", "cluster_address", "address"}) {
        const auto empty = listener(key + QByteArray{" = \"\""});
        QVERIFY2(empty && empty->listeners[0].address == ListenerConfig{}.address && !empty->listeners[0].clusterAddress, key);
    }
    if (isSize) {
        const auto sized = listener("max_request_size = " + value);
        QVERIFY2(sized && sized->listeners[0].requestBytesMax == 32u << 20, qPrintable(detailOf(sized)));
        const auto rules = [&](const char* key) {
            const auto read = listener(key + QByteArray{" = "} + value);
            return read ? std::optional{read->listeners[0].rules} : std::nullopt;
        };
        const ListenerRules usual;
        for (const auto* key :
             {"max_json_depth", "max_json_string_value_length", "max_json_object_entry_count", "max_json_array_element_count", "max_json_token"}) {
            QVERIFY2(rules(key) && rules(key)->json == usual.json, key);
        }
        QVERIFY(rules("x_forwarded_for_hop_skips") && rules("x_forwarded_for_hop_skips")->forwardedFor.hopSkips == 0);
        const auto locked =
            loadConfig({write("u.hcl", kMinimal + "user_lockout \"all\" { lockout_threshold = " + value + " lockout_duration = " + value + " }\n")},
                       emptyEnvironment);
        QVERIFY2(locked, qPrintable(detailOf(locked)));
    }
    const auto unlimited = listener("max_request_size = -1");
    QVERIFY2(unlimited && unlimited->listeners[0].requestBytesMax > std::uint64_t{1} << 40, qPrintable(detailOf(unlimited)));
    // Empty addresses and names count as not given.
    const auto names = loadConfig(
        {write("names.hcl",
               kMinimal + "api_addr = \"\"\ncluster_addr = \"\"\nlog_level = \"\"\nlog_format = \"\"\nlog_file = \"\"\ndisable_mlock = \"\"\n")},
        emptyEnvironment);
    QVERIFY2(names, qPrintable(detailOf(names)));
    QVERIFY(names->apiAddr.empty() && names->clusterAddr.empty() && names->logFile.path.empty() && !names->isMlockDisabled);
}

void TestConfigStart::prometheusCanBeOff()
{
    QVERIFY(loadConfig({write("p.hcl", kMinimal + "telemetry { prometheus_retention_time = 0 }")}, emptyEnvironment)->telemetry.prometheusRetention ==
            0s);
    QVERIFY(loadConfig({write("p.hcl", kMinimal + "telemetry { }")}, emptyEnvironment)->telemetry.prometheusRetention == 24h);
}

// The class: a file is read by mistake. Places looked at: locks, backups and autosaves of Emacs and Vim, hidden files, folders (a Kubernetes volume
// has "..data").
void TestConfigStart::leftoversOfEditorsAreNotRead()
{
    QVERIFY(QDir{m_directory.path()}.mkpath("d/..2026.hcl") && QDir{m_directory.path()}.mkpath("d/folder.hcl"));
    write("d/a.hcl", kMinimal);
    for (const auto* name : {".#a.hcl", "#a.hcl#", "a.hcl~", ".a.hcl.swp", "a.hcl.bak"})
        write(QStringLiteral("d/") + QString::fromUtf8(name), "broken (");
    const std::filesystem::path folder = m_directory.filePath("d").toStdString();
    auto config = loadConfig({folder}, emptyEnvironment);
    QVERIFY2(config, qPrintable(detailOf(config)));
    QVERIFY(config->warnings.empty());
    write("d/.hidden.hcl", "broken (");
    config = loadConfig({folder}, emptyEnvironment);
    QVERIFY2(config, qPrintable(detailOf(config)));
    QCOMPARE(config->warnings.size(), std::size_t{1}); // it can be intended, so the log says that it is not read
    QVERIFY(config->warnings[0].find(".hidden.hcl: not read") != std::string::npos);
    QVERIFY(QFile::link("/nonexistent", m_directory.filePath("d/b.hcl")));
    QVERIFY(!loadConfig({folder}, emptyEnvironment)); // a broken link with a valid name is a mistake
    QVERIFY(QFile::remove(m_directory.filePath("d/b.hcl")));
}

void TestConfigStart::emptyFoldersAreNoConfiguration()
{
    QVERIFY(QDir{m_directory.path()}.mkpath("empty"));
    const std::filesystem::path folder = m_directory.filePath("empty").toStdString();
    const auto config = loadConfig({folder}, emptyEnvironment);
    QVERIFY(!config && config.error().code == ErrorCode::NotFound);
    QVERIFY(makeDevConfig({}, {folder}, emptyEnvironment)); // an image's folder can be empty with -dev
    QVERIFY(!makeDevConfig({}, {folder / "absent.hcl"}, emptyEnvironment));
}

void TestConfigStart::raftIsToldByTheEnvironment()
{
    const auto environment = [](std::string_view name) -> std::optional<std::string> {
        if (name == "VAULT_RAFT_NODE_ID") return "pod-0";
        if (name == "VAULT_RAFT_PATH") return "/data";
        if (name == "VAULT_LOG_FORMAT") return "json";
        return std::nullopt;
    };
    const auto config = loadConfig({write("raft.hcl", "storage \"raft\" { node_id = \"a\" }\nlistener \"tcp\" { tls_disable = 1 }")}, environment);
    QVERIFY2(config, qPrintable(detailOf(config)));
    QCOMPARE(config->storage.nodeId, std::string{"pod-0"});
    QCOMPARE(config->storage.path.string(), std::string{"/data"});
    QVERIFY(config->log.format == logging::Format::Json);
    const auto file = loadConfig({write("file.hcl", "storage \"file\" { path = \"/f\" }\nlistener \"tcp\" { tls_disable = 1 }")}, environment);
    QVERIFY(file && file->storage.path == "/f" && file->storage.nodeId.empty());
}

// The class: a configuration of several nodes becomes several clusters unnoticed. Places looked at: blocks, lists of objects, JSON, discovery, a
// node's own address.
void TestConfigStart::nodesOfOneClusterAreRefused_data()
{
    QTest::addColumn<QByteArray>("raft");
    QTest::addColumn<bool>("starts");
    QTest::newRow("none") << QByteArray{} << true;
    QTest::newRow("another node") << QByteArray{"retry_join { leader_api_addr = \"http://vault-1:8200\" }"} << false;
    QTest::newRow("one of two")
        << QByteArray{"retry_join { leader_api_addr = \"http://me:8200\" }\nretry_join { leader_api_addr = \"http://vault-1:8200\" }"} << false;
    QTest::newRow("itself") << QByteArray{"retry_join { leader_api_addr = \"http://me:8200\" }"} << true;
    QTest::newRow("a list") << QByteArray{"retry_join = [{ leader_api_addr = \"http://vault-1:8200\" }]"} << false;
    QTest::newRow("discovery") << QByteArray{"retry_join { auto_join = \"provider=k8s\" }"} << false;
    QTest::newRow("empty block") << QByteArray{"retry_join { }"} << true;
    QTest::newRow("said to be alone") << QByteArray{"single_node = true\nretry_join { leader_api_addr = \"http://vault-1:8200\" }"} << true;
}

void TestConfigStart::nodesOfOneClusterAreRefused()
{
    QFETCH(QByteArray, raft);
    QFETCH(bool, starts);
    const auto file = write(
        "nodes.hcl", "api_addr = \"http://me:8200\"\nlistener \"tcp\" { tls_disable = 1 }\nstorage \"raft\" {\n  path = \"/d\"\n  " + raft + "\n}\n");
    const auto config = loadConfig({file}, emptyEnvironment);
    QVERIFY2(config.has_value() == starts, qPrintable(detailOf(config)));
    if (starts) return;
    const auto detail = detailOf(config);
    QVERIFY2(detail.contains("three nodes would become three clusters") && detail.contains("single_node = true") && detail.contains("nodes.hcl:"),
             qPrintable(detail));
}

void TestConfigStart::devServersReadFilesOnTop()
{
    const auto file = write("dev.hcl", "log_level = \"debug\"\nlistener \"tcp\" { address = \"127.0.0.1:9300\" tls_disable = 1 }");
    const auto config = makeDevConfig({}, {file}, emptyEnvironment);
    QVERIFY2(config, qPrintable(detailOf(config)));
    QCOMPARE(config->listeners.size(), std::size_t{2});
    QVERIFY(config->log.level == logging::Level::Debug);
    QCOMPARE(config->storage.type, std::string{"inmem"});
    DevOptions options;
    options.isTls = true;
    options.tlsCertFile = "/c.pem";
    const auto tls = makeDevConfig(options, {}, emptyEnvironment);
    QVERIFY(tls && !tls->listeners.front().isTlsDisabled && tls->listeners.front().tlsCertFile == "/c.pem");
    QCOMPARE(tls->effectiveApiAddr(), std::string{"https://127.0.0.1:8200"});
}

void TestConfigStart::addressesMayHoldTemplates()
{
    const QByteArray own{"{{ GetPrivateIP }}"};
    const auto file =
        write("t.hcl", "storage \"inmem\" {}\napi_addr = \"https://" + own +
                           ":8200\"\ncluster_addr = \"https://{{ GetInterfaceIP \\\"eth0\\\" }}:8201\"\n"
                           "listener \"tcp\" { tls_disable = 1 address = \"{{ GetInterfaceIP \\\"lo\\\" }}:8200\" cluster_address = \"" +
                           own + ":9201\" }\n");
    const auto config = loadConfig({file}, emptyEnvironment, interfaces);
    QVERIFY2(config, qPrintable(detailOf(config)));
    QCOMPARE(config->effectiveApiAddr(), std::string{"https://10.1.2.3:8200"});
    QCOMPARE(config->effectiveClusterAddr(), std::string{"https://10.1.2.3:8201"});
    QVERIFY((config->listeners[0].address == ListenAddress{"127.0.0.1", 8200}));
    QVERIFY((config->listeners[0].clusterAddress == ListenAddress{"10.1.2.3", 9201}));

    const auto json =
        write("t.json", R"({"storage": {"inmem": {}}, "listener": [{"tcp": {"address": "{{ GetPrivateIP }}:1", "tls_disable": true}}]})");
    const auto asJson = loadConfig({json}, emptyEnvironment, interfaces);
    QVERIFY2(asJson, qPrintable(detailOf(asJson)));
    QVERIFY((asJson->listeners[0].address == ListenAddress{"10.1.2.3", 1}));

    const auto variables = [](std::string_view name) -> std::optional<std::string> {
        return name == "VAULT_API_ADDR" ? std::optional<std::string>{"https://{{ GetPrivateIP }}:1"} : std::nullopt;
    };
    QCOMPARE(loadConfig({write("v.hcl", kMinimal)}, variables, interfaces)->apiAddr, std::string{"https://10.1.2.3:1"});

    const auto wrong = loadConfig({write("w.hcl", kMinimal + "\napi_addr = \"http://{{ GetPublicIPs }}:1\"")}, emptyEnvironment, interfaces);
    QVERIFY(!wrong);
    QVERIFY2(detailOf(wrong).contains("w.hcl:4: api_addr: ") && detailOf(wrong).contains("\"GetPublicIPs\" is not known"),
             qPrintable(detailOf(wrong)));
    QVERIFY(loadConfig({write("n.hcl", kMinimal + "\ncluster_name = \"{{ x }}\"")}, emptyEnvironment, interfaces)); // a name is not an address
}

// The class: a start must end with a message, never with an exception. Every key with every kind of value gives a configuration, or an error with
// file and line.
void TestConfigStart::everyKeyTakesAnyValueOrNamesItself_data()
{
    QTest::addColumn<QByteArray>("text"); // %1 is the value
    for (const auto* key : {"api_addr",
                            "cluster_addr",
                            "cluster_name",
                            "log_level",
                            "log_format",
                            "log_file",
                            "log_rotate_duration",
                            "log_rotate_bytes",
                            "log_rotate_max_files",
                            "default_lease_ttl",
                            "max_lease_ttl",
                            "disable_mlock",
                            "raw_storage_endpoint",
                            "pid_file",
                            "enable_unauthenticated_access",
                            "ui",
                            "storage",
                            "backend",
                            "listener",
                            "telemetry",
                            "replication",
                            "seal",
                            "ha_storage",
                            "service_registration",
                            "user_lockout",
                            "cache_size",
                            "plugin_directory",
                            "license_path",
                            "no_such_key"}) {
        QTest::newRow(key) << kMinimal + key + " = %1\n";
    }
    for (const auto* key :
         {"path", "node_id", "single_node", "retry_join", "max_entry_size", "performance_multiplier", "autopilot_update_interval"}) {
        QTest::newRow(key) << QByteArray{"listener \"tcp\" { tls_disable = true }\nstorage \"raft\" {\n  path = \"/d\"\n  "} + key + " = %1\n}\n";
    }
    for (const auto* key : {"address", "cluster_address", "tls_disable", "tls_cert_file", "tls_key_file", "tls_client_ca_file",
                            "tls_require_and_verify_client_cert", "tls_min_version", "max_request_size", "max_request_duration",
                            "tls_disable_client_certs", "telemetry", "http_read_timeout", "x_forwarded_for_hop_skips", "custom_response_headers"}) {
        QTest::newRow(key) << QByteArray{"storage \"inmem\" {}\nlistener \"tcp\" {\n  tls_disable = true\n  "} + key + " = %1\n}\n";
    }
    for (const auto* key : {"prometheus_retention_time", "disable_hostname", "usage_gauge_period", "statsd_address"}) {
        QTest::newRow(key) << kMinimal + "telemetry {\n  " + key + " = %1\n}\n";
    }
    for (const auto* key : {"resolver_discover_servers", "logshipper_buffer_length", "logshipper_buffer_size", "allow_forwarding_via_header",
                            "best_effort_wal_wait_duration", "allow_forwarding_via_token"}) {
        QTest::newRow(key) << kMinimal + "replication {\n  " + key + " = %1\n}\n";
    }
    for (const auto* key : {"lib", "slot", "token_label", "pin", "key_label", "hmac_key_label", "mechanism", "generate_key", "disabled"}) {
        QTest::newRow(key) << kMinimal + "seal \"pkcs11\" {\n  " + key + " = %1\n}\n";
    }
}

void TestConfigStart::everyKeyTakesAnyValueOrNamesItself()
{
    QFETCH(QByteArray, text);
    const QByteArray huge(100'000, 'x');
    const QList<QByteArray> values{"\"\"",
                                   "\" \"",
                                   "0",
                                   "-1",
                                   "1",
                                   "99999999999999999999999",
                                   "1e400",
                                   "-1.5",
                                   "true",
                                   "false",
                                   "\"-1\"",
                                   "\"-5s\"",
                                   "\"1h\"",
                                   "\"99999999h\"",
                                   "\"9223372036854775807\"",
                                   "[]",
                                   "[1]",
                                   "[\"\"]",
                                   "[[]]",
                                   "{}",
                                   "{ a = 1 }",
                                   "\"" + huge + "\"",
                                   "\"{{\"",
                                   "\"{{ }}\"",
                                   "\"\\u0000\"",
                                   "\"\n\"",
                                   "\"http://\"",
                                   "\"https://[::1\"",
                                   "\"\xff\xfe\""};
    for (const auto& value : values) {
        auto document = text;
        const auto file = write("any.hcl", document.replace("%1", value));
        const auto config = loadConfig({file}, emptyEnvironment, interfaces);
        if (config) continue;
        const auto detail = detailOf(config);
        QVERIFY2(detail.size() > 5 && detail.size() < 2'000, qPrintable(value.left(40) + ": " + detail.left(200).toUtf8()));
        const bool isOfTheWhole = detail.startsWith("default_lease_ttl is longer") || detail.contains("names no ");
        QVERIFY2(isOfTheWhole || detail.startsWith(QString::fromStdString(file.string()) + ":"), qPrintable(detail));
    }
}

QTEST_APPLESS_MAIN(TestConfigStart)
#include "tst_config_start.moc"
