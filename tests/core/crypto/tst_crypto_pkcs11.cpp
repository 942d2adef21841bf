#include "core/crypto/pkcs11_key.h"

#include <QtTest>

#include <filesystem>
#include <thread>

using namespace core;
using crypto::Pkcs11Key;
using namespace Qt::StringLiterals;

namespace {

constexpr const char* kPin = "correct-pin-3141";

std::string softHsm()
{
    for (const auto* path : {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                             "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"}) {
        if (std::filesystem::exists(path)) return path;
    }
    return {};
}

void addToken(const QString& label)
{
    QProcess tool;
    tool.start(u"softhsm2-util"_s,
               {u"--init-token"_s, u"--free"_s, u"--label"_s, label, u"--so-pin"_s, u"so-pin-2718"_s, u"--pin"_s, QString::fromLatin1(kPin)});
    if (!tool.waitForFinished() || tool.exitCode() != 0) qFatal("softhsm2-util: %s", tool.readAllStandardError().constData());
}

Pkcs11Key::Options optionsOf(Pkcs11Key::Mechanism mechanism = Pkcs11Key::Mechanism::AesGcm)
{
    Pkcs11Key::Options options;
    options.library = softHsm();
    options.tokenLabel = "alpha";
    options.pin = std::make_shared<const SecretBytes>(SecretBytes::copyOf(std::string_view{kPin}));
    options.keyLabel = "root";
    options.hmacKeyLabel = "mac";
    options.mechanism = mechanism;
    options.makesMissingKeys = true;
    return options;
}

} // namespace

/// With SoftHSM2, in a folder of its own.
class TestCryptoPkcs11 : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void opensWhatItWrapped_data() { mechanisms(); }
    void opensWhatItWrapped();
    void opensNothingAltered_data() { mechanisms(); }
    void opensNothingAltered();
    void labelOfTheKeyIsRemembered();
    void makesNoKeyToOpenWith();
    void severalKeysAreRefused();
    void failuresAreNamed_data();
    void failuresAreNamed();
    void threadsTakeTurns();

private:
    static void mechanisms()
    {
        QTest::addColumn<Pkcs11Key::Mechanism>("mechanism");
        QTest::newRow("AES-GCM") << Pkcs11Key::Mechanism::AesGcm;
        QTest::newRow("AES-CBC and HMAC") << Pkcs11Key::Mechanism::AesCbcPad;
    }

    QTemporaryDir m_directory;
    OsRandom m_random;
};

void TestCryptoPkcs11::initTestCase()
{
    QVERIFY2(!softHsm().empty(), "apt install softhsm2");
    QVERIFY(QDir{m_directory.path()}.mkdir(u"tokens"_s));
    QFile configuration{m_directory.filePath(u"softhsm2.conf"_s)};
    QVERIFY(configuration.open(QIODevice::WriteOnly));
    configuration.write("directories.tokendir = " + m_directory.filePath(u"tokens"_s).toUtf8() + "\nlog.level = ERROR\n");
    configuration.close();
    qputenv("SOFTHSM2_CONF", configuration.fileName().toUtf8());
    addToken(u"alpha"_s);
    addToken(u"twice"_s);
}

void TestCryptoPkcs11::opensWhatItWrapped()
{
    QFETCH(Pkcs11Key::Mechanism, mechanism);
    const Pkcs11Key key{optionsOf(mechanism), m_random};
    const auto secret = m_random.secret(32);
    const auto first = key.wrap("name", secret);
    const auto second = key.wrap("name", secret);
    QVERIFY2(first, first ? "" : toString(first.error()).c_str());
    QVERIFY(second && *first != *second); // each time another vector
    for (const auto& wrapped : {*first, *second}) {
        QVERIFY(wrapped.find(secret.view()) == std::string::npos);
        const auto opened = key.unwrap("name", wrapped);
        QVERIFY(opened && *opened == secret);
    }
}

void TestCryptoPkcs11::opensNothingAltered()
{
    QFETCH(Pkcs11Key::Mechanism, mechanism);
    const Pkcs11Key key{optionsOf(mechanism), m_random};
    const auto wrapped = *key.wrap("name", m_random.secret(32));
    QVERIFY(key.unwrap("other", wrapped).error().code == ErrorCode::Corrupt);
    for (std::size_t at = 0; at < wrapped.size(); ++at) {
        auto altered = wrapped;
        altered[at] = static_cast<char>(altered[at] ^ (1 << (at % 8)));
        const auto opened = key.unwrap("name", altered);
        QVERIFY2(!opened, qPrintable(u"byte %1"_s.arg(at)));
        const auto code = opened.error().code;
        QVERIFY(code == ErrorCode::Corrupt || code == ErrorCode::NotFound); // not found: the damaged label names no key
    }
    for (std::size_t size = 0; size < wrapped.size(); size += 7) QVERIFY(!key.unwrap("name", wrapped.substr(0, size)));
}

void TestCryptoPkcs11::labelOfTheKeyIsRemembered()
{
    const auto secret = m_random.secret(32);
    const auto wrapped = *Pkcs11Key{optionsOf(), m_random}.wrap("name", secret);
    auto options = optionsOf();
    options.keyLabel = "root-2";
    const auto opened = Pkcs11Key{options, m_random}.unwrap("name", wrapped);
    QVERIFY(opened && *opened == secret);
}

void TestCryptoPkcs11::makesNoKeyToOpenWith()
{
    auto wrapped = *Pkcs11Key{optionsOf(), m_random}.wrap("name", m_random.secret(32));
    wrapped.replace(wrapped.find("root"), 4, "gone");
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto opened = Pkcs11Key{optionsOf(), m_random}.unwrap("name", wrapped);
        QVERIFY(opened.error().code == ErrorCode::NotFound);
        QCOMPARE(opened.error().detail, std::string{"the token \"alpha\" holds no key labelled \"gone\""});
    }
    auto options = optionsOf();
    options.keyLabel = "none";
    options.makesMissingKeys = false;
    QVERIFY(Pkcs11Key(options, m_random).wrap("name", m_random.secret(32)).error().code == ErrorCode::NotFound);
}

void TestCryptoPkcs11::severalKeysAreRefused()
{
    auto options = optionsOf();
    options.tokenLabel = "twice";
    const auto secret = m_random.secret(32);
    const auto wrapped = *Pkcs11Key(options, m_random).wrap("name", secret);
    QProcess tool;
    tool.start(u"pkcs11-tool"_s, {u"--module"_s, QString::fromStdString(softHsm()), u"--token-label"_s, u"twice"_s, u"--login"_s, u"--pin"_s,
                                  QString::fromLatin1(kPin), u"--keygen"_s, u"--key-type"_s, u"AES:32"_s, u"--label"_s, u"root"_s});
    QVERIFY2(tool.waitForFinished() && tool.exitCode() == 0, "apt install opensc");
    const auto again = Pkcs11Key(options, m_random).wrap("name", secret);
    QVERIFY(again.error().code == ErrorCode::FailedPrecondition);
    const auto opened = Pkcs11Key(options, m_random).unwrap("name", wrapped); // the wrapped key belongs to one of them
    QVERIFY(opened && *opened == secret);
}

void TestCryptoPkcs11::failuresAreNamed_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QString>("text");
    QTest::newRow("library") << u"library"_s << ErrorCode::Unavailable << u"cannot be loaded"_s;
    QTest::newRow("no library") << u"other library"_s << ErrorCode::InvalidArgument << u"is no PKCS#11 library"_s;
    QTest::newRow("token") << u"token"_s << ErrorCode::Unavailable << u"there is no token labelled \"beta\" (present: "_s;
    QTest::newRow("slot") << u"slot"_s << ErrorCode::Unavailable << u"there is no token labelled \"alpha\" in slot 99 (present: "_s;
    QTest::newRow("pin") << u"pin"_s << ErrorCode::PermissionDenied << u"C_Login: CKR_PIN_INCORRECT (0xa0)"_s;
    QTest::newRow("label") << u"label"_s << ErrorCode::InvalidArgument << u"the key's label is not 1 to 255 bytes of text"_s;
}

void TestCryptoPkcs11::failuresAreNamed()
{
    QFETCH(QString, what);
    QFETCH(ErrorCode, code);
    QFETCH(QString, text);
    auto options = optionsOf();
    if (what == u"library"_s) options.library = "/nonexistent.so";
    if (what == u"other library"_s) options.library = "libssl.so.3";
    if (what == u"token"_s) options.tokenLabel = "beta";
    if (what == u"slot"_s) options.slot = 99;
    if (what == u"pin"_s) options.pin = std::make_shared<const SecretBytes>(SecretBytes::copyOf(std::string_view{"wrong-pin"}));
    if (what == u"label"_s) options.keyLabel = "two\nlines";
    const auto wrapped = Pkcs11Key{options, m_random}.wrap("name", m_random.secret(32));
    QVERIFY(!wrapped);
    QVERIFY(wrapped.error().code == code);
    QVERIFY2(wrapped.error().detail.find(text.toStdString()) != std::string::npos, wrapped.error().detail.c_str());
    for (const std::string_view pin : {optionsOf().pin->view(), std::string_view{"wrong-pin"}}) {
        QVERIFY(wrapped.error().detail.find(pin) == std::string::npos);
    }
}

void TestCryptoPkcs11::threadsTakeTurns()
{
    const Pkcs11Key key{optionsOf(), m_random};
    std::atomic<int> opened{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&] {
            for (int turn = 0; turn < 5; ++turn) {
                const auto secret = m_random.secret(32);
                const auto wrapped = key.wrap("name", secret);
                const auto back = wrapped ? key.unwrap("name", *wrapped) : Result<SecretBytes>{wrapped.error()};
                if (back && *back == secret) ++opened;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    QCOMPARE(opened.load(), 20);
}

QTEST_GUILESS_MAIN(TestCryptoPkcs11)
#include "tst_crypto_pkcs11.moc"
