#include "core/server/config/config.h"

#include <QtTest>

#include <map>

using namespace core;
using namespace core::server;
using namespace std::chrono_literals;

class TestConfig : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyKeyIsRead();
    void jsonReadsTheSame();
    void defaultsAreVaults();
    void existingStorageTypesAreAliases_data();
    void existingStorageTypesAreAliases();
    void filesAndDirectoriesMerge();
    void unknownAndIdleKeysAreNamed();
    void mistakesAreNamedWithTheirLine_data();
    void mistakesAreNamedWithTheirLine();
    void missingPartsAreNamed_data();
    void missingPartsAreNamed();
    void environmentOverrides();
    void sealsAreRead();
    void environmentOverridesTheSeal();
    void devServersAreMadeOfFlags();
    void handedOutAddressesComeFromApiAddr_data();
    void handedOutAddressesComeFromApiAddr();

private:
    std::filesystem::path write(const QString& name, const QByteArray& text);
    QTemporaryDir m_directory;
};

namespace {

std::optional<std::string> emptyEnvironment(std::string_view)
{
    return std::nullopt;
}

Environment environmentOf(std::map<std::string, std::string, std::less<>> values)
{
    return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end()) return std::nullopt;
        return found->second;
    };
}

const QByteArray kMinimal = "storage \"inmem\" {}\nlistener \"tcp\" { tls_disable = true }\n";

} // namespace

std::filesystem::path TestConfig::write(const QString& name, const QByteArray& text)
{
    QFile file{m_directory.filePath(name)};
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("writing %s", qPrintable(name));
    return file.fileName().toStdString();
}

void TestConfig::everyKeyIsRead()
{
    const auto file = write("all.hcl", R"(
storage "raft" { path = "/var/lib/holdfast" node_id = "a1" }
listener "tcp" {
  address = "10.0.0.1:8200"  cluster_address = "10.0.0.1:9201"
  tls_cert_file = "/etc/c.pem"  tls_key_file = "/etc/k.pem"  tls_client_ca_file = "/etc/ca.pem"
  tls_require_and_verify_client_cert = "true"  tls_min_version = "tls13"
  max_request_size = 1048576  max_request_duration = "45s"
  telemetry { unauthenticated_metrics_access = true }
}
listener "tcp" { address = "[::1]:8300"  tls_disable = 1 }
api_addr = "https://a.example.com:8200/"
cluster_addr = "http://a.example.com:8201"
cluster_name = "alpha"
log_level = "DEBUG"  log_format = "json"  log_file = "/var/log/h.log"
default_lease_ttl = "24h"  max_lease_ttl = 172800
disable_mlock = true  ui = true  raw_storage_endpoint = true  pid_file = "/run/h.pid"
enable_unauthenticated_access = ["generate-root", "rekey"]
telemetry { prometheus_retention_time = "30m"  disable_hostname = true }
replication {
  resolver_discover_servers = false  logshipper_buffer_length = 100  logshipper_buffer_size = "512mib"
  log_retention_size = "2gib"  log_retention_time = "72h"
  allow_forwarding_via_header = true  best_effort_wal_wait_duration = "5s"  allow_forwarding_via_token = "new_token"
}
seal "shamir" {}
)");
    const auto config = loadConfig({file}, emptyEnvironment);
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    for (const auto& warning : config->warnings) qWarning("%s", warning.c_str());
    QVERIFY(config->warnings.empty());
    QVERIFY(config->storage.engine == StorageConfig::Engine::LevelDb);
    QCOMPARE(config->storage.type, std::string{"raft"});
    QCOMPARE(config->storage.path.string(), std::string{"/var/lib/holdfast"});
    QCOMPARE(config->storage.nodeId, std::string{"a1"});
    QCOMPARE(config->listeners.size(), std::size_t{2});
    const auto& first = config->listeners[0];
    QVERIFY((first.address == ListenAddress{"10.0.0.1", 8200}));
    QVERIFY((first.clusterAddress == ListenAddress{"10.0.0.1", 9201}));
    QVERIFY(!first.isTlsDisabled && first.isClientCertRequired && first.isMetricsOpen);
    QCOMPARE(first.tlsCertFile.string(), std::string{"/etc/c.pem"});
    QCOMPARE(first.tlsKeyFile.string(), std::string{"/etc/k.pem"});
    QCOMPARE(first.tlsClientCaFile.string(), std::string{"/etc/ca.pem"});
    QVERIFY(first.tlsVersionMin == ListenerConfig::TlsVersion::Tls13);
    QCOMPARE(first.requestBytesMax, std::uint64_t{1048576});
    QVERIFY(first.requestDurationMax == 45s);
    QVERIFY((config->listeners[1].address == ListenAddress{"::1", 8300}));
    QVERIFY(config->listeners[1].isTlsDisabled);
    QCOMPARE(config->effectiveApiAddr(), std::string{"https://a.example.com:8200"});
    QCOMPARE(config->effectiveClusterAddr(), std::string{"https://a.example.com:8201"});
    QVERIFY((config->clusterListenAddress() == ListenAddress{"10.0.0.1", 9201}));
    QCOMPARE(config->clusterName, std::string{"alpha"});
    QVERIFY(config->log.level == logging::Level::Debug && config->log.format == logging::Format::Json);
    QCOMPARE(config->logFile.path.string(), std::string{"/var/log/h.log"});
    QVERIFY(config->leaseTtlDefault == 24h && config->leaseTtlMax == 48h);
    QVERIFY(config->isMlockDisabled && config->isRawStorageOpen);
    QCOMPARE(config->pidFile.string(), std::string{"/run/h.pid"});
    QVERIFY(config->isOpenWithoutToken("rekey") && !config->isOpenWithoutToken("generate-operation-token"));
    QVERIFY(config->telemetry.prometheusRetention == 30min && config->telemetry.isHostnameDisabled);
    const auto& replication = config->replication;
    QVERIFY(!replication.discoversServers && replication.isForwardingByHeaderAllowed);
    QCOMPARE(replication.logShipperEntriesMax, std::uint64_t{100});
    QVERIFY(replication.logShipperBytesMax == std::uint64_t{512} << 20);
    QCOMPARE(replication.logRetentionBytes, std::uint64_t{2} << 30);
    QVERIFY(replication.logRetentionTime == std::chrono::hours{72});
    QVERIFY(replication.walWait == 5s);
    QVERIFY(replication.tokenForwarding == ReplicationConfig::TokenForwarding::NewToken);
}

void TestConfig::jsonReadsTheSame()
{
    const auto file = write("all.json", R"({"storage": {"file": {"path": "/d"}},
        "listener": [{"tcp": {"address": "127.0.0.1:1", "tls_disable": "true"}}, {"tcp": {"address": "127.0.0.1:3", "tls_disable": 1}}],
        "telemetry": {"disable_hostname": true}, "max_lease_ttl": "999h"})");
    const auto config = loadConfig({file}, emptyEnvironment);
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    QCOMPARE(config->storage.type, std::string{"file"});
    QCOMPARE(config->listeners.size(), std::size_t{2});
    QCOMPARE(config->listeners[1].address.port, std::uint16_t{3});
    QVERIFY(config->telemetry.isHostnameDisabled);
    QVERIFY(config->leaseTtlMax == 999h);
    QVERIFY(config->warnings.empty());
}

void TestConfig::defaultsAreVaults()
{
    const auto config = loadConfig({write("minimal.hcl", kMinimal)}, emptyEnvironment);
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    QVERIFY(config->leaseTtlDefault == 768h && config->leaseTtlMax == 768h);
    QVERIFY(config->telemetry.prometheusRetention == 24h);
    QVERIFY(config->log.level == logging::Level::Info);
    const auto& listener = config->listeners.front();
    QVERIFY((listener.address == ListenAddress{"127.0.0.1", 8200}));
    QCOMPARE(listener.requestBytesMax, std::uint64_t{33554432});
    QVERIFY(listener.requestDurationMax == 90s);
    QCOMPARE(config->effectiveApiAddr(), std::string{"http://127.0.0.1:8200"});
    QCOMPARE(config->effectiveClusterAddr(), std::string{"https://127.0.0.1:8201"});
    QVERIFY(config->replication.walWait == 2s && config->replication.discoversServers);
    QVERIFY(!config->replication.logShipperBytesMax);
}

void TestConfig::existingStorageTypesAreAliases_data()
{
    QTest::addColumn<QByteArray>("storage");
    QTest::addColumn<bool>("isOnDisk");
    QTest::newRow("leveldb") << QByteArray{R"(storage "leveldb" { path = "/d" })"} << true;
    QTest::newRow("file") << QByteArray{R"(storage "file" { path = "/d" })"} << true;
    QTest::newRow("raft") << QByteArray{R"(storage "raft" { path = "/d" })"} << true;
    QTest::newRow("inmem") << QByteArray{R"(storage "inmem" {})"} << false;
    QTest::newRow("old name of the stanza") << QByteArray{R"(backend "file" { path = "/d" })"} << true;
}

void TestConfig::existingStorageTypesAreAliases()
{
    QFETCH(QByteArray, storage);
    QFETCH(bool, isOnDisk);
    const auto config = loadConfig({write("s.hcl", storage + "\nlistener \"tcp\" { tls_disable = true }")}, emptyEnvironment);
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    QCOMPARE(config->storage.engine == StorageConfig::Engine::LevelDb, isOnDisk);
    QCOMPARE(config->storage.path.string(), std::string{isOnDisk ? "/d" : ""});
}

void TestConfig::filesAndDirectoriesMerge()
{
    QVERIFY(QDir{m_directory.path()}.mkdir("d"));
    write("d/20.hcl", "listener \"tcp\" { address = \"127.0.0.1:2\" tls_disable = true }\ncluster_name = \"twenty\"");
    write("d/10.json", R"({"listener": {"tcp": {"address": "127.0.0.1:1", "tls_disable": true}}, "cluster_name": "ten", "log_level": "warn"})");
    write("d/notes.txt", "not a configuration {{{");
    const auto last = write("last.hcl", "storage \"inmem\" {}\nlog_level = \"trace\"");
    const std::filesystem::path directory = m_directory.filePath("d").toStdString();
    const auto config = loadConfig({directory, last}, emptyEnvironment);
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    QCOMPARE(config->listeners.size(), std::size_t{2});
    QCOMPARE(config->listeners[0].address.port, std::uint16_t{1});
    QCOMPARE(config->clusterName, std::string{"twenty"});
    QVERIFY(config->log.level == logging::Level::Trace);
    const auto reversed = loadConfig({last, directory}, emptyEnvironment);
    QVERIFY(reversed && reversed->log.level == logging::Level::Warn);
}

void TestConfig::unknownAndIdleKeysAreNamed()
{
    const auto file = write("odd.hcl", "storage \"inmem\" {}\nfavourite_colour = \"blue\"\nlistener \"tcp\" {\n  tls_disable = true\n"
                                       "  tls_prefer_server_cipher_suites = true\n  adress = \"127.0.0.1:9\"\n}\nplugin_directory = \"/p\"\n");
    const auto config = loadConfig({file}, emptyEnvironment);
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    const std::vector<std::string> expected = {file.string() + ":8: 'plugin_directory' has no effect",
                                               file.string() + ":2: unknown key 'favourite_colour'",
                                               file.string() + ":5: 'tls_prefer_server_cipher_suites' in listener \"tcp\" has no effect",
                                               file.string() + ":6: unknown key 'adress' in listener \"tcp\""};
    for (const auto& warning : config->warnings) qInfo("%s", warning.c_str());
    QVERIFY(config->warnings == expected);
}

void TestConfig::mistakesAreNamedWithTheirLine_data()
{
    QTest::addColumn<QByteArray>("text"); // follows the minimal configuration, so it begins in line 3
    QTest::addColumn<QString>("detail");  // the text after the file's name
    QTest::newRow("syntax") << QByteArray{"api_addr = "} << ": At 3:12: expected: STRING | NUMBER | BOOL | LBRACE | LBRACK got: EOF";
    QTest::newRow("type") << QByteArray{"\ncluster_name = [1]"} << ":4: cluster_name: must be a string, not a list";
    QTest::newRow("number as name") << QByteArray{"cluster_name = 5"} << ":3: cluster_name: must be a string, not a number";
    QTest::newRow("url") << QByteArray{"api_addr = \"a.example.com\""}
                         << ":3: api_addr: not a URL that begins with http:// or https://: \"a.example.com\"";
    QTest::newRow("url with path") << QByteArray{"api_addr = \"http://a:1/ui\""}
                                   << ":3: api_addr: not a URL of the form scheme://host:port: \"http://a:1/ui\"";
    QTest::newRow("flag") << QByteArray{"disable_mlock = \"yes\""} << ":3: disable_mlock: neither true nor false: \"yes\"";
    QTest::newRow("flag as list") << QByteArray{"disable_mlock = []"} << ":3: disable_mlock: must be true or false, not a list";
    QTest::newRow("families") << QByteArray{"enable_unauthenticated_access = [\"unseal\"]"}
                              << ":3: enable_unauthenticated_access: takes generate-root, generate-operation-token and rekey, not \"unseal\"";
    QTest::newRow("list of strings") << QByteArray{"enable_unauthenticated_access = [1]"}
                                     << ":3: enable_unauthenticated_access: must be a list of strings";
    QTest::newRow("duration") << QByteArray{"max_lease_ttl = \"soon\""} << ":3: max_lease_ttl: time: invalid duration \"soon\"";
    QTest::newRow("negative duration") << QByteArray{"max_lease_ttl = \"-1s\""} << ":3: max_lease_ttl: a duration must not be negative";
    QTest::newRow("level") << QByteArray{"log_level = \"loud\""} << ":3: log_level: unknown log level (trace, debug, info, warn or error): \"loud\"";
    QTest::newRow("format") << QByteArray{"log_format = \"xml\""} << ":3: log_format: must be standard or json, not \"xml\"";
    QTest::newRow("second storage") << QByteArray{"storage \"inmem\" {}"} << ":3: storage: only one storage block is possible";
    QTest::newRow("storage without type") << QByteArray{"storage {}"}
                                          << QString{u8":3: storage: must be a block with a type, such as storage \"type\" { … }"};
    QTest::newRow("storage with keys only") << QByteArray{"storage { path = \"/d\" }"} << ":3: storage: must be a block with a type";
    QTest::newRow("listener type") << QByteArray{"listener \"udp\" {}"} << ":3: listener: unknown type \"udp\" (tcp or unix)";
    QTest::newRow("address") << QByteArray{"listener \"tcp\" {\n  address = \"local host\"\n}"}
                             << ":4: address: not an address of the form host:port: \"local host\"";
    QTest::newRow("port") << QByteArray{"listener \"tcp\" {\n  address = \"h:65536\"\n}"}
                          << ":4: address: not an address of the form host:port: \"h:65536\"";
    QTest::newRow("no certificate") << QByteArray{"\n\nlistener \"tcp\" {}"} << ":5: listener: tls_cert_file is missing (or set tls_disable)";
    QTest::newRow("tls version") << QByteArray{"listener \"tcp\" { tls_disable = true\ntls_min_version = \"tls10\" }"}
                                 << ":4: tls_min_version: must be tls12 or tls13, not \"tls10\"";
    QTest::newRow("no client CA")
        << QByteArray{"listener \"tcp\" { tls_cert_file = \"c\" tls_key_file = \"k\"\ntls_require_and_verify_client_cert = true }"}
        << ":4: tls_require_and_verify_client_cert: needs tls_client_ca_file";
    QTest::newRow("request size") << QByteArray{"listener \"tcp\" { tls_disable = true max_request_size = \"much\" }"}
                                  << ":3: max_request_size: must be a whole number";
    QTest::newRow("address taken") << QByteArray{"listener \"tcp\" { tls_disable = true }"}
                                   << ":3: listener: 127.0.0.1:8200 is taken by the one at %1:2";
    QTest::newRow("log retention") << QByteArray{"replication { log_retention_size = \"1mib\" }"}
                                   << ":3: log_retention_size: must be at least 64 MiB";
    QTest::newRow("buffer size") << QByteArray{"replication { logshipper_buffer_size = \"10 apples\" }"}
                                 << ":3: logshipper_buffer_size: not a number of bytes: \"10 apples\"";
    QTest::newRow("token forwarding") << QByteArray{"replication { allow_forwarding_via_token = \"all\" }"}
                                      << ":3: allow_forwarding_via_token: must be new_token, not \"all\"";
    QTest::newRow("replication") << QByteArray{"replication = true"} << ":3: replication: must be a block";
    QTest::newRow("seal") << QByteArray{"seal \"awskms\" {}"} << ":3: seal: unknown type \"awskms\" (shamir or pkcs11)";
    QTest::newRow("slot") << QByteArray{"seal \"pkcs11\" {\n  slot = \"first\"\n}"} << ":4: slot: must be a number, decimal or after 0x hexadecimal";
    QTest::newRow("mechanism") << QByteArray{"seal \"pkcs11\" {\n  mechanism = \"0x9\"\n}"}
                               << ":4: mechanism: must be 0x1087 (AES-GCM) or 0x1085 (AES-CBC with padding, and an HMAC key)";
    QTest::newRow("two seals") << QByteArray{"seal \"pkcs11\" {}\nseal \"pkcs11\" {}"} << ":4: seal: one is at %1:3 already";
    QTest::newRow("no library") << QByteArray{"seal \"pkcs11\" {}"} << ":3: seal \"pkcs11\": lib (or VAULT_HSM_LIB) is missing";
    QTest::newRow("no token") << QByteArray{"seal \"pkcs11\" { lib = \"/l.so\" }"}
                              << ":3: seal \"pkcs11\": slot or token_label (or VAULT_HSM_SLOT, VAULT_HSM_TOKEN_LABEL) is missing";
    QTest::newRow("no pin") << QByteArray{"seal \"pkcs11\" { lib = \"/l.so\" token_label = \"t\" key_label = \"k\" }"}
                            << ":3: seal \"pkcs11\": pin (or VAULT_HSM_PIN) is missing";
    QTest::newRow("no key") << QByteArray{"seal \"pkcs11\" { lib = \"/l.so\" slot = 0 pin = \"p\" }"}
                            << ":3: seal \"pkcs11\": key_label (or VAULT_HSM_KEY_LABEL) is missing";
    QTest::newRow("no HMAC key") << QByteArray{"seal \"pkcs11\" { lib = \"/l.so\" slot = 0 pin = \"p\" key_label = \"k\" mechanism = \"0x1085\" }"}
                                 << ":3: seal \"pkcs11\": hmac_key_label (or VAULT_HSM_HMAC_KEY_LABEL), which mechanism 0x1085 needs, is missing";
}

void TestConfig::mistakesAreNamedWithTheirLine()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, detail);
    const auto file = write("wrong.hcl", kMinimal + text);
    const auto config = loadConfig({file}, emptyEnvironment);
    QVERIFY(!config);
    QVERIFY(config.error().code == ErrorCode::InvalidArgument);
    const auto name = QString::fromStdString(file.string());
    QCOMPARE(QString::fromStdString(config.error().detail), name + detail.replace("%1", name));
}

void TestConfig::missingPartsAreNamed_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("detail");
    QTest::newRow("storage") << QByteArray{"listener \"tcp\" { tls_disable = true }"} << "the configuration names no storage";
    QTest::newRow("listener") << QByteArray{"storage \"inmem\" {}"} << "the configuration names no listener";
    QTest::newRow("ttl order") << QByteArray{kMinimal + "max_lease_ttl = \"1h\""} << "default_lease_ttl is longer than max_lease_ttl";
    QTest::newRow("storage type") << QByteArray{"storage \"consul\" {}"} << "FILE:1: storage: unknown type \"consul\" (leveldb, file, raft or inmem)";
    QTest::newRow("path") << QByteArray{"storage \"leveldb\" {}"} << "FILE:1: storage: path is missing";
}

void TestConfig::missingPartsAreNamed()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, detail);
    const auto file = write("part.hcl", text);
    const auto config = loadConfig({file}, emptyEnvironment);
    QVERIFY(!config);
    QCOMPARE(QString::fromStdString(config.error().detail).replace(QString::fromStdString(file.string()), "FILE"), detail);
    const auto absent = loadConfig({std::filesystem::path{m_directory.filePath("absent.hcl").toStdString()}}, emptyEnvironment);
    QVERIFY(!absent && absent.error().code == ErrorCode::NotFound);
}

void TestConfig::sealsAreRead()
{
    const auto text = R"(
seal "pkcs11" {
  lib = "/usr/lib/hsm.so"  slot = "0x1f"  token_label = "t"  pin = "1234"  key_label = "k"
  hmac_key_label = "m"  mechanism = "4229"  generate_key = "true"
}
seal "pkcs11" { disabled = "true" }
)";
    const auto config = loadConfig({write("seal.hcl", kMinimal + text)}, emptyEnvironment);
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    QVERIFY(config->warnings.empty());
    QCOMPARE(config->seal.type, std::string{"pkcs11"});
    const auto& options = config->seal.pkcs11;
    QCOMPARE(options.library, std::string{"/usr/lib/hsm.so"});
    QVERIFY(options.slot == std::uint64_t{31});
    QCOMPARE(options.tokenLabel, std::string{"t"});
    QCOMPARE(options.pin->view(), std::string_view{"1234"});
    QCOMPARE(options.keyLabel, std::string{"k"});
    QCOMPARE(options.hmacKeyLabel, std::string{"m"});
    QVERIFY(options.mechanism == crypto::Pkcs11Key::Mechanism::AesCbcPad);
    QVERIFY(options.makesMissingKeys);
    QCOMPARE(loadConfig({write("none.hcl", kMinimal)}, emptyEnvironment)->seal.type, std::string{"shamir"});

    const auto former = R"(seal "pkcs11" { disabled = true lib = "/l.so" slot = 3 pin = "p" key_label = "k" })";
    const auto moving = loadConfig({write("former.hcl", kMinimal + former)}, emptyEnvironment);
    QVERIFY2(moving, moving ? "" : moving.error().detail.c_str());
    QCOMPARE(moving->seal.type, std::string{"shamir"});
    QCOMPARE(moving->formerSeal.type, std::string{"pkcs11"});
    QVERIFY(moving->formerSeal.pkcs11.slot == std::uint64_t{3});
}

void TestConfig::environmentOverridesTheSeal()
{
    const std::map<std::string, std::string, std::less<>> variables = {
        {"VAULT_SEAL_TYPE", "pkcs11"},  {"VAULT_HSM_LIB", "/l.so"},        {"VAULT_HSM_SLOT", "7"},
        {"VAULT_HSM_PIN", "9876"},      {"VAULT_HSM_KEY_LABEL", "k"},      {"VAULT_HSM_MECHANISM", "0x1087"},
        {"VAULT_HSM_TOKEN_LABEL", "t"}, {"VAULT_HSM_HMAC_KEY_LABEL", "m"}, {"VAULT_HSM_GENERATE_KEY", "true"}};
    const auto environment = [&](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
    for (const auto* text : {"", "seal \"pkcs11\" { lib = \"/file.so\" slot = 1 pin = \"file\" key_label = \"file\" }"}) {
        const auto config = loadConfig({write("seal.hcl", kMinimal + text)}, environment);
        QVERIFY2(config, config ? "" : config.error().detail.c_str());
        const auto& options = config->seal.pkcs11;
        QCOMPARE(config->seal.type, std::string{"pkcs11"});
        QCOMPARE(options.library, std::string{"/l.so"});
        QVERIFY(options.slot == std::uint64_t{7});
        QCOMPARE(options.pin->view(), std::string_view{"9876"});
        QCOMPARE(options.keyLabel + options.tokenLabel + options.hmacKeyLabel, std::string{"ktm"});
        QVERIFY(options.mechanism == crypto::Pkcs11Key::Mechanism::AesGcm && options.makesMissingKeys);
    }
}

void TestConfig::environmentOverrides()
{
    const auto file = write("env.hcl", kMinimal + "api_addr = \"http://file:8200\"\nlog_level = \"warn\"");
    const auto config = loadConfig(
        {file}, environmentOf({{"VAULT_API_ADDR", "https://env:8200"}, {"VAULT_CLUSTER_ADDR", "https://env:8201"}, {"VAULT_LOG_LEVEL", ""}}));
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    QCOMPARE(config->apiAddr, std::string{"https://env:8200"});
    QCOMPARE(config->clusterAddr, std::string{"https://env:8201"});
    QVERIFY(config->log.level == logging::Level::Warn);
    const auto wrong = loadConfig({file}, environmentOf({{"VAULT_LOG_LEVEL", "loud"}}));
    QVERIFY(!wrong);
    QVERIFY(wrong.error().detail.starts_with("VAULT_LOG_LEVEL: "));
}

void TestConfig::devServersAreMadeOfFlags()
{
    DevOptions options;
    options.isOn = true;
    options.rootTokenId = "flag";
    applyEnvironment(options, environmentOf({{"VAULT_DEV_ROOT_TOKEN_ID", "env"}, {"VAULT_DEV_LISTEN_ADDRESS", "127.0.0.1:9200"}}));
    QCOMPARE(options.rootTokenId, std::string{"flag"});
    const auto config = makeDevConfig(options, {}, emptyEnvironment);
    QVERIFY2(config, config ? "" : config.error().detail.c_str());
    QVERIFY(config->storage.engine == StorageConfig::Engine::Memory);
    QVERIFY(config->listeners.front().isTlsDisabled);
    QCOMPARE(config->effectiveApiAddr(), std::string{"http://127.0.0.1:9200"});
    QCOMPARE(config->effectiveClusterAddr(), std::string{"https://127.0.0.1:9201"});
    QCOMPARE(makeDevConfig({}, {}, emptyEnvironment)->effectiveApiAddr(), std::string{"http://127.0.0.1:8200"});
    options.listenAddress = "no address";
    QVERIFY(!makeDevConfig(options, {}, emptyEnvironment));
}

// The class: an address for other machines is loopback by accident. It is announced as `cluster_addr` (tokens, links,
// lists of members, sys/leader, ha-status), and as `api_addr` (tokens, sys/leader, lists of members, statements of an epoch). What
// holds: without cluster_addr it comes from api_addr. Without both, there is a warning for a listener on all addresses, and tokens
// name no API address.
void TestConfig::handedOutAddressesComeFromApiAddr_data()
{
    QTest::addColumn<QByteArray>("listener");
    QTest::addColumn<QByteArray>("more");
    QTest::addColumn<QByteArray>("cluster"); // empty: the configuration is refused
    QTest::addColumn<bool>("isApiKnown");
    QTest::addColumn<QList<QByteArray>>("warned");
    const QByteArray all = "address = \"0.0.0.0:8200\"";
    const QList<QByteArray> none;
    QTest::newRow("from api_addr") << all << QByteArray{"api_addr = \"http://10.7.0.1:8200\""} << QByteArray{"https://10.7.0.1:8201"} << true << none;
    QTest::newRow("its name and port") << all << QByteArray{"api_addr = \"https://vault.example:9000/\""} << QByteArray{"https://vault.example:9001"}
                                       << true << QList<QByteArray>{"the cluster port listens on 0.0.0.0:8201"};
    QTest::newRow("a scheme's port") << all << QByteArray{"api_addr = \"https://vault.example\""} << QByteArray{"https://vault.example:444"} << true
                                     << QList<QByteArray>{"the cluster port listens on 0.0.0.0:8201"};
    QTest::newRow("IPv6") << all << QByteArray{"api_addr = \"https://[2001:db8::1]:8200\""} << QByteArray{"https://[2001:db8::1]:8201"} << true
                          << none;
    QTest::newRow("before the listener's") << QByteArray{"address = \"10.0.0.9:8200\" cluster_address = \"10.0.0.9:8201\""}
                                           << QByteArray{"api_addr = \"http://10.7.0.1:8200\""} << QByteArray{"https://10.7.0.1:8201"} << true
                                           << none;
    QTest::newRow("cluster_addr goes before") << all << QByteArray{"api_addr = \"http://10.7.0.1:8200\" cluster_addr = \"https://10.7.0.2:9\""}
                                              << QByteArray{"https://10.7.0.2:9"} << true << none;
    QTest::newRow("no port left") << all << QByteArray{"api_addr = \"http://10.7.0.1:65535\""} << QByteArray{} << true << none;
    QTest::newRow("nothing is known") << all << QByteArray{} << QByteArray{"https://127.0.0.1:8201"} << false
                                      << QList<QByteArray>{"no redirect address", "derived as https://127.0.0.1:8201 from 0.0.0.0:8201"};
    QTest::newRow("nothing is known, IPv6") << QByteArray{"address = \"[::]:8200\""} << QByteArray{} << QByteArray{"https://[::1]:8201"} << false
                                            << QList<QByteArray>{"no redirect address", "derived as https://[::1]:8201 from [::]:8201"};
    QTest::newRow("cluster_addr alone") << all << QByteArray{"cluster_addr = \"https://10.7.0.2:8201\""} << QByteArray{"https://10.7.0.2:8201"}
                                        << false << QList<QByteArray>{"no redirect address"};
    // 0.0.0.0 and [::] can be configured or derived; in both cases they are not announced.
    QTest::newRow("api_addr everywhere") << all << QByteArray{"api_addr = \"http://0.0.0.0:8200\""} << QByteArray{"https://127.0.0.1:8201"} << false
                                         << QList<QByteArray>{"api_addr is http://0.0.0.0:8200", "derived as https://127.0.0.1:8201"};
    QTest::newRow("api_addr everywhere, IPv6") << all << QByteArray{"api_addr = \"http://[::]:8200\""} << QByteArray{"https://127.0.0.1:8201"}
                                               << false << QList<QByteArray>{"api_addr is http://[::]:8200", "derived as"};
    QTest::newRow("cluster_addr everywhere") << all << QByteArray{"api_addr = \"http://10.7.0.1:8200\" cluster_addr = \"https://0.0.0.0:9\""}
                                             << QByteArray{"https://10.7.0.1:9"} << true << QList<QByteArray>{"cluster_addr is https://0.0.0.0:9"};
    QTest::newRow("both everywhere") << all << QByteArray{"api_addr = \"http://0.0.0.0:8200\" cluster_addr = \"https://[::]:9\""}
                                     << QByteArray{"https://[::1]:9"} << false << QList<QByteArray>{"api_addr is", "cluster_addr is"};
    QTest::newRow("one address") << QByteArray{"address = \"10.0.0.9:8200\""} << QByteArray{} << QByteArray{"https://10.0.0.9:8201"} << true
                                 << QList<QByteArray>{"no redirect address"};
}

void TestConfig::handedOutAddressesComeFromApiAddr()
{
    QFETCH(QByteArray, listener);
    QFETCH(QByteArray, more);
    QFETCH(QByteArray, cluster);
    QFETCH(bool, isApiKnown);
    QFETCH(QList<QByteArray>, warned);
    const auto config = loadConfig({write("handed.hcl", "storage \"inmem\" {}\nlistener \"tcp\" { tls_disable = true " + listener + " }\n" + more)},
                                   emptyEnvironment);
    QCOMPARE(config.has_value(), !cluster.isEmpty());
    if (!config) return;
    QCOMPARE(QByteArray::fromStdString(config->effectiveClusterAddr()), cluster);
    QCOMPARE(config->isApiAddrKnown(), isApiKnown);
    const auto said = config->addressWarnings();
    for (const auto& text : said) qInfo("%s", text.c_str());
    QCOMPARE(said.size(), static_cast<std::size_t>(warned.size()));
    for (qsizetype at = 0; at < warned.size(); ++at) {
        QVERIFY2(QByteArray::fromStdString(said[static_cast<std::size_t>(at)]).contains(warned[at]), warned[at].constData());
    }
}

QTEST_APPLESS_MAIN(TestConfig)
#include "tst_config.moc"
