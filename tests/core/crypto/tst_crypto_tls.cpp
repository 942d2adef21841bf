#include "core/crypto/tls.h"
#include "core/crypto/tls_refusal.h"

#include <QtTest>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <fstream>

using namespace core;
using namespace core::crypto;

namespace {

constexpr const char* kPerformance = "replication_v1";
constexpr const char* kRecovery = "replication_dr_v1";

struct SslDelete {
    void operator()(SSL* connection) const { SSL_free(connection); }
};
using Ssl = std::unique_ptr<SSL, SslDelete>;

/// Two ends joined in memory.
struct Pair {
    Pair(SSL_CTX* serverContext, SSL_CTX* clientContext) : server{SSL_new(serverContext)}, client{SSL_new(clientContext)}
    {
        BIO* left = nullptr;
        BIO* right = nullptr;
        BIO_new_bio_pair(&left, 1 << 16, &right, 1 << 16);
        SSL_set_bio(server.get(), left, left);
        SSL_set_bio(client.get(), right, right);
        SSL_set_accept_state(server.get());
        SSL_set_connect_state(client.get());
    }

    /// True when both ends have finished and a byte went each way (in TLS 1.3 a client learns of a refusal only then).
    bool connect()
    {
        bool isServerDone = false;
        bool isClientDone = false;
        for (int step = 0; step < 20 && !(isServerDone && isClientDone); ++step) {
            isClientDone = isClientDone || proceed(client.get());
            isServerDone = isServerDone || proceed(server.get());
        }
        const bool isJoined = isServerDone && isClientDone && carry(client.get(), server.get()) && carry(server.get(), client.get());
        ERR_clear_error();
        return isJoined;
    }

    static bool proceed(SSL* connection) { return SSL_do_handshake(connection) == 1; }
    static bool carry(SSL* from, SSL* to)
    {
        char byte = 'x';
        return SSL_write(from, &byte, 1) == 1 && SSL_read(to, &byte, 1) == 1;
    }

    Ssl server;
    Ssl client;
};

Identity authority(const char* name)
{
    return *makeAuthority(name, SystemClock{}.now());
}

Identity leaf(const Identity& issuer, const std::string& name)
{
    return *issueCertificate(issuer, {.commonName = name, .dnsNames = {name}}, SystemClock{}.now());
}

/// What `write` writes to a BIO.
template<class Write>
std::string textOf(Write write)
{
    BIO* bio = BIO_new(BIO_s_mem());
    const bool isWritten = write(bio) == 1;
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text = isWritten ? std::string(data, static_cast<std::size_t>(size)) : std::string{};
    BIO_free(bio);
    return text;
}

using Key = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;

Key newKey(const QByteArray& kind)
{
    if (kind == "RSA") return Key{EVP_RSA_gen(2048)};
    return Key{kind == "EC" ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(nullptr, nullptr, kind.constData())};
}

/// A self-signed certificate with a key of any kind.
std::string certificateOf(EVP_PKEY* key, bool hasOwnDigest)
{
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, hasOwnDigest ? nullptr : EVP_sha256());
    std::string pem = textOf([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
    X509_free(certificate);
    return pem;
}

} // namespace

class TestCryptoTls : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void clusterPortKeepsLinksApart_data();
    void clusterPortKeepsLinksApart();
    void clusterPortRefusesOldProtocols();
    void clusterPortRefusesClientsWithoutCertificate();
    void clusterPortForgetsErasedProtocols();
    void clusterPortKnowsCertificatesOfAFormerAuthority_data();
    void clusterPortKnowsCertificatesOfAFormerAuthority();
    void connectionsOutliveTheServer();
    void refusedCertificatesAreExplained_data();
    void refusedCertificatesAreExplained();
    void listenerServesBothVersions_data();
    void listenerServesBothVersions();
    void listenerKeepsToItsCipherSuites();
    void listenerAsksForClientCertificates_data();
    void listenerAsksForClientCertificates();
    void listenerReadsFiles();
    void keysOfEveryFormAreRead_data();
    void keysOfEveryFormAreRead();
};

// The class: a link fails by a certificate, and all that is told is "certificate verify failed". It fails at the end that checks, and the other
// end learns of it by an alert; the reasons are time (by a clock that is wrong at either end), the authority, the name, and a pin. It could occur
// on the four protocols of the cluster port, with the certificate in an activation token (verifyCertificate), and on the API that unwraps
// (activation.cpp, from libcurl's result). What holds: both ends say which certificate, of which end, why, and what this end's clock says.
void TestCryptoTls::refusedCertificatesAreExplained_data()
{
    QTest::addColumn<int>("serverAgeDays"); // how long ago its certificate was issued for a year
    QTest::addColumn<int>("clientAgeDays");
    QTest::addColumn<QByteArray>("serverName");
    QTest::addColumn<bool>("isOtherAuthority");
    QTest::addColumn<QByteArray>("atClient");
    QTest::addColumn<QByteArray>("atServer");
    const QByteArray name = "primary-p";
    QTest::newRow("server not yet valid") << -2 << 0 << name << false
                                          << QByteArray{"the other end's certificate is refused here: it is not yet valid (valid from "}
                                          << QByteArray{"the other end refuses this end's certificate: it is not valid there"};
    QTest::newRow("server expired") << 400 << 0 << name << false
                                    << QByteArray{"the other end's certificate is refused here: it has expired (valid from "}
                                    << QByteArray{
                                           "the other end refuses this end's certificate: it has expired by its clock; it has expired (valid from "};
    QTest::newRow("client expired") << 0 << 400 << name << false
                                    << QByteArray{"the other end refuses this end's certificate: it has expired by its clock"}
                                    << QByteArray{"the other end's certificate is refused here: it has expired"};
    QTest::newRow("another name") << 0 << 0 << QByteArray{"primary-x"} << false << QByteArray{"has another name than a primary's"} << QByteArray{};
    QTest::newRow("another authority") << 0 << 0 << name << true << QByteArray{"comes from another authority than this end knows"}
                                       << QByteArray{
                                              "the other end refuses this end's certificate: it comes from an authority that it does not know"};
}

void TestCryptoTls::refusedCertificatesAreExplained()
{
    QFETCH(int, serverAgeDays);
    QFETCH(int, clientAgeDays);
    QFETCH(QByteArray, serverName);
    QFETCH(bool, isOtherAuthority);
    QFETCH(QByteArray, atClient);
    QFETCH(QByteArray, atServer);
    const WallTime now = SystemClock{}.now();
    const auto issuer = *makeAuthority("performance", now - std::chrono::hours{24 * 1000});
    const auto other = *makeAuthority("other", now);
    const auto issued = [&](const char* name, int ageDays) {
        return *issueCertificate(issuer, {.commonName = name, .dnsNames = {name}, .lifetime = std::chrono::hours{24 * 365}},
                                 now - std::chrono::hours{24} * ageDays);
    };
    ClusterServerTls server;
    QVERIFY(server.setProtocol(kPerformance, issued("primary-p", serverAgeDays), issuer.certificate));
    auto client = makeClusterClientTls(issued("secondary", clientAgeDays), isOtherAuthority ? other.certificate : issuer.certificate, kPerformance,
                                       serverName.toStdString());
    QVERIFY(client);
    const TlsContext serverContext{server.share()};
    Pair pair{serverContext.get(), client->get()};
    // Each end's last error, as asio hands it on.
    unsigned long clientError = 0, serverError = 0;
    const auto step = [](SSL* connection, unsigned long& error) {
        ERR_clear_error();
        char byte = 0;
        if (SSL_is_init_finished(connection) ? SSL_read(connection, &byte, 1) != 1 : SSL_do_handshake(connection) != 1) {
            if (const auto last = ERR_get_error(); last != 0) error = last;
        }
        ERR_clear_error();
    };
    for (int round = 0; round < 10; ++round) {
        step(pair.client.get(), clientError);
        step(pair.server.get(), serverError);
    }
    const auto there = QByteArray::fromStdString(certificateRefusal(pair.server.get(), serverError, now));
    const auto here = QByteArray::fromStdString(certificateRefusal(pair.client.get(), clientError, now));
    qInfo("client: %s\nserver: %s", here.constData(), there.constData());
    QVERIFY(here.contains(atClient));
    QVERIFY(there.contains(atServer));
    if (serverAgeDays != 0) QVERIFY(here.contains("this end's clock says " + QByteArray::fromStdString(toRfc3339(now))));
}

void TestCryptoTls::clusterPortKeepsLinksApart_data()
{
    QTest::addColumn<QByteArray>("protocol");    // asked for
    QTest::addColumn<QByteArray>("certificate"); // of the client, issued by the authority of this link
    QTest::addColumn<QByteArray>("trusted");     // by the client
    QTest::addColumn<QByteArray>("serverName");  // expected by the client
    QTest::addColumn<bool>("isAccepted");
    const QByteArray performance{"performance"};
    const QByteArray recovery{"recovery"};
    QTest::newRow("performance") << QByteArray{kPerformance} << performance << performance << QByteArray{"primary-p"} << true;
    QTest::newRow("recovery") << QByteArray{kRecovery} << recovery << recovery << QByteArray{"primary-d"} << true;
    QTest::newRow("certificate of the other link") << QByteArray{kPerformance} << recovery << performance << QByteArray{"primary-p"} << false;
    QTest::newRow("stranger's certificate") << QByteArray{kPerformance} << QByteArray{"stranger"} << performance << QByteArray{"primary-p"} << false;
    QTest::newRow("client trusts another authority") << QByteArray{kPerformance} << performance << recovery << QByteArray{"primary-p"} << false;
    QTest::newRow("client expects another server") << QByteArray{kPerformance} << performance << performance << QByteArray{"primary-x"} << false;
    QTest::newRow("unknown protocol") << QByteArray{"raft_storage_v1"} << performance << performance << QByteArray{"primary-p"} << false;
}

void TestCryptoTls::clusterPortKeepsLinksApart()
{
    QFETCH(QByteArray, protocol);
    QFETCH(QByteArray, certificate);
    QFETCH(QByteArray, trusted);
    QFETCH(QByteArray, serverName);
    QFETCH(bool, isAccepted);
    std::map<QByteArray, Identity> authorities;
    for (const char* name : {"performance", "recovery", "stranger"}) authorities.emplace(name, authority(name));
    ClusterServerTls server;
    const auto& performance = authorities.at("performance");
    const auto& recovery = authorities.at("recovery");
    QVERIFY(server.setProtocol(kPerformance, leaf(performance, "primary-p"), performance.certificate));
    QVERIFY(server.setProtocol(kRecovery, leaf(recovery, "primary-d"), recovery.certificate));

    const Identity own = leaf(authorities.at(certificate), "secondary-1");
    const auto client = makeClusterClientTls(own, authorities.at(trusted).certificate, protocol.toStdString(), serverName.toStdString());
    QVERIFY(client);
    const TlsContext serverContext{server.share()};
    Pair pair{serverContext.get(), client->get()};
    QCOMPARE(pair.connect(), isAccepted);
    if (!isAccepted) return;
    QCOMPARE(negotiatedProtocol(pair.server.get()), protocol.toStdString());
    QCOMPARE(negotiatedProtocol(pair.client.get()), protocol.toStdString());
    QCOMPARE(peerCertificate(pair.server.get())->commonName, std::string{"secondary-1"});
    QCOMPARE(peerCertificate(pair.server.get())->fingerprint, *certificateFingerprint(own.certificate));
    QCOMPARE(peerCertificate(pair.client.get())->commonName, serverName.toStdString());
    QCOMPARE(SSL_version(pair.server.get()), TLS1_3_VERSION);
}

void TestCryptoTls::clusterPortRefusesOldProtocols()
{
    const Identity issuer = authority("performance");
    ClusterServerTls server;
    QVERIFY(server.setProtocol(kPerformance, leaf(issuer, "primary"), issuer.certificate));
    const auto client = makeClusterClientTls(leaf(issuer, "secondary"), issuer.certificate, kPerformance, "primary");
    SSL_CTX_set_min_proto_version(client->get(), TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(client->get(), TLS1_2_VERSION);
    const TlsContext serverContext{server.share()};
    Pair pair{serverContext.get(), client->get()};
    QVERIFY(!pair.connect());
}

void TestCryptoTls::clusterPortRefusesClientsWithoutCertificate()
{
    const Identity issuer = authority("performance");
    ClusterServerTls server;
    QVERIFY(server.setProtocol(kPerformance, leaf(issuer, "primary"), issuer.certificate));
    const TlsContext client{SSL_CTX_new(TLS_client_method())};
    const TlsContext serverContext{server.share()};
    Pair withoutProtocol{serverContext.get(), client.get()};
    QVERIFY(!withoutProtocol.connect());
    static constexpr unsigned char kOffer[] = "\x0ereplication_v1";
    SSL_CTX_set_alpn_protos(client.get(), kOffer, sizeof kOffer - 1);
    Pair withProtocol{serverContext.get(), client.get()};
    QVERIFY(!withProtocol.connect());
}

void TestCryptoTls::clusterPortForgetsErasedProtocols()
{
    const Identity issuer = authority("performance");
    ClusterServerTls server;
    QVERIFY(server.setProtocol(kPerformance, leaf(issuer, "primary"), issuer.certificate));
    const auto client = makeClusterClientTls(leaf(issuer, "secondary"), issuer.certificate, kPerformance, "primary");
    const TlsContext serverContext{server.share()};
    Pair before{serverContext.get(), client->get()};
    QVERIFY(before.connect());
    server.eraseProtocol(kPerformance);
    Pair after{serverContext.get(), client->get()};
    QVERIFY(!after.connect());
    QVERIFY(Pair::carry(before.client.get(), before.server.get())); // who is connected stays so
}

/// After a new authority: known certificates of any issuer count; unknown ones of the former authority do not.
void TestCryptoTls::clusterPortKnowsCertificatesOfAFormerAuthority_data()
{
    QTest::addColumn<bool>("isKnown");
    QTest::addColumn<int>("ageDays");
    QTest::addColumn<bool>("isLetIn");
    QTest::newRow("known") << true << 0 << true;
    QTest::newRow("not known") << false << 0 << false;
    QTest::newRow("known, not yet valid") << true << -2 << false;
}

void TestCryptoTls::clusterPortKnowsCertificatesOfAFormerAuthority()
{
    QFETCH(bool, isKnown);
    QFETCH(int, ageDays);
    QFETCH(bool, isLetIn);
    const Identity former = authority("performance"), issuer = authority("performance"); // two of one name
    const auto own = issueCertificate(former, {.commonName = "secondary"}, SystemClock{}.now() - std::chrono::hours{24 * ageDays});
    ClusterServerTls server;
    std::set<std::string> known{std::string(64, '0')};
    if (isKnown) known.insert(*certificateFingerprint(own->certificate));
    QVERIFY(server.setProtocol(kPerformance, leaf(issuer, "primary"), issuer.certificate, known));
    const TlsContext serverContext{server.share()};
    const auto client = makeClusterClientTls(*own, issuer.certificate, kPerformance, "primary");
    Pair pair{serverContext.get(), client->get()};
    QCOMPARE(pair.connect(), isLetIn);
    const auto ofNow = makeClusterClientTls(leaf(issuer, "other"), issuer.certificate, kPerformance, "primary");
    Pair withOfNow{serverContext.get(), ofNow->get()};
    QVERIFY(withOfNow.connect());
}

void TestCryptoTls::connectionsOutliveTheServer()
{
    const Identity issuer = authority("performance");
    auto server = std::make_unique<ClusterServerTls>();
    QVERIFY(server->setProtocol(kPerformance, leaf(issuer, "primary"), issuer.certificate));
    const auto client = makeClusterClientTls(leaf(issuer, "secondary"), issuer.certificate, kPerformance, "primary");
    auto serverContext = std::make_unique<TlsContext>(server->share());
    Pair pair{serverContext->get(), client->get()};
    serverContext.reset();
    server.reset();
    QVERIFY(pair.connect());
}

void TestCryptoTls::listenerServesBothVersions_data()
{
    QTest::addColumn<bool>("isTls13Only");
    QTest::addColumn<int>("clientVersionMax");
    QTest::addColumn<bool>("isAccepted");
    QTest::newRow("1.3") << false << TLS1_3_VERSION << true;
    QTest::newRow("1.2") << false << TLS1_2_VERSION << true;
    QTest::newRow("1.1") << false << TLS1_1_VERSION << false;
    QTest::newRow("1.2 where 1.3 is asked for") << true << TLS1_2_VERSION << false;
}

void TestCryptoTls::listenerServesBothVersions()
{
    QFETCH(bool, isTls13Only);
    QFETCH(int, clientVersionMax);
    QFETCH(bool, isAccepted);
    const auto identity = makeSelfSigned({.commonName = "holdfast", .dnsNames = {"localhost"}}, SystemClock{}.now());
    const auto server = makeListenerTls(*identity, {.isTls13Only = isTls13Only});
    QVERIFY(server);
    const TlsContext client{SSL_CTX_new(TLS_client_method())};
    SSL_CTX_set_max_proto_version(client.get(), clientVersionMax);
    static constexpr unsigned char kOffer[] = "\x02h2\x08http/1.1";
    SSL_CTX_set_alpn_protos(client.get(), kOffer, sizeof kOffer - 1);
    Pair pair{server->get(), client.get()};
    QCOMPARE(pair.connect(), isAccepted);
    if (isAccepted) QCOMPARE(negotiatedProtocol(pair.client.get()), std::string{"http/1.1"});
}

void TestCryptoTls::listenerKeepsToItsCipherSuites()
{
    const auto identity = makeSelfSigned({.commonName = "holdfast", .dnsNames = {"localhost"}}, SystemClock{}.now());
    const auto connects = [&](const ListenerTlsOptions& options, const char* clientSuites, int clientVersionMax) {
        const auto server = makeListenerTls(*identity, options);
        if (!server) qFatal("%s", server.error().detail.c_str());
        const TlsContext client{SSL_CTX_new(TLS_client_method())};
        SSL_CTX_set_max_proto_version(client.get(), clientVersionMax);
        SSL_CTX_set_cipher_list(client.get(), clientSuites);
        return Pair{server->get(), client.get()}.connect();
    };
    const ListenerTlsOptions one{.cipherSuites = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"};
    QVERIFY(connects(one, "ECDHE+AESGCM", TLS1_2_VERSION));
    QVERIFY(!connects(one, "ECDHE+AES128", TLS1_2_VERSION));
    QVERIFY(connects(one, "ECDHE+AES128", TLS1_3_VERSION)); // whose suites are always on
    QVERIFY(connects({.cipherSuites = "TLS_AES_128_GCM_SHA256"}, "ECDHE+AES128", TLS1_2_VERSION));
    const ListenerTlsOptions short_{.cipherSuites = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"};
    QVERIFY(connects(short_, "ECDHE+CHACHA20", TLS1_2_VERSION));
    const ListenerTlsOptions old{.isTls12Max = true};
    QVERIFY(connects(old, "ECDHE+AESGCM", TLS1_3_VERSION));
    const auto unknown = makeListenerTls(*identity, {.cipherSuites = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_NONE"});
    QVERIFY(!unknown && unknown.error().detail.find("\"TLS_NONE\"") != std::string::npos);
}

void TestCryptoTls::listenerAsksForClientCertificates_data()
{
    QTest::addColumn<bool>("isRequired");
    QTest::addColumn<bool>("hasCertificate");
    QTest::addColumn<bool>("isAccepted");
    QTest::newRow("optional, none") << false << false << true;
    QTest::newRow("optional, shown") << false << true << true;
    QTest::newRow("required, none") << true << false << false;
    QTest::newRow("required, shown") << true << true << true;
}

void TestCryptoTls::listenerAsksForClientCertificates()
{
    QFETCH(bool, isRequired);
    QFETCH(bool, hasCertificate);
    QFETCH(bool, isAccepted);
    const Identity issuer = authority("clients");
    const auto server = makeListenerTls(leaf(issuer, "server"), {.clientAuthorities = issuer.certificate, .isClientCertificateRequired = isRequired});
    QVERIFY(server);
    const Identity own = leaf(issuer, "server");
    auto client =
        hasCertificate ? *makeClusterClientTls(own, issuer.certificate, "http/1.1", "server") : TlsContext{SSL_CTX_new(TLS_client_method())};
    Pair pair{server->get(), client.get()};
    QCOMPARE(pair.connect(), isAccepted);
    if (isAccepted) QCOMPARE(peerCertificate(pair.server.get()).has_value(), hasCertificate);
}

void TestCryptoTls::listenerReadsFiles()
{
    QTemporaryDir folder;
    const std::string certificateFile = folder.filePath(QStringLiteral("server.crt")).toStdString();
    const std::string keyFile = folder.filePath(QStringLiteral("server.key")).toStdString();
    const Identity issuer = authority("authority");
    const Identity identity = leaf(issuer, "server");
    std::ofstream{certificateFile} << identity.certificate << issuer.certificate; // with its chain
    std::ofstream{keyFile} << identity.key.view();
    const auto server = makeListenerTls(certificateFile, keyFile);
    QVERIFY(server);
    const auto client = makeClusterClientTls(identity, issuer.certificate, "http/1.1", "server");
    Pair pair{server->get(), client->get()};
    QVERIFY(pair.connect());

    const auto missing = makeListenerTls(certificateFile + ".missing", keyFile);
    QVERIFY(!missing);
    QVERIFY(missing.error().code == ErrorCode::NotFound);
    std::ofstream{keyFile} << leaf(issuer, "server").key.view();
    const auto mixed = makeListenerTls(certificateFile, keyFile);
    QVERIFY(!mixed);
    QVERIFY(mixed.error().code == ErrorCode::InvalidArgument);
}

void TestCryptoTls::keysOfEveryFormAreRead_data()
{
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QByteArray>("form");
    QTest::addColumn<bool>("isRead");
    QTest::newRow("EC") << QByteArray{"EC"} << QByteArray{"PKCS#8"} << true;
    QTest::newRow("EC, with text behind") << QByteArray{"EC"} << QByteArray{"text behind"} << true;
    QTest::newRow("EC, behind its certificate") << QByteArray{"EC"} << QByteArray{"behind its certificate"} << true;
    QTest::newRow("EC, before another key") << QByteArray{"EC"} << QByteArray{"before another"} << true;
    QTest::newRow("EC, behind another key") << QByteArray{"EC"} << QByteArray{"behind another"} << false;
    QTest::newRow("EC, SEC 1") << QByteArray{"EC"} << QByteArray{"traditional"} << true;
    QTest::newRow("RSA") << QByteArray{"RSA"} << QByteArray{"PKCS#8"} << true;
    QTest::newRow("RSA, before another key") << QByteArray{"RSA"} << QByteArray{"before another"} << true;
    QTest::newRow("RSA, PKCS#1") << QByteArray{"RSA"} << QByteArray{"traditional"} << true;
    QTest::newRow("Ed25519") << QByteArray{"ED25519"} << QByteArray{"PKCS#8"} << true;
    QTest::newRow("encrypted") << QByteArray{"EC"} << QByteArray{"encrypted"} << false;
    QTest::newRow("cut") << QByteArray{"EC"} << QByteArray{"cut"} << false;
    QTest::newRow("not base64") << QByteArray{"EC"} << QByteArray{"not base64"} << false;
    QTest::newRow("nothing inside") << QByteArray{"EC"} << QByteArray{"nothing inside"} << false;
}

void TestCryptoTls::keysOfEveryFormAreRead()
{
    QFETCH(QByteArray, kind);
    QFETCH(QByteArray, form);
    QFETCH(bool, isRead);
    const Key key = newKey(kind);
    const std::string certificate = certificateOf(key.get(), kind == "ED25519");
    const auto pkcs8 = [](EVP_PKEY* of) {
        return textOf([&](BIO* bio) { return PEM_write_bio_PKCS8PrivateKey(bio, of, nullptr, nullptr, 0, nullptr, nullptr); });
    };
    std::string pem = pkcs8(key.get());
    if (form == "text behind") pem += "text";
    if (form == "behind its certificate") pem = certificate + pem;
    if (form == "before another") pem += pkcs8(newKey("EC").get());
    if (form == "behind another") pem = pkcs8(newKey("EC").get()) + pem;
    if (form == "traditional") {
        pem = textOf([&](BIO* bio) { return PEM_write_bio_PrivateKey_traditional(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
        QVERIFY(!pem.starts_with("-----BEGIN PRIVATE KEY-----"));
    }
    if (form == "encrypted") {
        pem = textOf([&](BIO* bio) { return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), EVP_aes_128_cbc(), "word", 4, nullptr, nullptr); });
    }
    if (form == "cut") pem.erase(pem.size() / 2);
    if (form == "not base64") pem[pem.size() / 2] = '*';
    if (form == "nothing inside") pem = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n";
    const auto context = makeListenerTls(Identity{certificate, SecretBytes::copyOf(pem)}, {});
    QCOMPARE(context.has_value(), isRead);
    QCOMPARE(ERR_peek_error(), 0ul); // nothing is left to the next caller
    if (!isRead) QVERIFY(context.error().code == ErrorCode::InvalidArgument);
}

QTEST_APPLESS_MAIN(TestCryptoTls)
#include "tst_crypto_tls.moc"
