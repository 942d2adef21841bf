#include "core/base/temporary_file.h"

#include <QtTest>

#include <fstream>
#include <sys/stat.h>

using namespace core;
namespace fs = std::filesystem;

/// The class: a file with data of a request stays behind, or can be read by others. Each place that made such files had its own code for the mode and
/// the removal: uploads, downloads, forms, comparisons, restores as a test, labs, development certificates. What holds: all use this one class.
class TestTemporaryFile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void onlyTheOwnerCanUseIt_data();
    void onlyTheOwnerCanUseIt();
    void isRemovedWithTheObject();
    void isKeptAfterARelease();
    void assigningRemovesTheFileBefore();
    void aFolderGoesWithItsContents();
    void aLinkIsNotFollowed();
    void aMissingFolderIsAnError();

private:
    fs::path prefix(const char* name) const { return fs::path{m_folder.path().toStdString()} / name; }
    QTemporaryDir m_folder;
};

namespace {

mode_t modeOf(const fs::path& path)
{
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

} // namespace

void TestTemporaryFile::onlyTheOwnerCanUseIt_data()
{
    QTest::addColumn<int>("mask");
    QTest::newRow("no umask") << 0;
    QTest::newRow("usual umask") << 022;
    QTest::newRow("umask that takes the owner's rights") << 0777;
}

void TestTemporaryFile::onlyTheOwnerCanUseIt()
{
    QFETCH(int, mask);
    const auto before = ::umask(static_cast<mode_t>(mask));
    const auto file = TemporaryFile::create(prefix("upload-"));
    const auto folder = TemporaryFolder::create(prefix("lab-"));
    ::umask(before);
    QVERIFY(file && folder);
    QCOMPARE(modeOf(file->path()), mode_t{0600});
    QCOMPARE(modeOf(folder->path()), mode_t{0700});
    QVERIFY(file->path().string().starts_with(prefix("upload-").string()));
    QCOMPARE(file->path().string().size(), prefix("upload-").string().size() + 6);
}

void TestTemporaryFile::isRemovedWithTheObject()
{
    fs::path path;
    {
        auto file = TemporaryFile::create(prefix("a-"));
        QVERIFY(file);
        path = file->path();
        const TemporaryFile moved{std::move(*file)};
        QVERIFY(fs::exists(path) && file->path().empty());
    }
    QVERIFY(!fs::exists(path));
}

void TestTemporaryFile::isKeptAfterARelease()
{
    fs::path path;
    {
        auto file = TemporaryFile::create(prefix("a-"));
        QVERIFY(file);
        path = file->release();
    }
    QVERIFY(fs::exists(path));
    {
        const TemporaryFile again{path}; // the next owner
    }
    QVERIFY(!fs::exists(path));
}

void TestTemporaryFile::assigningRemovesTheFileBefore()
{
    auto first = TemporaryFile::create(prefix("a-"));
    auto second = TemporaryFile::create(prefix("b-"));
    QVERIFY(first && second);
    const fs::path before = first->path();
    const fs::path after = second->path();
    *first = std::move(*second);
    QVERIFY(!fs::exists(before) && fs::exists(after));
    QCOMPARE(first->path(), after);
}

void TestTemporaryFile::aFolderGoesWithItsContents()
{
    fs::path path;
    {
        const auto folder = TemporaryFolder::create(prefix("lab-"));
        QVERIFY(folder);
        path = folder->path();
        fs::create_directories(path / "data/log");
        std::ofstream{path / "data/log/1"} << "x";
    }
    QVERIFY(!fs::exists(path));
}

/// An attacker who can write to the folder replaces the path by a link to a folder of the server. The removal must remove the link alone.
void TestTemporaryFile::aLinkIsNotFollowed()
{
    const auto precious = prefix("precious");
    fs::create_directories(precious);
    std::ofstream{precious / "data"} << "x";
    {
        const auto folder = TemporaryFolder::create(prefix("lab-"));
        QVERIFY(folder);
        fs::remove(folder->path());
        fs::create_directory_symlink(precious, folder->path());
    }
    QVERIFY(fs::exists(precious / "data"));
}

void TestTemporaryFile::aMissingFolderIsAnError()
{
    const auto file = TemporaryFile::create(prefix("missing/upload-"));
    QVERIFY(!file);
    QVERIFY(file.error().code == ErrorCode::Io);
    QVERIFY(file.error().detail.find("missing/upload-XXXXXX") != std::string::npos);
    QVERIFY(!TemporaryFolder::create(prefix("missing/lab-")));
}

QTEST_GUILESS_MAIN(TestTemporaryFile)
#include "tst_temporary_file.moc"
