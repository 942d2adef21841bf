#include "core/server/config/config.h"

#include <QtTest>

#include <fstream>

using namespace core;
using namespace core::server;
using namespace std::chrono_literals;

/// The stanzas and keys of a configuration that limit users: user_lockout, max_entry_size.
class TestConfigLimits : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void lockoutStanzasAreRead();
    void mistakesAreNamed_data();
    void mistakesAreNamed();
    void entrySizeIsReadForEveryStorage_data();
    void entrySizeIsReadForEveryStorage();

private:
    Result<Config> load(const std::string& more, const std::string& storage, const Environment& environment);
    Result<Config> load(const std::string& more)
    {
        return load(more, "storage \"inmem\" {}", [](std::string_view) { return std::optional<std::string>{}; });
    }
    QTemporaryDir m_folder;
};

Result<Config> TestConfigLimits::load(const std::string& more, const std::string& storage, const Environment& environment)
{
    const auto file = m_folder.filePath("holdfast.hcl").toStdString();
    std::ofstream{file} << storage << "\nlistener \"tcp\" {\n  tls_disable = true\n}\n" << more;
    return loadConfig({file}, environment);
}

void TestConfigLimits::lockoutStanzasAreRead()
{
    const auto config = load(R"(
user_lockout "all" {
  lockout_threshold = "7"
  lockout_duration = "10m"
  lockout_counter_reset = 60
}
user_lockout "userpass" {
  lockout_threshold = 0
  disable_lockout = true
})");
    QVERIFY2(config.has_value(), config ? "" : config.error().detail.c_str());
    const auto& stanzas = config->lockout.stanzas;
    QCOMPARE(stanzas.size(), std::size_t{2});
    QCOMPARE(stanzas.at("all").threshold, std::uint64_t{7});
    QVERIFY(stanzas.at("all").duration == 10min);
    QVERIFY(stanzas.at("all").counterReset == 60s);
    QVERIFY(!stanzas.at("all").isDisabled);
    QCOMPARE(stanzas.at("userpass").threshold, std::uint64_t{0}); // not set
    QVERIFY(stanzas.at("userpass").isDisabled == true);
    QVERIFY(!config->lockout.isSwitchedOff);
    for (const auto& warning : config->warnings) QVERIFY(warning.find("lockout") == std::string::npos);

    const auto off = load({}, "storage \"inmem\" {}", [](std::string_view name) {
        return name == "VAULT_DISABLE_USER_LOCKOUT" ? std::optional<std::string>{"true"} : std::nullopt;
    });
    QVERIFY(off.has_value());
    QVERIFY(off->lockout.isSwitchedOff);
}

void TestConfigLimits::mistakesAreNamed_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("named");
    QTest::newRow("method") << R"(user_lockout "jwt" {})"
                            << "unknown method \"jwt\"";
    QTest::newRow("threshold") << R"(user_lockout "all" { lockout_threshold = "many" })"
                               << "lockout_threshold";
    QTest::newRow("duration") << R"(user_lockout "all" { lockout_duration = "soon" })"
                              << "lockout_duration";
    QTest::newRow("audit device") << R"(audit "file" "main" { options { file_path = "/var/log/audit.log" } })"
                                  << "audit: devices are not read";
    QTest::newRow("flag") << R"(user_lockout "all" { disable_lockout = "perhaps" })"
                          << "disable_lockout";
}

void TestConfigLimits::mistakesAreNamed()
{
    QFETCH(QString, text);
    QFETCH(QString, named);
    const auto config = load(text.toStdString());
    QVERIFY(!config.has_value());
    QVERIFY2(QString::fromStdString(config.error().detail).contains(named), config.error().detail.c_str());
}

void TestConfigLimits::entrySizeIsReadForEveryStorage_data()
{
    QTest::addColumn<QString>("type");
    for (const char* type : {"leveldb", "file", "raft", "inmem"}) QTest::newRow(type) << QString{type};
}

void TestConfigLimits::entrySizeIsReadForEveryStorage()
{
    QFETCH(QString, type);
    const auto stanza = [&](const char* size) {
        const auto path = type == "inmem" ? std::string{} : "path = \"" + m_folder.path().toStdString() + "\"\n";
        return "storage \"" + type.toStdString() + "\" {\n" + path + size + "\n}";
    };
    const auto nothing = [](std::string_view) { return std::optional<std::string>{}; };
    const auto usual = load({}, stanza(""), nothing);
    QVERIFY2(usual.has_value(), usual ? "" : usual.error().detail.c_str());
    QCOMPARE(usual->storage.entryBytesMax, std::uint64_t{1u << 20});
    const auto raised = load({}, stanza("max_entry_size = \"33554432\""), nothing);
    QVERIFY2(raised.has_value(), raised ? "" : raised.error().detail.c_str());
    QCOMPARE(raised->storage.entryBytesMax, std::uint64_t{33'554'432});
    QVERIFY(raised->warnings.empty());
    // Zero and the empty text mean the default here too.
    for (const char* size : {"max_entry_size = 0", "max_entry_size = \"0\"", "max_entry_size = \"\""}) {
        const auto zero = load({}, stanza(size), nothing);
        QVERIFY2(zero.has_value(), zero ? "" : zero.error().detail.c_str());
        QCOMPARE(zero->storage.entryBytesMax, std::uint64_t{1u << 20});
    }
    QVERIFY(!load({}, stanza("max_entry_size = -1"), nothing).has_value());
}

QTEST_GUILESS_MAIN(TestConfigLimits)
#include "tst_config_limits.moc"
