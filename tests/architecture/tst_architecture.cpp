#include <QtTest>

/// The folders are the architecture (docs/style.md). The table below says which folder can include which.
class TestArchitecture : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void everyCoreFolderIsAModule();
    void modulesIncludeOnlyModulesAbove();
    void subfoldersIncludeOnlySubfoldersAbove();
    void subfoldersAreInTheTable();
    void foldersStaySmall();
    void coreKnowsNoQt();
    void widgetsReachCoreOnlyThroughItsDoors();
    void librariesStayInTheirModules();
    void exceptionsAreInUse();
    void everyModuleHasAReadme();
    void foldersWithoutCodeHoldNone();
    void loopsOwnWhatTheyWalk();
    void serverLinksNoQt();

private:
    struct Include {
        QString file; // from the root of the tree
        QString target;
        bool isSystem = false;
    };
    QVector<Include> m_includes;
    QSet<QString> m_exceptionsUsed;
};

namespace {

// A module can include itself and the modules before it.
const QStringList kModules = {"base",  "crypto",      "outgoing", "storage", "merkle",   "log",      "barrier", "trust",   "policy",
                              "token", "lease",       "mount",    "route",   "quota",    "identity", "engine",  "transit", "auth",
                              "audit", "replication", "asio",     "cluster", "snapshot", "request",  "sys",     "http",    "server"};

// The sub-folders of the large folders. Each can include those before it. Files beside the sub-folders come last: they are the folder's
// interface.
const QVector<QPair<QString, QStringList>> kSubfolders = {
    {"core/replication",
     {"scope", "wire", "set", "seams", "reconcile", "proofs", "links", "forest", "roles", "succession", "manager", "promotion", "peers"}},
    {"core/cluster", {"net", "links", "preflight"}},
    {"core/transit", {"key", "operation", "routes"}},
    {"core/sys", {"routes", "node", "access", "settings", "snapshot", "replication", "trust"}},
    {"core/server", {"config", "process", "node"}},
    {"widgets", {"client", "fleet", "look", "model", "topology", "wizard", "dialogs", "shell"}},
    {"widgets/wizard", {"frame", "plan", "replication", "snapshot"}},
    {"app/holdfast", {"text", "client", "commands", "operator", "replication", "server"}},
};

// The most files in one of the folders above. More files hide a second idea.
constexpr int kFilesMax = 25;

// What widgets/ can include of core/, other than core/base.
const QStringList kDoors = {"core/server/embedded_server.h", "core/server/lab.h"};

struct Library {
    QString includePrefix;
    QStringList modules; // whose .cpp files can include it
};
const QVector<Library> kLibraries = {
    {"openssl/", {"crypto"}}, {"leveldb/", {"storage"}}, {"libpq", {"engine"}}, {"curl/", {"outgoing"}},   {"archive", {"snapshot"}},
    {"simdjson", {"engine"}}, {"spdlog/", {"base"}},     {"crypt.h", {"auth"}}, {"pugixml", {"snapshot"}},
};

// Exceptions: a file and the library that it includes although the table forbids it. An exception that is no longer needed must leave this list.
struct Exception {
    QString file;
    QString includePrefix;
};
const QVector<Exception> kExceptions = {
    {"core/crypto/openssl_handles.h", "openssl/"}, // owners of OpenSSL objects, shared by the .cpp files of crypto
    {"core/outgoing/transfer.h", "curl/"},         // one call on a handle, shared by the .cpp files of outgoing
    {"core/http/session.cpp", "openssl/"},         // a TLS session's own calls, on the stream that Asio gives
};

QString root()
{
    return QStringLiteral(HOLDFAST_SOURCE_DIR);
}

QString moduleOf(const QString& path)
{
    return path.startsWith("core/") ? path.section('/', 1, 1) : QString{};
}

QStringList filesBelow(const QString& folder, const QStringList& patterns)
{
    QStringList files;
    QDirIterator it{root() + '/' + folder, patterns, QDir::Files, QDirIterator::Subdirectories};
    while (it.hasNext()) files << QDir{root()}.relativeFilePath(it.next());
    files.sort();
    return files;
}

// Empty: the file could not be read. An empty file has one empty line.
QStringList linesOf(const QString& file)
{
    QFile in{root() + '/' + file};
    return in.open(QIODevice::ReadOnly) ? QString::fromUtf8(in.readAll()).split('\n') : QStringList{};
}

// One line for each fault, so that one run shows all of them.
void verifyNone(const QStringList& wrong)
{
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
}

} // namespace

void TestArchitecture::initTestCase()
{
    static const QRegularExpression kInclude{R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])"};
    for (const auto& folder : {"core", "widgets", "app"}) {
        for (const auto& file : filesBelow(folder, {"*.h", "*.cpp"})) {
            const auto lines = linesOf(file);
            QVERIFY2(!lines.isEmpty(), qPrintable(file));
            for (const auto& line : lines) {
                const auto match = kInclude.match(line);
                if (match.hasMatch()) m_includes.push_back({file, match.captured(2), match.captured(1) == "<"});
            }
        }
    }
    QVERIFY(m_includes.size() > 100); // the tree was found
}

void TestArchitecture::everyCoreFolderIsAModule()
{
    QStringList wrong;
    for (const auto& folder : QDir{root() + "/core"}.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        if (!kModules.contains(folder)) wrong << "core/" + folder + " is not in the table of modules";
    }
    verifyNone(wrong);
}

void TestArchitecture::modulesIncludeOnlyModulesAbove()
{
    QStringList wrong;
    for (const auto& include : m_includes) {
        const auto from = moduleOf(include.file);
        if (from.isEmpty()) continue;
        const auto to = moduleOf(include.target);
        if (include.target.startsWith("core/") && kModules.indexOf(to) > kModules.indexOf(from)) {
            wrong << include.file + " includes " + include.target + ", which is below it";
        }
        if (include.target.startsWith("widgets/") || include.target.startsWith("app/")) wrong << include.file + " includes " + include.target;
    }
    verifyNone(wrong);
}

void TestArchitecture::subfoldersIncludeOnlySubfoldersAbove()
{
    QStringList wrong;
    for (const auto& [folder, subfolders] : kSubfolders) {
        const auto levelOf = [&](const QString& path) { // -1: not in this folder
            if (!path.startsWith(folder + '/')) return qsizetype{-1};
            const auto rest = path.mid(folder.size() + 1);
            return rest.contains('/') ? subfolders.indexOf(rest.section('/', 0, 0)) : subfolders.size();
        };
        for (const auto& include : m_includes) {
            const auto from = levelOf(include.file);
            const auto to = levelOf(include.target);
            if (from >= 0 && to > from) wrong << include.file + " includes " + include.target + ", which is below it";
        }
    }
    verifyNone(wrong);
}

void TestArchitecture::subfoldersAreInTheTable()
{
    QStringList wrong;
    for (const auto& [folder, subfolders] : kSubfolders) {
        auto found = QDir{root() + '/' + folder}.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
        auto listed = subfolders;
        found.sort();
        listed.sort();
        if (found != listed) wrong << folder + " has " + found.join(", ") + "; the table says " + listed.join(", ");
    }
    verifyNone(wrong);
}

void TestArchitecture::foldersStaySmall()
{
    QStringList wrong;
    for (const auto& [folder, subfolders] : kSubfolders) {
        auto names = subfolders;
        names << QString{}; // the folder itself
        for (const auto& name : names) {
            const auto path = name.isEmpty() ? folder : folder + '/' + name;
            const auto files = QDir{root() + '/' + path}.entryList({"*.h", "*.cpp"}, QDir::Files).size();
            if (files > kFilesMax) wrong << path + " has " + QString::number(files) + " files; split it by what changes together";
        }
    }
    verifyNone(wrong);
}

void TestArchitecture::coreKnowsNoQt()
{
    static const QRegularExpression kQt{"^(Q[A-Z]|Qt|qt)"};
    QStringList wrong;
    for (const auto& include : m_includes) {
        const bool isHeadless = include.file.startsWith("core/") || include.file.startsWith("app/holdfast/");
        if (isHeadless && kQt.match(include.target).hasMatch()) wrong << include.file + " includes " + include.target;
    }
    verifyNone(wrong);
}

void TestArchitecture::widgetsReachCoreOnlyThroughItsDoors()
{
    static const QRegularExpression kForeign{"^(boost|openssl|leveldb|spdlog|simdjson|google|curl)/"};
    QStringList wrong;
    for (const auto& include : m_includes) {
        if (!include.file.startsWith("widgets/")) continue;
        const auto& target = include.target;
        const bool isClosed = target.startsWith("core/") && !target.startsWith("core/base/") && !kDoors.contains(target);
        if (isClosed || target.startsWith("app/") || kForeign.match(target).hasMatch()) wrong << include.file + " includes " + target;
    }
    verifyNone(wrong);
}

void TestArchitecture::librariesStayInTheirModules()
{
    QStringList wrong;
    for (const auto& include : m_includes) {
        if (!include.isSystem || !include.file.startsWith("core/")) continue;
        for (const auto& library : kLibraries) {
            if (!include.target.startsWith(library.includePrefix)) continue;
            if (library.modules.contains(moduleOf(include.file)) && include.file.endsWith(".cpp")) continue;
            const auto isListed = [&](const Exception& exception) {
                return exception.file == include.file && exception.includePrefix == library.includePrefix;
            };
            if (std::ranges::any_of(kExceptions, isListed)) {
                m_exceptionsUsed << include.file + library.includePrefix;
            } else {
                wrong << include.file + " includes " + include.target;
            }
        }
    }
    verifyNone(wrong);
}

void TestArchitecture::exceptionsAreInUse()
{
    QStringList wrong;
    for (const auto& exception : kExceptions) {
        if (!m_exceptionsUsed.contains(exception.file + exception.includePrefix)) {
            wrong << exception.file + " needs no exception for " + exception.includePrefix + " any more";
        }
    }
    verifyNone(wrong);
}

void TestArchitecture::everyModuleHasAReadme()
{
    QStringList wrong;
    for (const auto& folder : QDir{root() + "/core"}.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QFileInfo readme{root() + "/core/" + folder + "/README.md"};
        if (!readme.isFile() || readme.size() < 100) wrong << "core/" + folder + "/README.md is missing";
    }
    verifyNone(wrong);
}

void TestArchitecture::foldersWithoutCodeHoldNone()
{
    QStringList wrong;
    for (const auto& folder : {"resources", "translations", "installer"}) wrong << filesBelow(folder, {"*.h", "*.cpp"});
    verifyNone(wrong);
}

/// The class: a loop walks something whose only owner is a temporary. C++20 destroys the temporary of `for (x : *shared())` and of
/// `for (x : shared()->list)` before the first round, so another thread that replaces the shared object frees it under the loop. It could
/// occur with every class that returns a shared pointer to something that it can replace. What holds: such a loop names the owner first.
/// Calls that return no owner are allowed: protobuf's mutable_…, and transport().
void TestArchitecture::loopsOwnWhatTheyWalk()
{
    static const QRegularExpression kLoop{R"(^\s*for \(.*? : (.*)$)"};
    static const QRegularExpression kTemporary{R"(^(\*[\w.>-]*\w\([^()]*\)\)|[\w.>-]*\w\([^()]*\)->))"};
    static const QRegularExpression kNoOwner{R"(\bmutable_\w+\(\)|\btransport\(\))"};
    QStringList wrong;
    int loops = 0;
    for (const auto& folder : {"core", "widgets", "app"}) {
        for (const auto& file : filesBelow(folder, {"*.h", "*.cpp"})) {
            const auto lines = linesOf(file);
            QVERIFY2(!lines.isEmpty(), qPrintable(file));
            for (const auto& line : lines) {
                const auto match = kLoop.match(line);
                if (!match.hasMatch()) continue;
                ++loops;
                const auto walked = kTemporary.match(match.captured(1));
                if (walked.hasMatch() && !kNoOwner.match(walked.captured(0)).hasMatch()) wrong << file + ": " + line.trimmed();
            }
        }
    }
    QVERIFY(loops > 100); // the pattern finds loops
    verifyNone(wrong);
}

void TestArchitecture::serverLinksNoQt()
{
#ifdef HOLDFAST_SERVER_PROGRAM
    QProcess ldd;
    ldd.start("ldd", {QStringLiteral(HOLDFAST_SERVER_PROGRAM)});
    QVERIFY(ldd.waitForFinished());
    QCOMPARE(ldd.exitCode(), 0);
    const auto libraries = QString::fromUtf8(ldd.readAllStandardOutput());
    QVERIFY2(libraries.contains("libc.so"), qPrintable(libraries)); // ldd did read a program
    QVERIFY2(!libraries.contains("libQt"), qPrintable(libraries));
#else
    QSKIP("the server is not part of this build");
#endif
}

QTEST_GUILESS_MAIN(TestArchitecture)
#include "tst_architecture.moc"
