#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/base/encoding.h"
#include "core/snapshot/local_destination.h"
#include "core/snapshot/s3_destination.h"
#endif

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <future>

using namespace core;
using namespace std::chrono_literals;
using snapshot::Destination;

namespace {

constexpr const char* kBucket = "holdfast-test";

/// The object store of tests/api/s3_server.py, which checks the signature of each request.
class ObjectStore {
public:
    ObjectStore()
    {
        const QString root = QStringLiteral(HOLDFAST_SOURCE_DIR);
        const QString python = root + "/build/s3/bin/python";
        if (!QFile::exists(python)) qFatal("%s is missing: run installer/test, which installs the object store", qPrintable(python));
        m_process.setProcessChannelMode(QProcess::SeparateChannels);
        m_process.start(python, {root + "/tests/api/s3_server.py", kBucket});
        while (!m_process.canReadLine()) {
            if (!m_process.waitForReadyRead(60'000)) qFatal("the object store: %s", m_process.readAllStandardError().constData());
        }
        m_said = QJsonDocument::fromJson(m_process.readLine()).object();
    }
    ~ObjectStore()
    {
        m_process.closeWriteChannel();
        if (!m_process.waitForFinished(10'000)) m_process.kill();
    }
    snapshot::S3Options options(const std::string& prefix) const
    {
        snapshot::S3Options options;
        options.bucket = kBucket;
        options.region = "eu-central-1";
        options.prefix = prefix;
        options.endpoint = text("endpoint");
        options.isTlsDisabled = true;
        options.isPathStyle = true;
        options.accessKeyId = SecretBytes::copyOf(std::string_view{text("access_key")});
        options.secretAccessKey = SecretBytes::copyOf(std::string_view{text("secret_key")});
        return options;
    }
    std::string text(const char* name) const { return m_said[QLatin1String{name}].toString().toStdString(); }

private:
    QProcess m_process;
    QJsonObject m_said;
};

const Cancellation kGoesOn;

} // namespace

/// What every destination does, and what only S3 does.
class TestDestination : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { m_store = std::make_unique<ObjectStore>(); }
    void cleanupTestCase() { m_store.reset(); }

    void keepsWhatItIsGiven_data() { everyKind(); }
    void keepsWhatItIsGiven();
    void listsItsOwnByName_data() { everyKind(); }
    void listsItsOwnByName();
    void removesAndForgets_data() { everyKind(); }
    void removesAndForgets();
    void replacesAFileOfTheSameName_data() { everyKind(); }
    void replacesAFileOfTheSameName();

    void signsNamesThatNeedEncoding();
    void followsAListOfManyPages();
    void saysWhyItWasRefused();
    void saysThatNobodyAnswers();
    void givesUpOnASilentServer();
    void endsWhenItIsCancelled();
    void endsAPauseWhenItIsCancelled();
    void knowsWhereTheBucketIs_data();
    void knowsWhereTheBucketIs();
    void refusesOptionsThatCannotBe_data();
    void refusesOptionsThatCannotBe();
    void readsAnswersOfTheStore();

private:
    static void everyKind()
    {
        QTest::addColumn<QString>("kind");
        QTest::newRow("local") << "local";
        QTest::newRow("aws-s3") << "aws-s3";
    }
    std::unique_ptr<Destination> make(const QString& kind)
    {
        const auto folder = std::string{"contract-"} + std::to_string(++m_count);
        if (kind == "local") return std::make_unique<snapshot::LocalDestination>(path(folder));
        return std::make_unique<snapshot::S3Destination>(m_store->options(folder), kGoesOn);
    }
    std::filesystem::path path(const std::string& name) const { return (m_directory.path().toStdString() + "/") + name; }
    std::filesystem::path file(const std::string& bytes)
    {
        const auto made = path("made-" + std::to_string(++m_count));
        std::ofstream{made, std::ios::binary} << bytes;
        return made;
    }
    static std::string bytesOf(const std::filesystem::path& file)
    {
        std::ifstream in{file, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    snapshot::S3Destination::Timeouts quick() const { return {.connect = 500ms, .stalled = 1s, .answer = 1s, .transfer = 2s, .retryPause = 10ms}; }

    QTemporaryDir m_directory;
    std::unique_ptr<ObjectStore> m_store;
    int m_count = 0;
};

#define VERIFY_OK(call)                                                                                                                              \
    do {                                                                                                                                             \
        const auto& result = (call);                                                                                                                 \
        QVERIFY2(result.has_value(), result ? "" : result.error().detail.c_str());                                                                   \
    } while (false)

void TestDestination::keepsWhatItIsGiven()
{
    QFETCH(QString, kind);
    const auto place = make(kind);
    std::string bytes;
    for (int n = 0; n < 300'000; ++n) bytes.push_back(static_cast<char>(n * 7));
    const auto put = place->put(file(bytes), "a-1.snap");
    VERIFY_OK(put);
    const auto back = path("back-" + kind.toStdString());
    const auto got = place->get("a-1.snap", back, bytes.size());
    VERIFY_OK(got);
    QCOMPARE(bytesOf(back).size(), bytes.size());
    QVERIFY(bytesOf(back) == bytes);
    QVERIFY(place->url("a-1.snap").ends_with("/a-1.snap"));
    const auto grown = place->get("a-1.snap", path("grown"), bytes.size() - 1);
    QVERIFY(!grown && grown.error().code == ErrorCode::Corrupt);
    QVERIFY(!std::filesystem::exists(path("grown")));
}

void TestDestination::listsItsOwnByName()
{
    QFETCH(QString, kind);
    const auto place = make(kind);
    const auto none = place->list("a-");
    VERIFY_OK(none);
    QVERIFY(none->empty());
    for (const auto* name : {"a-2.snap", "a-1.snap", "b-1.snap", "a-10.snap"}) {
        const auto put = place->put(file(std::string{"x"} + name), name);
        VERIFY_OK(put);
    }
    const auto found = place->list("a-");
    VERIFY_OK(found);
    QCOMPARE(found->size(), std::size_t{3});
    QCOMPARE((*found)[0].name, std::string{"a-1.snap"});
    QCOMPARE((*found)[1].name, std::string{"a-10.snap"});
    QCOMPARE((*found)[2].name, std::string{"a-2.snap"});
    QCOMPARE((*found)[1].bytes, std::uint64_t{10});
}

void TestDestination::removesAndForgets()
{
    QFETCH(QString, kind);
    const auto place = make(kind);
    VERIFY_OK(place->put(file("x"), "a-1.snap"));
    VERIFY_OK(place->remove("a-1.snap"));
    VERIFY_OK(place->remove("a-1.snap")); // the file does not exist, and that is what was wanted
    const auto found = place->list("");
    VERIFY_OK(found);
    QVERIFY(found->empty());
    const auto got = place->get("a-1.snap", path("gone"), 100);
    QVERIFY(!got);
    QVERIFY(got.error().code == ErrorCode::NotFound);
    QVERIFY(!std::filesystem::exists(path("gone")));
}

void TestDestination::replacesAFileOfTheSameName()
{
    QFETCH(QString, kind);
    const auto place = make(kind);
    VERIFY_OK(place->put(file("before"), "a-1.snap"));
    VERIFY_OK(place->put(file("after"), "a-1.snap"));
    VERIFY_OK(place->get("a-1.snap", path("replaced"), 100));
    QCOMPARE(bytesOf(path("replaced")), std::string{"after"});
}

void TestDestination::signsNamesThatNeedEncoding()
{
    snapshot::S3Destination place{m_store->options("folder with space/ü+&=~"), kGoesOn};
    VERIFY_OK(place.put(file("x"), "a b-1.snap"));
    const auto found = place.list("a b-");
    VERIFY_OK(found);
    QCOMPARE(found->size(), std::size_t{1});
    QCOMPARE(found->front().name, std::string{"a b-1.snap"});
    VERIFY_OK(place.get("a b-1.snap", path("encoded"), 100));
    VERIFY_OK(place.remove("a b-1.snap"));

    auto options = m_store->options("encrypted");
    options.usesServerSideEncryption = true;
    snapshot::S3Destination encrypting{std::move(options), kGoesOn};
    VERIFY_OK(encrypting.put(file("x"), "a-1.snap"));
}

void TestDestination::followsAListOfManyPages()
{
    const auto listing = snapshot::parseS3Listing(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true</IsTruncated>"
        "<NextContinuationToken>abc=</NextContinuationToken><Contents><Key>p/a&amp;b</Key><Size>12</Size></Contents></ListBucketResult>");
    VERIFY_OK(listing);
    QCOMPARE(listing->continuation, std::string{"abc="});
    QCOMPARE(listing->objects.size(), std::size_t{1});
    QCOMPARE(listing->objects[0].name, std::string{"p/a&b"});
    QCOMPARE(listing->objects[0].bytes, std::uint64_t{12});
}

void TestDestination::saysWhyItWasRefused()
{
    auto wrongSecret = m_store->options("x");
    wrongSecret.secretAccessKey = SecretBytes::copyOf(std::string_view{"canary-secret-canary"});
    snapshot::S3Destination unsigned_{std::move(wrongSecret), kGoesOn};
    const auto put = unsigned_.put(file("x"), "a-1.snap");
    QVERIFY(!put);
    QVERIFY(put.error().code == ErrorCode::PermissionDenied);
    QVERIFY2(put.error().detail.find("403 SignatureDoesNotMatch") != std::string::npos, put.error().detail.c_str());
    QVERIFY(put.error().detail.find("canary") == std::string::npos);

    auto unknown = m_store->options("x");
    unknown.accessKeyId = SecretBytes::copyOf(std::string_view{"AKIAUNKNOWNUNKNOWN00"});
    snapshot::S3Destination stranger{std::move(unknown), kGoesOn};
    const auto listed = stranger.list("a-");
    QVERIFY(!listed);
    QVERIFY2(listed.error().detail.find("InvalidAccessKeyId") != std::string::npos, listed.error().detail.c_str());

    auto other = m_store->options("x");
    other.bucket = "somebody-elses";
    snapshot::S3Destination elsewhere{std::move(other), kGoesOn};
    const auto denied = elsewhere.put(file("x"), "a-1.snap");
    QVERIFY(!denied);
    QVERIFY2(denied.error().detail.find("AccessDenied") != std::string::npos, denied.error().detail.c_str());
}

void TestDestination::saysThatNobodyAnswers()
{
    QTcpServer port;
    QVERIFY(port.listen(QHostAddress::LocalHost));
    const auto address = "127.0.0.1:" + std::to_string(port.serverPort());
    port.close();
    auto options = m_store->options("x");
    options.endpoint = address;
    snapshot::S3Destination place{std::move(options), kGoesOn, quick()};
    const auto listed = place.list("");
    QVERIFY(!listed);
    QVERIFY(listed.error().code == ErrorCode::Unavailable);
    QVERIFY2(listed.error().detail.find(address) != std::string::npos && listed.error().detail.find("3 attempts") != std::string::npos,
             listed.error().detail.c_str());
}

void TestDestination::givesUpOnASilentServer()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost)); // connections are accepted by the backlog, and get no answer
    auto options = m_store->options("x");
    options.endpoint = "127.0.0.1:" + std::to_string(silent.serverPort());
    snapshot::S3Destination place{std::move(options), kGoesOn, quick()};
    const auto listed = place.list("");
    QVERIFY(!listed);
    QVERIFY(listed.error().code == ErrorCode::Timeout);
}

void TestDestination::endsWhenItIsCancelled()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    auto options = m_store->options("x");
    options.endpoint = "127.0.0.1:" + std::to_string(silent.serverPort());
    Cancellation cancellation;
    cancellation.cancel();
    snapshot::S3Destination place{std::move(options), cancellation}; // waits up to a minute
    const auto listed = place.list("");
    QVERIFY(!listed);
    QVERIFY(listed.error().code == ErrorCode::Cancelled);
}

void TestDestination::endsAPauseWhenItIsCancelled()
{
    QTcpServer rude;
    QVERIFY(rude.listen(QHostAddress::LocalHost));
    int calls = 0;
    connect(&rude, &QTcpServer::newConnection, this, [&] {
        delete rude.nextPendingConnection();
        ++calls;
    });
    auto options = m_store->options("x");
    options.endpoint = "127.0.0.1:" + std::to_string(rude.serverPort());
    Cancellation cancellation;
    const snapshot::S3Destination::Timeouts patient{.retryPause = 1h};
    auto listed = std::async(std::launch::async, [&] { return snapshot::S3Destination{std::move(options), cancellation, patient}.list(""); });
    QTRY_VERIFY(calls > 0); // what failed now is tried again in an hour
    cancellation.cancel();
    QVERIFY(listed.wait_for(30s) == std::future_status::ready);
    QVERIFY(!listed.get());
    QCOMPARE(calls, 1);
}

void TestDestination::knowsWhereTheBucketIs_data()
{
    QTest::addColumn<QString>("endpoint");
    QTest::addColumn<QString>("bucket");
    QTest::addColumn<bool>("isPathStyle");
    QTest::addColumn<QString>("url");
    QTest::newRow("amazon") << ""
                            << "b" << false << "https://b.s3.eu-west-1.amazonaws.com/p/n";
    QTest::newRow("path style") << ""
                                << "b" << true << "https://s3.eu-west-1.amazonaws.com/b/p/n";
    QTest::newRow("a name with dots") << ""
                                      << "b.c" << false << "https://s3.eu-west-1.amazonaws.com/b.c/p/n";
    QTest::newRow("own endpoint") << "minio.lab:9000"
                                  << "b" << false << "https://b.minio.lab:9000/p/n";
    QTest::newRow("an address") << "10.0.0.1:9000"
                                << "b" << false << "https://10.0.0.1:9000/b/p/n";
    QTest::newRow("a URL") << "http://minio.lab/"
                           << "b" << true << "http://minio.lab/b/p/n";
}

void TestDestination::knowsWhereTheBucketIs()
{
    QFETCH(QString, endpoint);
    QFETCH(QString, bucket);
    QFETCH(bool, isPathStyle);
    QFETCH(QString, url);
    snapshot::S3Options options;
    options.bucket = bucket.toStdString();
    options.region = "eu-west-1";
    options.prefix = "p";
    options.endpoint = endpoint.toStdString();
    options.isPathStyle = isPathStyle;
    const snapshot::S3Destination place{std::move(options), kGoesOn};
    QCOMPARE(QString::fromStdString(place.url("n")), url);
}

void TestDestination::refusesOptionsThatCannotBe_data()
{
    QTest::addColumn<QString>("bucket");
    QTest::addColumn<QString>("region");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("complaint");
    QTest::newRow("good") << "b"
                          << "eu-west-1"
                          << ""
                          << "";
    QTest::newRow("no bucket") << ""
                               << "eu-west-1"
                               << ""
                               << "aws_s3_bucket must be given";
    QTest::newRow("no region") << "b"
                               << ""
                               << ""
                               << "aws_s3_region must be given";
    QTest::newRow("a bucket that is a path") << "b/../c"
                                             << "eu-west-1"
                                             << ""
                                             << "invalid aws_s3_bucket";
    QTest::newRow("a region with a header") << "b"
                                            << "eu:s3\r\nx"
                                            << ""
                                            << "invalid aws_s3_region";
    QTest::newRow("half a credential") << "b"
                                       << "eu-west-1"
                                       << "AKIA"
                                       << "must be given together";
}

void TestDestination::refusesOptionsThatCannotBe()
{
    QFETCH(QString, bucket);
    QFETCH(QString, region);
    QFETCH(QString, key);
    QFETCH(QString, complaint);
    snapshot::S3Options options;
    options.bucket = bucket.toStdString();
    options.region = region.toStdString();
    options.accessKeyId = SecretBytes::copyOf(std::string_view{key.toStdString()});
    const auto said = options.complaint();
    QCOMPARE(said.has_value(), !complaint.isEmpty());
    if (said) QVERIFY2(said->find(complaint.toStdString()) != std::string::npos, said->c_str());
}

void TestDestination::readsAnswersOfTheStore()
{
    QCOMPARE(snapshot::parseS3Error("<Error><Code>NoSuchBucket</Code><Message>gone\n</Message></Error>"), std::string{"NoSuchBucket: gone"});
    QCOMPARE(snapshot::parseS3Error("<html>proxy</html>"), std::string{});
    QCOMPARE(snapshot::parseS3Error("not xml"), std::string{});
    std::string deep;
    for (int n = 0; n < 100'000; ++n) deep += "<a>";
    QCOMPARE(snapshot::parseS3Error(deep), std::string{});
    QVERIFY(!snapshot::parseS3Listing(deep));
    QVERIFY(!snapshot::parseS3Listing("<ListBucketResult><Contents><Key>a</Key><Size>x</Size></Contents></ListBucketResult>"));
    QVERIFY(!snapshot::parseS3Listing("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"));
}

QTEST_GUILESS_MAIN(TestDestination)
#include "tst_destination.moc"
