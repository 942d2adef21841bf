#include "core/snapshot/archive.h"

#include <QTemporaryDir>
#include <QtTest>

#include <archive.h>
#include <archive_entry.h>

#include <fstream>
#include <memory>

using namespace core;

namespace {

std::vector<snapshot::Entry> someEntries(int count)
{
    std::vector<snapshot::Entry> entries;
    for (int at = 0; at < count; ++at) {
        snapshot::Entry entry;
        entry.key = "s/logical/" + std::to_string(at);
        entry.value = std::string(static_cast<std::size_t>(at % 700), static_cast<char>(at));
        entry.keyHash[0] = static_cast<std::uint8_t>(at);
        entry.leafDigest[15] = static_cast<std::uint8_t>(at);
        entries.push_back(std::move(entry));
    }
    return entries;
}

snapshot::EntrySource sourceOf(const std::vector<snapshot::Entry>& entries)
{
    return [&entries](const std::function<Result<>(const snapshot::Entry&)>& take) -> Result<> {
        for (const auto& entry : entries) {
            if (auto done = take(entry); !done) return done;
        }
        return {};
    };
}

snapshot::Sealing sealing(std::string key)
{
    return {[key](std::string_view sums) -> Result<std::string> { return key + std::string{sums}; },
            [key](std::string_view sealed) -> Result<std::string> {
                if (!sealed.starts_with(key)) return Error{ErrorCode::PermissionDenied, "other key"};
                return std::string{sealed.substr(key.size())};
            }};
}

} // namespace

class TestArchive : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void givesBackWhatWasWritten();
    void tellsWhoseItIs();
    void findsDamageAnywhere();
    void findsMissingParts();
    void leavesNothingBehindWhenWritingFails();
    void readsEachPartOnce_data();
    void readsEachPartOnce();
    void unpacksNoMoreThanASnapshotHolds();

private:
    QTemporaryDir m_directory;
    std::filesystem::path file(const char* name) { return m_directory.filePath(QString::fromLatin1(name)).toStdString(); }
};

void TestArchive::givesBackWhatWasWritten()
{
    const auto entries = someEntries(5000);
    snapshot::Meta meta;
    meta.id = "id";
    meta.forestRoot = std::string(40, 'a');
    meta.index = 77;
    const auto written = snapshot::writeArchive(file("a.snap"), meta, sourceOf(entries), sealing("k"));
    QVERIFY2(written, written ? "" : written.error().detail.c_str());
    QCOMPARE(written->keyCount, std::uint64_t{5000});
    std::size_t at = 0;
    const auto read = snapshot::readArchive(file("a.snap"), sealing("k"), [&](snapshot::Entry&& entry) -> Result<> {
        const auto& want = entries.at(at++);
        if (entry.key != want.key || entry.value != want.value || entry.keyHash != want.keyHash ||
            entry.leafDigest != want.leafDigest) {
            return Error{ErrorCode::Internal, "differs"};
        }
        return {};
    });
    QVERIFY2(read, read ? "" : read.error().detail.c_str());
    QCOMPARE(at, entries.size());
    QCOMPARE(read->meta.index, std::uint64_t{77});
    QCOMPARE(read->meta.root, written->root); // made from the entries
    QCOMPARE(read->meta.root.size(), std::size_t{40});
    QCOMPARE(read->meta.forestRoot, meta.forestRoot);
    QVERIFY(read->isSealedByUs);
    QCOMPARE(std::filesystem::status(file("a.snap")).permissions(),
             std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

void TestArchive::tellsWhoseItIs()
{
    const auto entries = someEntries(3);
    QVERIFY(snapshot::writeArchive(file("b.snap"), {}, sourceOf(entries), sealing("ours")));
    const auto read = snapshot::readArchive(file("b.snap"), sealing("theirs"), [](snapshot::Entry&&) -> Result<> { return {}; });
    QVERIFY(read);
    QVERIFY(!read->isSealedByUs);
}

void TestArchive::findsDamageAnywhere()
{
    const auto entries = someEntries(200);
    QVERIFY(snapshot::writeArchive(file("c.snap"), {}, sourceOf(entries), sealing("k")));
    std::ifstream in{file("c.snap"), std::ios::binary};
    const std::string good{std::istreambuf_iterator<char>{in}, {}};
    QVERIFY(good.size() > 100);
    int refused = 0;
    for (std::size_t at = 12; at < good.size(); at += good.size() / 150) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x41);
        std::ofstream{file("d.snap"), std::ios::binary} << bad;
        std::size_t visited = 0;
        const auto read = snapshot::readArchive(file("d.snap"), sealing("k"), [&](snapshot::Entry&&) -> Result<> {
            ++visited;
            return {};
        });
        if (read && read->isSealedByUs) {
            QCOMPARE(visited, entries.size()); // a bit that nothing depends on, such as tar padding
            continue;
        }
        ++refused;
        if (!read) QCOMPARE(visited, std::size_t{0}); // nothing is handed out before everything was checked
    }
    QVERIFY(refused > 100);
}

void TestArchive::findsMissingParts()
{
    const auto entries = someEntries(200);
    QVERIFY(snapshot::writeArchive(file("e.snap"), {}, sourceOf(entries), sealing("k")));
    std::ifstream in{file("e.snap"), std::ios::binary};
    const std::string good{std::istreambuf_iterator<char>{in}, {}};
    for (const auto share : {0.0, 0.1, 0.5, 0.9}) {
        std::ofstream{file("f.snap"), std::ios::binary} << good.substr(0, static_cast<std::size_t>(static_cast<double>(good.size()) * share));
        const auto read = snapshot::readArchive(file("f.snap"), sealing("k"), [](snapshot::Entry&&) -> Result<> { return {}; });
        QVERIFY(!read);
        QVERIFY(read.error().code == ErrorCode::Corrupt);
    }
}

void TestArchive::leavesNothingBehindWhenWritingFails()
{
    int passes = 0;
    const auto failing = [&](const std::function<Result<>(const snapshot::Entry&)>&) -> Result<> {
        if (++passes == 2) return Error{ErrorCode::Io, "disk"};
        return {};
    };
    QVERIFY(!snapshot::writeArchive(file("g.snap"), {}, failing, sealing("k")));
    QVERIFY(!std::filesystem::exists(file("g.snap")));
    QVERIFY(!std::filesystem::exists(file("g.snap.partial")));
}

void TestArchive::readsEachPartOnce_data()
{
    QTest::addColumn<QString>("twice");
    for (const char* part : {"meta.json", "state.bin", "SHA256SUMS", "SHA256SUMS.sealed"}) QTest::newRow(part) << QString{part};
}

/// An archive that is genuine, with a part of another one before the part of that name: the sums fit, what it holds would not.
void TestArchive::readsEachPartOnce()
{
    QFETCH(QString, twice);
    QVERIFY(snapshot::writeArchive(file("h.snap"), {}, sourceOf(someEntries(3)), sealing("k")));
    QVERIFY(snapshot::writeArchive(file("i.snap"), {}, sourceOf(someEntries(5)), sealing("k")));
    const auto append = [&](::archive* out, const std::filesystem::path& from, const std::string& only) {
        std::unique_ptr<::archive, decltype(&::archive_read_free)> in{::archive_read_new(), ::archive_read_free};
        ::archive_read_support_filter_gzip(in.get());
        ::archive_read_support_format_tar(in.get());
        if (::archive_read_open_filename(in.get(), from.c_str(), 1 << 16) != ARCHIVE_OK) qFatal("open");
        ::archive_entry* entry = nullptr;
        while (::archive_read_next_header(in.get(), &entry) == ARCHIVE_OK) {
            if (!only.empty() && only != ::archive_entry_pathname(entry)) continue;
            std::string data(static_cast<std::size_t>(::archive_entry_size(entry)), '\0');
            if (::archive_read_data(in.get(), data.data(), data.size()) < 0) qFatal("read");
            ::archive_write_header(out, entry);
            ::archive_write_data(out, data.data(), data.size());
        }
    };
    std::unique_ptr<::archive, decltype(&::archive_write_free)> out{::archive_write_new(), ::archive_write_free};
    ::archive_write_add_filter_gzip(out.get());
    ::archive_write_set_format_pax_restricted(out.get());
    QVERIFY(::archive_write_open_filename(out.get(), file("j.snap").c_str()) == ARCHIVE_OK);
    append(out.get(), file("i.snap"), twice.toStdString());
    append(out.get(), file("h.snap"), {});
    ::archive_write_close(out.get());
    std::size_t visited = 0;
    const auto read = snapshot::readArchive(file("j.snap"), sealing("k"), [&](snapshot::Entry&&) -> Result<> {
        ++visited;
        return {};
    });
    QVERIFY(!read);
    QVERIFY(read.error().code == ErrorCode::Corrupt);
    QCOMPARE(visited, std::size_t{0});
}

void TestArchive::unpacksNoMoreThanASnapshotHolds()
{
    const auto zeros = [](const std::function<Result<>(const snapshot::Entry&)>& take) -> Result<> {
        snapshot::Entry entry;
        entry.value = std::string(4u << 20, '\0');
        for (int at = 0; at < 24; ++at) {
            entry.key = "s/logical/" + std::to_string(at);
            if (auto taken = take(entry); !taken) return taken;
        }
        return {};
    };
    QVERIFY(snapshot::writeArchive(file("k.snap"), {}, zeros, sealing("k")));
    const auto read = snapshot::readArchive(file("k.snap"), sealing("k"), [](snapshot::Entry&&) -> Result<> { return {}; });
    QVERIFY(!read);
    QVERIFY(read.error().code == ErrorCode::TooLarge);
}

QTEST_APPLESS_MAIN(TestArchive)
#include "tst_archive.moc"
